"""The reviewed table, held against torch itself: its sample inputs, and its own declarations.

No worker takes part: what workers make of the samples is in test_samples.py.
"""

import contextlib
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode, get_overridable_functions

import course as sy
from benchmarks import operations as samples
from course import operations
from course.operations import DRAWING, NAMES, OPERATIONS, find, may_tell, takes_keyword, takes_tensor, why_refused
from course.pointers.surface import METADATA
from course.reviewed import DRAWS, FILES, FITS, KEYWORDS, NOTHING, REFUSED, REVIEWED

pytest.importorskip("expecttest", reason="torch's sample inputs need it")
if tuple(map(int, torch.__version__.split(".")[:2])) < (2, 13):
    pytest.skip("the table was reviewed on the samples of torch 2.13", allow_module_level=True)

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # torch's own, on both sides
    pytest.mark.xdist_group("torch's samples"),  # which take some seconds to read
]

infos = cache(samples.torch_operations)
DTYPES = [torch.float32, torch.int64]


# ---- torch's samples ----


def other_values(tensor: torch.Tensor) -> list[torch.Tensor]:
    """Tensors that look the same from outside, with other values in them."""
    fills: list[Any] = [0, 1] if tensor.dtype in (torch.bool, torch.uint8) else [0, 1, -1, 10**6]
    if tensor.is_floating_point():
        fills += [float("nan"), float("inf")]
    return [*[torch.full_like(tensor, fill) for fill in fills], tensor.flatten().flip(0).reshape(tensor.shape)]


def looks(result: Any) -> Any:
    """What is public of a result."""
    if isinstance(result, (tuple, list)):
        return tuple(map(looks, result))
    if not isinstance(result, torch.Tensor):
        return type(result)
    return result.shape, result.dtype, result.layout, result.stride()


def ran(name: str, case: samples.Case, tensors: list[torch.Tensor]) -> Any:
    """What is public of the outcome: the look of the result, or that there was an error."""
    copies = [tensor.detach().clone() for tensor in tensors]
    args, kwargs = samples.with_tensors(case.args, copies), samples.with_tensors(case.kwargs, copies)
    try:
        return looks(find(name)(*args, **kwargs))
    except Exception as error:  # noqa: BLE001  whatever torch raises
        return type(error)


def may_run(name: str, case: samples.Case) -> bool:
    """Whether a worker runs this: no tensor where a plain number belongs."""
    placed = [samples.has_slot(arg) for arg in case.args]
    named = [key for key, value in case.kwargs.items() if samples.has_slot(value)]
    return all(takes_tensor(name, at) for at, there in enumerate(placed) if there) and all(
        takes_keyword(name, key) for key in named
    )


@pytest.mark.parametrize("part", range(3))
def test_what_is_public_of_a_result_does_not_depend_on_values(part: int) -> None:
    """And whether there is an error depends on them only where the table says so."""
    looked_at = 0
    for info in infos()[part::3]:
        for case in samples.cases(info, DTYPES, most=3):
            name = NAMES.get(case.call)
            if name is None or not case.tensors or not may_run(name, case):
                continue
            expected = ran(name, case, case.tensors)
            if isinstance(expected, type):
                continue
            for tensors in zip(*map(other_values, case.tensors), strict=False):
                looked_at += 1
                seen = ran(name, case, list(tensors))
                assert seen == expected or (isinstance(seen, type) and may_tell(name) == FITS), (name, case, tensors)
    assert looked_at > 5_000


def test_every_function_of_torchs_samples_is_reviewed_or_refused_with_a_reason() -> None:
    functions = {call for info in infos() for _, call, _ in samples.ways(info)}
    named = {getattr(call, "__name__", "<lambda>"): call for call in functions}
    open_ones = {
        name
        for name, call in named.items()
        if call not in NAMES and not why_refused(name) and getattr(torch, name, None) is call
    }
    assert open_ones == {"broadcast_shapes"}  # it takes no tensors


PACKAGES = [torch, torch.functional, torch.nn.functional, torch.linalg, torch.fft, torch.special]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_every_function_that_a_pointer_may_meet_is_reviewed_or_refused_with_a_reason(package: Any) -> None:
    functions = [call for call in get_overridable_functions()[package] if call not in NAMES and call not in METADATA]
    assert {call.__name__ for call in functions if not why_refused(call.__name__)} <= {"autocast"}


# ---- torch's declarations ----


SIZES_THAT_TELL_NOTHING = {
    "copy_": "another overload, for numbers",
    "narrow": "from where: not how much",
    "narrow_copy": "from where: not how much",
    "select": "which one: not how many",
    "select_copy": "which one: not how many",
    "select_scatter": "which one: not how many",
    "polygamma": "the order of a derivative",
    "randint_like": "how large, not how many",
    "to": "a dtype",
    "addmm": "a dtype",
    "baddbmm": "a dtype",
    "_foreach_norm": "a dtype",
}


