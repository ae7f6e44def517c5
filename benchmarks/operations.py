"""What a worker can do: torch's own sample inputs, run on pointers and compared with plain torch.

    python benchmarks/operations.py                           # every operation, both transports (minutes)
    python benchmarks/operations.py --only add,linalg.svd     # some of them
    python benchmarks/operations.py --transport in_process --most 5 --verbose

torch tests its operations with samples (`op_db`). Each is run as a function, as a method, in place and under each
other name that torch has for it; forwards, and backwards where torch can. What comes back must be equal to the last
bit (random operations under the same seed), or refused with a reason, or the very error that plain torch raises.

A sample's tensors are sent to one worker, so they arrive as leaves, row after row; plain torch gets the same copies.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import subprocess
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import torch

import course as sy
from course.messages import values_in
from course.operations import NAMES, OPERATIONS, why_refused
from course.reviewed import NUMBER, TELLS

DTYPES = {"float32": torch.float32, "int64": torch.int64, "bool": torch.bool, "complex64": torch.complex64}
FORWARD_ONLY = {torch.int64, torch.bool}
EQUAL, SAME_ERROR, WRONG, CRASHED = "equal to plain torch", "the same error as plain torch", "WRONG", "CRASHED"


@dataclass
class Case:
    """One way to write an operation, on one sample."""

    op: str
    call: Callable[..., Any]
    in_place: bool
    dtype: torch.dtype
    tensors: list[torch.Tensor]
    args: Any  # the arguments, with a Slot in the place of each tensor
    kwargs: dict[str, Any]
    backward: bool

    def __str__(self) -> str:
        return f"{self.op} {str(self.dtype)[6:]} {brief(self.args)} {brief(self.kwargs)}"


@dataclass(frozen=True)
class Slot:
    """The place of a tensor among the arguments."""

    number: int


@dataclass
class Tally:
    """What became of the samples, by outcome."""

    samples: Counter[str] = field(default_factory=Counter)
    operations: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    examples: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, op: str, outcome: str, example: str) -> None:
        self.samples[outcome] += 1
        self.operations[outcome].add(op)
        self.examples[outcome].append(example)

    @property
    def share(self) -> float:
        """The share of samples that run and are equal, among those that would tell nothing."""
        ran = self.samples[EQUAL] + self.samples[SAME_ERROR]
        tell = sum(count for outcome, count in self.samples.items() if outcome in TELLS)
        return ran / (sum(self.samples.values()) - tell)


def brief(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(brief, value))})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}={brief(part)}' for name, part in value.items())}}}"
    return f"T{value.number}" if isinstance(value, Slot) else repr(value)


# ---- torch's samples ------------------------------------------------------------------------------------------


def torch_operations() -> list[Any]:
    from torch.testing._internal.common_methods_invocations import op_db

    for module in list(sys.modules.values()):  # sy.seed sets the seed, here and there
        if hasattr(module, "wrapper_set_seed") and module.__name__.startswith("torch.testing"):
            module.wrapper_set_seed = lambda op, *args, **kwargs: op(*args, **kwargs)  # type: ignore[attr-defined]
    found: list[Any] = op_db
    return found


def cases(info: Any, dtypes: Iterable[torch.dtype], most: int | None) -> Iterator[Case]:
    """Every way to write an operation on each of its samples, `most` samples of a dtype at most."""
    name = info.name + (f".{info.variant_test_name}" if info.variant_test_name else "")
    for dtype in dtypes:
        if not info.supports_dtype(dtype, "cpu"):
            continue
        backward = info.supports_autograd and dtype in info.supported_backward_dtypes("cpu")
        torch.manual_seed(0)
        for sample in islice(info.sample_inputs_func(info, "cpu", dtype, backward), most):
            tensors: list[torch.Tensor] = []
            args = without_tensors((sample.input, *sample.args), tensors)
            kwargs = without_tensors(sample.kwargs, tensors)
            for way, call, in_place in ways(info):
                yield Case(name + way, call, in_place, dtype, tensors, args, kwargs, backward)


def ways(info: Any) -> Iterator[tuple[str, Callable[..., Any], bool]]:
    """The operation as a function, a method, in place (True), and by its other names."""
    for one in (info, *info.aliases):
        yield "" if one is info else f" as {one.name}", one.op, False
        if one.method_variant not in (None, one.op):
            yield f" as .{one.name}", one.method_variant, False
        if one.inplace_variant is not None:
            yield f" as .{one.name}_", one.inplace_variant, True


def without_tensors(value: Any, found: list[torch.Tensor]) -> Any:
    """The arguments with a Slot for each tensor; the same tensor twice is one Slot."""
    if isinstance(value, torch.Tensor):
        number = next((n for n, tensor in enumerate(found) if tensor is value), len(found))
        if number == len(found):
            found.append(value)
        return Slot(number)
    if isinstance(value, dict):
        return {name: without_tensors(part, found) for name, part in value.items()}
    if type(value) in (tuple, list):
        return type(value)(without_tensors(part, found) for part in value)
    return value


def with_tensors(value: Any, tensors: list[Any]) -> Any:
    if isinstance(value, Slot):
        return tensors[value.number]
    if isinstance(value, dict):
        return {name: with_tensors(part, tensors) for name, part in value.items()}
    if type(value) in (tuple, list):
        return type(value)(with_tensors(part, tensors) for part in value)
    return value


def has_slot(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(has_slot, value.values()))
    return any(map(has_slot, value)) if type(value) in (tuple, list) else isinstance(value, Slot)


# ---- one sample, here and there -------------------------------------------------------------------------------


SEEDS = itertools.count(7)  # each its own: with a seed the ids begin anew, and none may come twice


def compare(case: Case, bob: sy.VirtualWorker) -> str:
    """EQUAL, SAME_ERROR, WRONG, CRASHED, or the reason for which it was refused."""
    here = [leaf(tensor) for tensor in case.tensors]
    seed = next(SEEDS)
    torch.manual_seed(seed)
    expected = attempt(lambda: computed(case, case.call, here))
    sy.the_transcript().clear()
    sy.seed(seed)
    try:
        there: list[Any] = [leaf(tensor).send(bob) for tensor in case.tensors]  # type: ignore[attr-defined]
        result = attempt(lambda: computed(case, at(bob, case), there))
        if any(values_in(message) for message in sy.the_transcript() if message.receiver == "me"):
            return f"{WRONG}: a value was opened"
        if isinstance(result, sy.CourseError):
            raise result
    except sy.CourseError as refusal:
        return reason(refusal)
    if isinstance(expected, Exception) or isinstance(result, Exception):
        both = f"{CRASHED}: {error_of(result)}, plain torch: {error_of(expected)}"
        return SAME_ERROR if type(expected) is type(result) else both
    close = near if case.op.partition(" ")[0] in LAST_DIGITS_VARY else same
    return EQUAL if close(expected, fetched(result)) else WRONG


# In these plain torch is not equal to itself: LAPACK's gelsy starts from pivots that torch has not cleared, and the
# sums behind a gradient depend on where the memory begins.
LAST_DIGITS_VARY = {"linalg.lstsq", "linalg.lstsq.grad_oriented", "linalg.pinv.singular"}


def near(a: Any, b: Any) -> bool:
    return all(torch.allclose(x, y, 1e-3, 1e-3) for x, y in zip(leaves(a), leaves(b), strict=True))


def computed(case: Case, call: Callable[..., Any], tensors: list[Any]) -> Any:
    """The result, the operands afterwards and their gradients."""
    operands = [tensor.clone() if case.in_place and case.backward else tensor for tensor in tensors]
    result = call(*with_tensors(case.args, operands), **with_tensors(case.kwargs, operands))
    if case.backward:
        ends = [end for end in leaves(result) if isinstance(end, torch.Tensor) and end.requires_grad]
        if ends:
            torch.autograd.backward(ends, [torch.ones_like(end) for end in ends])
    return [result, operands, [tensor.grad for tensor in tensors if tensor.requires_grad and tensor.is_leaf]]


def at(bob: sy.VirtualWorker, case: Case) -> Callable[..., Any]:
    """The operation; one that takes no tensors is asked of the worker."""
    name = NAMES.get(case.call) or f"torch.{getattr(case.call, '__name__', '')}"
    if case.tensors or not (name in OPERATIONS or why_refused(name)):
        return case.call
    return lambda *args, **kwargs: bob.network.call_at(bob, name, args, kwargs)


def leaf(tensor: torch.Tensor) -> torch.Tensor:
    """A copy as it arrives at a worker: a leaf, row after row."""
    copy = tensor.detach().clone()
    copy = copy if copy.layout is not torch.strided or copy.is_contiguous() else copy.contiguous()
    return copy.requires_grad_(tensor.requires_grad)


def attempt(compute: Callable[[], Any]) -> Any:
    try:
        return compute()
    except Exception as error:  # noqa: BLE001  whatever torch raises here, it must raise there
        return error.with_traceback(None)  # which would keep pointers alive


def reason(refusal: sy.CourseError) -> str:
    if isinstance(refusal, sy.ValueRefusedError):
        return NUMBER
    if isinstance(refusal, sy.OperationNotReviewedError):
        return refusal.facts[1] or "nobody has reviewed it yet"
    if isinstance(refusal, sy.TensorsNotCollocatedException):
        return APART
    return NOT_PLAIN if isinstance(refusal, sy.NotSendableError) else f"{CRASHED}: {refusal}"


APART = "torch makes a constant here in Python, and one operation has one place"
NOT_PLAIN = "an argument is neither a dense tensor nor plain data, so no message can carry it"
LACKS = {APART, NOT_PLAIN}  # true reasons too, but of what is missing here: they count against the share


def error_of(outcome: Any) -> str:
    return repr(outcome) if isinstance(outcome, Exception) else "no error"


def leaves(value: Any) -> list[Any]:
    return [end for part in value for end in leaves(part)] if isinstance(value, (tuple, list)) else [value]


def fetched(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [fetched(part) for part in value]
    return value.copy().get() if isinstance(value, sy.PointerTensor) else value


def same(a: Any, b: Any) -> bool:
    """Equal to the last bit; NaN is NaN."""
    if isinstance(a, (tuple, list)):
        return isinstance(b, (tuple, list)) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, torch.Tensor):
        if a.dtype != b.dtype or a.shape != b.shape or a.layout != b.layout or a.requires_grad != b.requires_grad:
            return False
        a, b = (plain.resolve_conj() for plain in (a.detach().to_dense(), b.detach().to_dense()))
        if a.is_complex():
            a, b = torch.view_as_real(a), torch.view_as_real(b)
        return torch.equal(a, b) or bool(torch.all((a == b) | ((a != a) & (b != b))))
    return type(a) is type(b) and bool(a == b)


# ---- the table ------------------------------------------------------------------------------------------------


def measure(infos: Iterable[Any], dtypes: Iterable[torch.dtype], most: int | None) -> Tally:
    """Compare all samples of these operations on a worker of their own."""
    tally = Tally()
    hook = sy.TorchHook(torch)
    gc.freeze()  # torch's samples are many objects, and stay
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for info in infos:
            with sy.session.isolated(seed=7):
                bob = sy.VirtualWorker(hook, id="bob")
                for case in cases(info, dtypes, most):
                    if not case.tensors and at(bob, case) is case.call:
                        continue  # nothing in it is remote
                    tally.add(case.op, compare(case, bob), str(case))
                gc.collect()
                if len(bob._objects):
                    tally.add(info.name, f"{WRONG}: objects were left behind", info.name)
    return tally


def report(tally: Tally, verbose: bool) -> None:
    total = sum(tally.samples.values())
    print(f"{'samples':>8} {'ways':>6}  what became of them ({total} samples)")
    for outcome, count in tally.samples.most_common():
        print(f"{count:8} {len(tally.operations[outcome]):6}  {outcome}")
        if verbose and outcome not in (EQUAL, SAME_ERROR):
            print(f"{'':17}{', '.join(sorted(tally.operations[outcome]))}")
            print(f"{'':17}for example {tally.examples[outcome][0]}")
    print(f"of the samples that would tell nothing, {tally.share:.1%} run and are equal (bar: 95 %)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="names of operations, with commas between them")
    parser.add_argument("--most", type=int, help="so many samples of each operation and dtype at most")
    parser.add_argument("--dtypes", default="float32,int64", help=f"of {', '.join(DTYPES)}")
    parser.add_argument("--transport", choices=["in_process", "process", "both"], default="both")
    parser.add_argument("--verbose", action="store_true", help="name the operations of each line, with an example")
    options = parser.parse_args()
    if options.transport == "both":
        return max(again("in_process"), again("process"))
    os.environ["COURSE_TRANSPORT"] = options.transport
    names = None if options.only is None else options.only.split(",")
    infos = [info for info in torch_operations() if names is None or info.name in names]
    print(f"transport {options.transport}, torch {torch.__version__}, {options.dtypes}")
    tally = measure(infos, [DTYPES[name] for name in options.dtypes.split(",")], options.most)
    report(tally, options.verbose)
    failed = any(outcome.startswith((WRONG, CRASHED)) for outcome in tally.samples)
    return int(failed or tally.share < 0.95)


def again(transport: str) -> int:
    return subprocess.call([sys.executable, *sys.argv, "--transport", transport])


if __name__ == "__main__":
    sys.exit(main())
