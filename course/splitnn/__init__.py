"""Split learning: one network cut across several owners, none of whom sees the others' data or parameters.

Reading order: relay (what crosses a cut, forward and back), network (parts, optimizers, and ends that rotate).
"""

from course.splitnn.network import SplitNN
from course.splitnn.relay import Cut, Relay

__all__ = ["Cut", "Relay", "SplitNN"]