def declared(form: str) -> list[Any]:
    """What torch declares of an operation, each overload that takes a tensor."""
    package, _, short = form.rpartition(".")
    prefix = {"linalg": "linalg_", "fft": "fft_", "special": "special_"}.get(package, "")
    schemas = torch._C._jit_get_schemas_for_operator(f"aten::{prefix}{short}")
    return [schema for schema in schemas if any("Tensor" in str(argument.type) for argument in schema.arguments)]


def test_no_tensor_may_stand_where_torch_declares_a_whole_number() -> None:
    forms = [form for form in OPERATIONS if form not in operations.OWN]
    assert [found for form in forms for found in numbers_that_may_be_tensors(form)] == []


def numbers_that_may_be_tensors(form: str) -> Iterator[tuple[str, str, str]]:
    """The whole numbers that torch declares of an operation and for which the table allows a tensor."""
    if form.rpartition(".")[2].strip("_") in {name.strip("_") for name in SIZES_THAT_TELL_NOTHING}:
        return
    for schema in declared(form):
        for place, argument in enumerate(schema.arguments):
            kind = str(argument.type)
            if "Tensor" in kind or "int" not in kind or "print" in kind:
                continue
            if takes_keyword(form, argument.name) or (not argument.kwarg_only and takes_tensor(form, place)):
                yield form, argument.name, kind


# ---- random numbers ----


class Drawing(TorchFunctionMode):
    """Writes down which functions of torch draw random numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.drew: set[Any] = set()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        before = torch.default_generator.get_state()
        try:
            return func(*args, **(kwargs or {}))
        finally:
            if not torch.equal(before, torch.default_generator.get_state()):
                self.drew.add(func)


def test_every_operation_that_draws_random_numbers_is_listed() -> None:
    drawing = Drawing()
    for info in infos():
        for case in samples.cases(info, DTYPES, most=4):
            copies = [tensor.detach().clone() for tensor in case.tensors]
            args, kwargs = samples.with_tensors(case.args, copies), samples.with_tensors(case.kwargs, copies)
            with drawing, contextlib.suppress(Exception):
                case.call(*args, **kwargs)
    assert len(drawing.drew) > 20
    assert {NAMES[function] for function in drawing.drew} - DRAWING == set()


def test_every_operation_that_torch_declares_random_is_listed() -> None:
    declared = [form for form in OPERATIONS if form.rpartition(".")[0] in ("", "torch", "F") and says_random(form)]
    assert len(declared) > 30
    assert set(declared) - DRAWING == set()


def says_random(form: str) -> bool:
    packet = getattr(torch.ops.aten, form.rpartition(".")[2], None)
    overloads = [] if packet is None else [getattr(packet, name) for name in packet.overloads()]
    return any(torch.Tag.nondeterministic_seeded in overload.tags for overload in overloads)


def test_what_draws_is_reviewed() -> None:
    assert not DRAWS - {name for _, _, names in REVIEWED for name in names.split()}


# ---- the table itself ----


def test_every_name_of_the_table_is_torchs_and_stands_there_once() -> None:
    names = [name for _, _, names in REVIEWED for name in names.split()]
    assert len(names) == len(set(names))
    assert [name for name in names if not list(operations.forms(name))] == []


def test_a_name_listed_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for twice in ("addmv", "add", "F.relu", "normal_"):
        monkeypatch.setattr(operations, "REVIEWED", [*REVIEWED, (NOTHING, "T", twice)])
        with pytest.raises(ValueError, match=f"{twice} stands twice"):
            operations._table()


def test_nothing_is_both_reviewed_and_refused() -> None:
    refused = {name for _, names in REFUSED for name in names.split()}
    assert [form for form in OPERATIONS if form.removeprefix("torch.").strip("_") in refused] == []


def test_every_row_says_in_words_what_it_may_tell() -> None:
    assert {tells for tells, _, _ in REVIEWED} == {NOTHING, FITS, FILES}
    assert may_tell("add") == NOTHING
    assert may_tell("F.cross_entropy") == FITS
    with pytest.raises(sy.OperationNotReviewedError):
        may_tell("item")


@pytest.mark.parametrize("places", sorted({places for _, places, _ in REVIEWED}))
def test_places_are_letters_and_keywords(places: str) -> None:
    letters, *keywords = places.split()
    assert letters == "T*" or set(letters) <= {"T", "."}
    assert not set(keywords) & KEYWORDS
