"""Attacks: what an update, a mean, a model or an activation gives away, each in one function.

Reading order: view (what an attacker really received), then one_row.
"""

from course.attacks.one_row import NoBiasChangeError, NoLinearLayerError, input_from_update
from course.attacks.view import NothingSeenError, NotSeenError, Seen, Update, View, watch

__all__ = [
    "NoBiasChangeError",
    "NoLinearLayerError",
    "NotSeenError",
    "NothingSeenError",
    "Seen",
    "Update",
    "View",
    "input_from_update",
    "watch",
]
