"""A course on private AI: workers hold objects, only messages cross, a transcript remembers who saw what.

    import torch, course as sy
    hook = sy.TorchHook(torch)
    bob = sy.VirtualWorker(hook, id="bob")
    x = torch.tensor([1, 2, 3]).send(bob)      # x is now a pointer
    (x + x).get()                              # tensor([2, 4, 6]): computed on bob, then fetched

Reading order: messages, store, worker, transcript, virtual_worker, pointers (a package), many, modules, hook, session,
data (a package), replay, stand_ins, recorder, plans, protocols; then errors, operations and transports. Built on these:
federated, fleet, splitnn and attacks (packages). `course.datasets` has data to learn with, `course.learn` is the
classroom; the library imports neither.
"""

from course import attacks
from course.data import BaseDataset, FederatedDataLoader, FederatedDataset, federate, partitions
from course.errors import (
    AlreadyFetchedError,
    AlreadyThereError,
    BackwardTwiceError,
    CannotRecordError,
    ChainEndsElsewhereError,
    CourseError,
    FederatedDataError,
    FileRefusedError,
    ForkedError,
    GraphEndsWarning,
    LabelsElsewhereError,
    LateError,
    LoadElsewhereError,
    ModelAlreadySentError,
    ModelElsewhereError,
    MoveToNobodyError,
    NoLabelOwnerError,
    NoOwnerError,
    NotAChainError,
    NotAwayError,
    NotAWorkerError,
    NotFederatedError,
    NothingToDifferentiateError,
    NotSendableError,
    ObjectNotFoundError,
    OperationNotReviewedError,
    PlanArgumentsError,
    PlanNotBuiltError,
    RelayOrderError,
    RoleError,
    SavePointerError,
    StalePlanWarning,
    StateLostError,
    StoreWriteError,
    TensorsNotCollocatedException,
    UnknownOperationError,
    UnknownWorkerError,
    ValueRefusedError,
    WorkerGoneError,
    WorkerNotMadeError,
)
from course.federated import (
    SCAFFOLD,
    FedAdam,
    FedAvg,
    FedAvgM,
    Federation,
    FedProx,
    FedYogi,
    History,
    Krum,
    Median,
    ModelsDifferError,
    RoundFailedError,
    TrimmedMean,
    federated_avg,
)
from course.fleet import CannotBatchError, Fleet
from course.hook import TorchHook
from course.many import MultiPointerTensor
from course.old_words import combine_pointers
from course.optims import Optims
from course.people import people
from course.plans import Plan, PointerPlan, func2plan
from course.pointers import PointerTensor
from course.protocols import Protocol, func2protocol
from course.sandbox import PrivateGridNetwork, create_sandbox
from course.session import (
    isolated,
    local_worker,
    record,
    reset,
    seed,
    seen_by,
    the_transcript,
    transcript,
    workers,
)
from course.splitnn import Relay, SplitNN
from course.transcript import Transcript
from course.virtual_worker import VirtualWorker

__all__ = [
    "AlreadyFetchedError",
    "AlreadyThereError",
    "BackwardTwiceError",
    "BaseDataset",
    "CannotBatchError",
    "CannotRecordError",
    "ChainEndsElsewhereError",
    "CourseError",
    "FedAdam",
    "FedAvg",
    "FedAvgM",
    "FedProx",
    "FedYogi",
    "FederatedDataError",
    "FederatedDataLoader",
    "FederatedDataset",
    "Federation",
    "FileRefusedError",
    "Fleet",
    "ForkedError",
    "GraphEndsWarning",
    "History",
    "Krum",
    "LabelsElsewhereError",
    "LateError",
    "LoadElsewhereError",
    "Median",
    "ModelAlreadySentError",
    "ModelElsewhereError",
    "ModelsDifferError",
    "MoveToNobodyError",
    "MultiPointerTensor",
    "NoLabelOwnerError",
    "NoOwnerError",
    "NotAChainError",
    "NotAWorkerError",
    "NotAwayError",
    "NotFederatedError",
    "NotSendableError",
    "NothingToDifferentiateError",
    "ObjectNotFoundError",
    "OperationNotReviewedError",
    "Optims",
    "Plan",
    "PlanArgumentsError",
    "PlanNotBuiltError",
    "PointerPlan",
    "PointerTensor",
    "PrivateGridNetwork",
    "Protocol",
    "Relay",
    "RelayOrderError",
    "RoleError",
    "RoundFailedError",
    "SCAFFOLD",
    "SavePointerError",
    "SplitNN",
    "StalePlanWarning",
    "StateLostError",
    "StoreWriteError",
    "TensorsNotCollocatedException",
    "TorchHook",
    "Transcript",
    "TrimmedMean",
    "UnknownOperationError",
    "UnknownWorkerError",
    "ValueRefusedError",
    "VirtualWorker",
    "WorkerGoneError",
    "WorkerNotMadeError",
    "attacks",
    "combine_pointers",
    "create_sandbox",
    "federate",
    "federated_avg",
    "func2plan",
    "func2protocol",
    "isolated",
    "local_worker",
    "partitions",
    "people",
    "record",
    "reset",
    "seed",
    "seen_by",
    "the_transcript",
    "transcript",
    "workers",
]
