"""The hook: the only file that adds anything to torch's classes, and takes it away again.

`import course` leaves torch untouched. `TorchHook(torch)` gives tensors `send`, models `send`, `get`, `move`, `copy`
and `location`, data sets `federate`, and tells optimizers to keep their state beside their parameters. Other files
register what they add with `tensor_method`, `module_method`, `optimizer_method` or `dataset_method`; the hook installs
what it finds there and imports none of them.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch.nn.utils import parametrizations
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from course import many, modules, session, steps
from course.errors import NotAwayError, OperationNotReviewedError, TensorsNotCollocatedException
from course.old_settings import without_meaning
from course.pointers import ParameterPointer, PointerTensor

__all__ = ["BEFORE_STEPS", "TorchHook", "dataset_method", "module_method", "optimizer_method", "tensor_method"]

AFTER_THE_SEND = (
    "it looks at the weight and completes it with numbers that it makes here, while the weight is elsewhere; it works"
    " before the send: orthogonal(layer), then model.send(bob)"
)
logger = logging.getLogger("course")

OWNERS = (torch.Tensor, torch.nn.Module, torch.optim.Optimizer, torch.utils.data.Dataset)
ADDITIONS: dict[type, dict[str, Any]] = {owner: {} for owner in OWNERS}
BEFORE_STEPS: list[Callable[..., None]] = []  # what looks at an optimizer before each of its steps, as torch's hooks do


def _register(owner: type, name: str) -> Callable[[Any], Any]:
    def decorate(addition: Any) -> Any:
        if name in ADDITIONS[owner]:
            raise ValueError(f"{owner.__name__}.{name} is registered twice")
        ADDITIONS[owner][name] = addition
        return addition

    return decorate


def tensor_method(name: str) -> Callable[[Any], Any]:
    """Register a method or property that the hook adds to torch.Tensor."""
    return _register(torch.Tensor, name)


def module_method(name: str) -> Callable[[Any], Any]:
    """Register a method or property that the hook adds to torch.nn.Module."""
    return _register(torch.nn.Module, name)


def optimizer_method(name: str) -> Callable[[Any], Any]:
    """Register a method that the hook adds to torch.optim.Optimizer."""
    return _register(torch.optim.Optimizer, name)


def dataset_method(name: str) -> Callable[[Any], Any]:
    """Register a method that the hook adds to torch.utils.data.Dataset."""
    return _register(torch.utils.data.Dataset, name)


class TorchHook:
    """Adds the course's methods to torch; a second hook finds them there and works as well.

    `seed` is that of `sy.seed`. Where torch is hooked already, that is said once, with `verbose=False` never.
    `unhook()` takes everything away again.
    """

    said: bool = False  # that torch was hooked already
    installed: dict[tuple[type, str], Any] = {}
    guarded: dict[tuple[Any, str], tuple[Any, Any]] = {}
    step_hooks: list[Any] = []

    def __init__(
        self, torch_module: Any = torch, seed: int | None = None, verbose: bool = True, **old: Any
    ) -> None:
        without_meaning(type(self).__name__, old)
        self.torch = torch_module
        self.local_worker = session.local_worker
        if TorchHook.installed and verbose and not TorchHook.said:
            TorchHook.said = True
            logger.warning("Torch was already hooked... skipping hooking process")
        if not TorchHook.installed:
            self._install()
        if seed is not None:
            session.seed(seed)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.torch.__name__}>"

    def _install(self) -> None:
        everything = [(owner, name, addition) for owner, named in ADDITIONS.items() for name, addition in named.items()]
        for owner, name, _ in everything:
            if name in vars(owner):
                raise ValueError(f"torch has a {owner.__name__}.{name} of its own")
        for owner, name, addition in everything:
            setattr(owner, name, addition)
            TorchHook.installed[owner, name] = addition
        for name in ("_save_to_state_dict", "_load_from_state_dict"):
            self._guard(name)
        for optimizer in steps.READERS:
            self._guard_step(optimizer)
        for owner in (torch.nn.Module, torch.optim.Optimizer):
            self._guard_zero_grad(owner)
        self._guard_state_dict()
        self._guard_parameter()
        self._guard_orthogonal()
        TorchHook.step_hooks = [
            *map(register_optimizer_step_pre_hook, BEFORE_STEPS),
            register_optimizer_step_pre_hook(steps.follow),
            register_optimizer_step_post_hook(steps.after),
        ]

    def _guard(self, name: str) -> None:
        """Let a module read or write its state only while it is at home."""
        original = getattr(torch.nn.Module, name)

        @functools.wraps(original)
        def guarded(module: torch.nn.Module, *args: Any, **kwargs: Any) -> Any:
            modules.refuse_state(module, loading=name.startswith("_load"))
            return original(module, *args, **kwargs)

        self._replace(torch.nn.Module, name, original, guarded)

    def _guard_zero_grad(self, owner: Any) -> None:
        """Gradients that are away are dropped in one message; the original finds the others."""
        original = owner.zero_grad

        @functools.wraps(original)
        def guarded(self: Any, set_to_none: bool = True) -> None:
            if not (set_to_none and steps.drop_gradients(steps.parameters_of(self))):
                original(self, set_to_none)

        self._replace(owner, "zero_grad", original, guarded)

    def _guard_state_dict(self) -> None:
        """An optimizer's state is saved where its parameters are, if that is here."""
        original = torch.optim.Optimizer.state_dict

        @functools.wraps(original)
        def guarded(optimizer: torch.optim.Optimizer) -> Any:
            steps.bring_state_home(optimizer)
            return original(optimizer)

        self._replace(torch.optim.Optimizer, "state_dict", original, guarded)

    def _guard_parameter(self) -> None:
        """nn.Parameter(p) of a parameter that is away: a second one of the same values there, as it would be here."""
        original = vars(torch.nn.Parameter)["__new__"]

        @functools.wraps(original)
        def guarded(cls: type, data: Any = None, requires_grad: bool = True) -> Any:
            if type(data) is ParameterPointer:
                data = data.detach()
            return original.__func__(cls, data, requires_grad)

        self._replace(torch.nn.Parameter, "__new__", original, staticmethod(guarded))

    def _guard_orthogonal(self) -> None:
        """orthogonal(layer) compares the weight with numbers that it makes here: no way to say so from afar."""
        original = parametrizations.orthogonal

        @functools.wraps(original)
        def guarded(module: torch.nn.Module, name: str = "weight", *args: Any, **kwargs: Any) -> Any:
            if isinstance(getattr(module, name, None), PointerTensor):
                raise OperationNotReviewedError("parametrizations.orthogonal", AFTER_THE_SEND)
            return original(module, name, *args, **kwargs)

        self._replace(parametrizations, "orthogonal", original, guarded)

    def _guard_step(self, optimizer: Any) -> None:
        """Let this optimizer open single numbers during its own step: inside of whatever hooks are called around it."""
        original = optimizer.step
        own = original.__wrapped__ if getattr(original, "hooked", False) else original
        guarded = torch.optim.Optimizer.profile_hook_step(steps.reading(own))
        guarded.hooked = True  # type: ignore[attr-defined]  # torch puts its hooks around a step once
        self._replace(optimizer, "step", original, guarded)

    def _replace(self, owner: Any, name: str, original: Any, guarded: Any) -> None:
        TorchHook.guarded[owner, name] = (original, guarded)
        setattr(owner, name, guarded)

    def unhook(self) -> None:
        """Take away what was added. What somebody else has put in its place meanwhile stays."""
        for (owner, name), addition in TorchHook.installed.items():
            if vars(owner).get(name) is addition:
                delattr(owner, name)
        TorchHook.installed.clear()
        for (owner, name), (original, guarded) in TorchHook.guarded.items():
            if stands_on(vars(owner).get(name), guarded):
                setattr(owner, name, original)
        TorchHook.guarded.clear()
        for step_hook in TorchHook.step_hooks:
            step_hook.remove()
        TorchHook.step_hooks = []
        TorchHook.said = False


