"""Federated learning: the model goes to the data, and only what was learned is brought together.

Reading order: average (the mean of models).
"""

from course.federated.average import ModelsDifferError, federated_avg

__all__ = ["ModelsDifferError", "federated_avg"]
