"""Federated learning: the model goes to the data, and only what was learned is brought together.

Reading order: average (the mean of models), strategies, robust, rounds (the loop), federation (the loop over pointers),
chance (seeds), history. `course.fleet` runs the same loop for thousands of clients at once.
"""

from course.federated.average import ModelsDifferError, federated_avg
from course.federated.federation import Federation
from course.federated.history import History
from course.federated.robust import Krum, Median, TrimmedMean
from course.federated.rounds import RoundFailedError
from course.federated.strategies import SCAFFOLD, FedAdam, FedAvg, FedAvgM, FedProx, FedYogi

__all__ = [
    "FedAdam",
    "FedAvg",
    "FedAvgM",
    "FedProx",
    "FedYogi",
    "Federation",
    "History",
    "Krum",
    "Median",
    "ModelsDifferError",
    "RoundFailedError",
    "SCAFFOLD",
    "TrimmedMean",
    "federated_avg",
]
