"""Old imports for old notebooks: after `import course.compat`, `import syft as sy` means this library.

    import course.compat
    import syft as sy
    from syft.federated.floptimizer import Optims

`syft` has every public name of `course`. Below it stand the modules from which notebooks written for syft
0.1.21 to 0.2.9 imported, as OLD_TO_NEW lists them. A name that this library does not have yet, or will never have, is
refused with a sentence that says so: an ImportError where it is imported, an AttributeError where it is used, so that
`hasattr` answers. Importing this file adds modules and hooks nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import course
from course.errors import CourseError

__all__ = [
    "LATER",
    "NEVER",
    "NotYetAttributeError",
    "NotYetError",
    "NotYetImportError",
    "OLD_TO_NEW",
    "RealSyftError",
]

TENSORS = "syft.frameworks.torch.tensors.interpreters"

# Old dotted name -> public name in `course`.
OLD_TO_NEW = {
    "syft.AdditiveSharingTensor": "SharedTensor",
    "syft.VirtualGrid": "PrivateGridNetwork",
    "syft.exceptions.InvalidTensorForRemoteGet": "NotAChainError",
    "syft.exceptions.ObjectNotFoundError": "ObjectNotFoundError",
    "syft.exceptions.TensorsNotCollocatedException": "TensorsNotCollocatedException",
    "syft.exceptions.WorkerNotFoundException": "UnknownWorkerError",
    "syft.execution.plan.Plan": "Plan",
    "syft.execution.plan.func2plan": "func2plan",
    "syft.execution.protocol.Protocol": "Protocol",
    "syft.execution.protocol.func2protocol": "func2protocol",
    "syft.federated.floptimizer.Optims": "Optims",
    "syft.frameworks.torch.TorchHook": "TorchHook",
    "syft.frameworks.torch.dp.pate": "pate",
    "syft.frameworks.torch.differential_privacy.pate": "pate",
    "syft.frameworks.torch.federated.BaseDataset": "BaseDataset",
    "syft.frameworks.torch.federated.FederatedDataLoader": "FederatedDataLoader",
    "syft.frameworks.torch.federated.FederatedDataset": "FederatedDataset",
    "syft.frameworks.torch.federated.utils.federated_avg": "federated_avg",
    "syft.frameworks.torch.fl.BaseDataset": "BaseDataset",
    "syft.frameworks.torch.fl.FederatedDataLoader": "FederatedDataLoader",
    "syft.frameworks.torch.fl.FederatedDataset": "FederatedDataset",
    "syft.frameworks.torch.fl.dataloader.FederatedDataLoader": "FederatedDataLoader",
    "syft.frameworks.torch.fl.dataset.BaseDataset": "BaseDataset",
    "syft.frameworks.torch.fl.dataset.FederatedDataset": "FederatedDataset",
    "syft.frameworks.torch.fl.utils.federated_avg": "federated_avg",
    "syft.frameworks.torch.functions.combine_pointers": "combine_pointers",
    "syft.frameworks.torch.hook.TorchHook": "TorchHook",
    "syft.frameworks.torch.hook.hook.TorchHook": "TorchHook",
    "syft.frameworks.torch.pointers.PointerTensor": "PointerTensor",
    f"{TENSORS}.AdditiveSharingTensor": "SharedTensor",
    f"{TENSORS}.AutogradTensor": "AutogradTensor",
    f"{TENSORS}.FixedPrecisionTensor": "FixedPrecisionTensor",
    f"{TENSORS}.MultiPointerTensor": "MultiPointerTensor",
    f"{TENSORS}.PointerTensor": "PointerTensor",
    f"{TENSORS}.additive_shared.AdditiveSharingTensor": "SharedTensor",
    f"{TENSORS}.autograd.AutogradTensor": "AutogradTensor",
    f"{TENSORS}.multi_pointer.MultiPointerTensor": "MultiPointerTensor",
    f"{TENSORS}.pointer.PointerTensor": "PointerTensor",
    f"{TENSORS}.precision.FixedPrecisionTensor": "FixedPrecisionTensor",
    "syft.generic.pointers.MultiPointerTensor": "MultiPointerTensor",
    "syft.generic.pointers.PointerTensor": "PointerTensor",
    "syft.generic.pointers.multi_pointer.MultiPointerTensor": "MultiPointerTensor",
    "syft.generic.pointers.pointer_tensor.PointerTensor": "PointerTensor",
    "syft.grid.VirtualGrid": "PrivateGridNetwork",
    "syft.grid.private_grid.PrivateGridNetwork": "PrivateGridNetwork",
    "syft.messaging.plan.Plan": "Plan",
    "syft.messaging.plan.func2plan": "func2plan",
    "syft.messaging.protocol.Protocol": "Protocol",
    "syft.sandbox.create_sandbox": "create_sandbox",
    "syft.workers.AbstractWorker": "VirtualWorker",
    "syft.workers.BaseWorker": "VirtualWorker",
    "syft.workers.VirtualWorker": "VirtualWorker",
    "syft.workers.WebsocketClientWorker": "WebsocketClientWorker",
    "syft.workers.WebsocketServerWorker": "WebsocketServerWorker",
    "syft.workers.abstract.AbstractWorker": "VirtualWorker",
    "syft.workers.base.BaseWorker": "VirtualWorker",
    "syft.workers.node_client.NodeClient": "NodeClient",
    "syft.workers.virtual.VirtualWorker": "VirtualWorker",
    "syft.workers.websocket_client.WebsocketClientWorker": "WebsocketClientWorker",
    "syft.workers.websocket_server.WebsocketServerWorker": "WebsocketServerWorker",
}

# Names that are still to come, each with what it belongs to. When one is there, its line goes.
LATER = {
    "pate": "differential privacy",
}

# Names that have no meaning in this library, each with what to do instead.
OTHER_MACHINES = "workers of the course live on one machine: COURSE_TRANSPORT=process puts them into another process"
NEVER = {
    "AutogradTensor": "torch's own autograd runs on shares, x.share(..., requires_grad=True) asks for it",
    "LoggingTensor": "a pointer logs nothing: sy.transcript() shows every message",
    "NodeClient": OTHER_MACHINES,
    "TrainConfig": "write the training loop itself, as the notebooks do",
    "WebsocketClientWorker": OTHER_MACHINES,
    "WebsocketServerWorker": OTHER_MACHINES,
}

HERE = "course.compat"


class NotYetError(CourseError):
    """Asking, under its old name, for what this library does not have."""


class NotYetImportError(NotYetError, ImportError):
    """`from syft import Plan`, for what is not here."""


class NotYetAttributeError(NotYetError, AttributeError):
    """`syft.Plan`, for what is not here."""


class RealSyftError(CourseError, ImportError):
    """Importing course.compat where the library syft itself is installed."""


def not_here(old: str, new: str) -> str:
    """Why this name of the old library leads nowhere, in one text; empty if it does not."""
    if new in NEVER:
        return f"{old} has no meaning here: {NEVER[new]}."
    if new not in LATER:
        return ""
    return (
        f"{old} belongs to {LATER[new]}, and this version of the course does not have that yet. Nothing stands"
        f" in for it: a cell that seems to protect data and does not would be worse than one that stops."
        f" Skip the cells that need it, or look for a newer version of the course."
    )


def real_syft(place: str) -> RealSyftError:
    return RealSyftError(
        f"The library syft itself is installed here ({place}), and course.compat would hide it: a notebook"
        f" must not use one library while it names another, or nobody knows what protects the data. Write"
        f" `import course as sy` instead of `import syft as sy`, or run `pip uninstall syft` and start the"
        f" kernel again."
    )


class OldModule(ModuleType):
    """A module of the old library: it looks names up in `course` when they are asked for."""

    def __init__(self, path: str, names: dict[str, str]) -> None:
        super().__init__(path, f"Stands for {path}; see course.compat.")
        self._names = names
        self.__spec__ = ModuleSpec(path, None, origin=HERE, is_package=True)
        self.__path__: list[str] = []  # a package: Python may look for modules below it

    def __getattr__(self, name: str) -> Any:
        """The thing of that name. NotYetAttributeError if it is not here."""
        new = self._names.get(name, "")
        if why := not_here(f"{self.__name__}.{name}", new):
            raise NotYetAttributeError(why)
        if not new:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(course, new)

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *(name for name, new in self._names.items() if new in course.__all__)])


class OldPaths(MetaPathFinder):
    """Says why `from syft import Plan` finds nothing: an import that misses a name looks for a module of that name."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        parent, _, name = fullname.rpartition(".")
        module = sys.modules.get(parent)
        if isinstance(module, OldModule) and (why := not_here(fullname, module._names.get(name, ""))):
            raise NotYetImportError(why)


def install() -> None:
    """Put the old modules into sys.modules. RealSyftError if that would hide a real one."""
    refuse_real_syft()
    names: dict[str, dict[str, str]] = {"syft": {name: name for name in [*course.__all__, *LATER, *NEVER]}}
    for old, new in OLD_TO_NEW.items():
        path, _, name = old.rpartition(".")
        names.setdefault(path, {})[name] = new
    for path in list(names):
        while path := path.rpartition(".")[0]:
            names.setdefault(path, {})
    for path in sorted(names):
        sys.modules[path] = module = OldModule(path, names[path])
        parent, _, name = path.rpartition(".")
        if parent:
            setattr(sys.modules[parent], name, module)
    sys.modules["syft"].__dict__["__all__"] = course.__all__
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != OldPaths.__name__]
    sys.meta_path.insert(0, OldPaths())


def refuse_real_syft() -> None:
    """RealSyftError if a syft that is not ours is there. A folder of that name without a library is none."""
    loaded = sys.modules.get("syft")
    spec = loaded.__spec__ if loaded is not None else find_spec("syft")
    if loaded is not None and spec is None:
        raise real_syft("already imported")
    if spec is not None and spec.origin not in (None, HERE):
        raise real_syft(str(spec.origin))


install()