# ---- what tensors get ------------------------------------------------------------------------------------------


def stands_on(function: Any, inner: Any) -> bool:
    """Whether a function is the inner one, or somebody's wrapper around it, as torch.compile puts one around a step."""
    while function is not None and function is not inner:
        function = getattr(function, "__wrapped__", None)
    return function is inner


class Fallback:
    """An attribute that is computed unless the object has one of that name itself, as a pointer has.

    Not a property: somebody's own `self.location = "Paris"` wins, and torch.jit.script, which compiles properties,
    leaves it alone. On the class it is the function that computes it, as torch's own list of what is there expects.
    """

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self.compute = compute

    def __get__(self, instance: Any, owner: type) -> Any:
        return self.compute if instance is None else self.compute(instance)


DATA: Any = vars(torch.Tensor.__base__)["data"]  # that class has had several names


class Data:
    """torch's own `data`, which does not take the empty memory of a pointer for values.

    On the class it is torch's own descriptor, whose `__get__` torch's overrides know.
    """

    def __get__(self, tensor: torch.Tensor | None, owner: type) -> Any:
        return DATA if tensor is None else DATA.__get__(tensor)

    def __set__(self, tensor: torch.Tensor, value: Any) -> None:
        if isinstance(value, many.MultiPointerTensor):
            value = value.child[0]
        if isinstance(value, PointerTensor):
            raise TensorsNotCollocatedException(".data =", "me", value.location.id)
        DATA.__set__(tensor, value)


