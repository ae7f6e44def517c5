"""Split learning: one network cut across several owners, none of whom sees the others' data or parameters.

Reading order: relay (what crosses a cut, forward and back), network (parts, optimizers, and ends that rotate), compare
(what a split costs beside the whole network), bars (its picture), trials (train by any relay).
"""

from course.splitnn.compare import Comparison, compare_splits, cut_into, image_stages
from course.splitnn.network import SplitNN
from course.splitnn.relay import Cut, Relay
from course.splitnn.trials import trained_by

__all__ = ["Comparison", "Cut", "Relay", "SplitNN", "compare_splits", "cut_into", "image_stages", "trained_by"]
