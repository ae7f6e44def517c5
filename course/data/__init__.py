"""Federated data: data sets that stay with their owners, batches that are cut there, and who gets which rows.

Reading order: datasets (one owner's, many owners', handing out, reading at the owner), loader (batches), partitions
(from "all alike" to "each knows two digits").
"""

from course.data import partitions
from course.data.datasets import BaseDataset, FederatedDataset, federate, load
from course.data.loader import FederatedDataLoader

__all__ = ["BaseDataset", "FederatedDataLoader", "FederatedDataset", "federate", "load", "partitions"]