tensor_method("data")(Data())


def _only_of_pointers(name: str) -> Fallback:
    """A word of pointers, asked of a tensor that is here: an AttributeError that says what that means."""

    def ask(self: torch.Tensor) -> Any:
        raise NotAwayError(name, str(tuple(self.shape)))

    return Fallback(ask)


for _name in ("get", "move", "remote_get", "location", "id_at_location"):
    tensor_method(_name)(_only_of_pointers(_name))


def _id(self: torch.Tensor) -> int:
    """The name of this tensor, given when it is first asked for."""
    number: int = session.local_worker.new_id()
    self.__dict__["id"] = number
    return number


@tensor_method("copy")
def _copy(self: torch.Tensor) -> torch.Tensor:
    """A copy: a leaf of its own, with the same requires_grad."""
    return self.detach().clone().requires_grad_(self.requires_grad)


@tensor_method("tag")
def _tag(self: torch.Tensor, *tags: str) -> torch.Tensor:
    """Name this tensor: `worker.search("#tag")` finds it wherever it was sent."""
    self.tags = (*getattr(self, "tags", ()), *tags)  # type: ignore[attr-defined]
    return self


@tensor_method("describe")
def _describe(self: torch.Tensor, description: str) -> torch.Tensor:
    """Say in words what this tensor is."""
    self.description = description  # type: ignore[attr-defined]
    return self


tensor_method("send")(many.send)
tensor_method("id")(Fallback(_id))
tensor_method("owner")(Fallback(lambda self: session.local_worker))

class ModuleWord(Fallback):
    """A word that modules understand, unless its author uses it for a layer, a parameter or a buffer."""

    def __init__(self, name: str, compute: Callable[[Any], Any]) -> None:
        super().__init__(compute)
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is not None:
            for held in (instance._modules, instance._parameters, instance._buffers):
                if self.name in held:
                    return held[self.name]
        return super().__get__(instance, owner)


for _word in (modules.send, modules.get, modules.move, modules.copy):
    module_method(_word.__name__)(ModuleWord(_word.__name__, functools.partial(MethodType, _word)))
module_method("location")(ModuleWord("location", lambda module: modules.location(module) or session.local_worker))
