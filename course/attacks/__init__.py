"""Attacks: what an update, a mean, a model or an activation gives away, each in one function.

Reading order: view (what an attacker really received); from an update: one_row, labels, matching; from means: means;
from a model: membership; from a split network: cut_gradients, activations; then defences, and crowds (many people's
updates at once); from one holder's shares: splits; from what
parties open: openings. Helpers: architecture (a model with the numbers seen), pictures
(images side by side).
"""

from course.attacks.activations import RowsDifferError, inputs_from_activations
from course.attacks.architecture import ArchitectureError
from course.attacks.cut_gradients import labels_from_cut_gradients
from course.attacks.defences import clipped, distance_correlation, noisy, protect, without_small
from course.attacks.labels import label_counts, label_from_update
from course.attacks.matching import inputs_by_matching
from course.attacks.means import DifferentStartError, update_left_out, update_of_the_rest
from course.attacks.membership import auc, membership_by_lira, membership_by_loss
from course.attacks.one_row import NoBiasChangeError, NoLinearLayerError, input_from_update
from course.attacks.pictures import Picture, pictures
from course.attacks.view import NothingSeenError, NotSeenError, Seen, Update, View, watch

__all__ = [
    "ArchitectureError",
    "DifferentStartError",
    "NoBiasChangeError",
    "NoLinearLayerError",
    "NotSeenError",
    "NothingSeenError",
    "Picture",
    "RowsDifferError",
    "Seen",
    "Update",
    "View",
    "auc",
    "clipped",
    "distance_correlation",
    "input_from_update",
    "inputs_by_matching",
    "inputs_from_activations",
    "label_counts",
    "label_from_update",
    "labels_from_cut_gradients",
    "membership_by_lira",
    "membership_by_loss",
    "noisy",
    "pictures",
    "protect",
    "update_left_out",
    "update_of_the_rest",
    "watch",
    "without_small",
]
