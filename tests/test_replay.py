"""Running a plan: its steps come from outside, so each is checked, and nothing of them is evaluated."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import course as sy
from course.messages import Graph, Group, Item, Run, Send, Step
from course.replay import Program, plan_text


def graph(*steps: Step, output: Any = 1) -> Graph:
    named = tuple([Step(f"y_{at}", step.op, step.args, step.kwargs) for at, step in enumerate(steps)])
    return Graph("strange", ("x",), (), named, output)


def step(op: str, *args: Any, **kwargs: Any) -> Step:
    return Step("y", op, args, tuple(kwargs.items()))


NOT_REVIEWED = {
    "a function of Python": step("eval", ("1",)),
    "nothing of torch": step("torch.load", ("file",)),
    "a mask": step("masked_select", 0, 0),
    "a size that is a tensor": step("reshape", 0, 0),
    "a size in a group": step("reshape", 0, Group("tuple", (0, (1,)))),
    "the end of a slice": step("[]", 0, Group("slice", ((None,), 0, (None,)))),
    "a keyword": step("sum", 0, dim=0),
    "a number made of a tensor": step("number +", 0, (1,)),
    "a tensor of tensors": step("tensor", Group("list", (0,))),
}


@pytest.mark.parametrize("name", NOT_REVIEWED)
def test_what_no_worker_runs_is_refused_before_anything_runs(name: str) -> None:
    with pytest.raises(sy.OperationNotReviewedError):
        Program(graph(NOT_REVIEWED[name]))


def test_a_mask_is_refused_when_it_is_met() -> None:
    program = Program(graph(step("gt", 0, (0,)), step("[]", 0, 1), output=2))
    with pytest.raises(sy.OperationNotReviewedError):
        program(None, torch.ones(2))  # type: ignore[arg-type]


MISFITS = {
    "a step of the future": graph(step("abs", 1)),
    "itself": graph(step("abs", 5)),
    "before the first": graph(step("abs", -1)),
    "an output that is nowhere": graph(step("abs", 0), output=7),
    "a group of no kind": graph(step("abs", Group("dict", (0,)))),
    "an argument of no kind": graph(step("abs", "x")),
    "steps that are none": Graph("strange", ("x",), (), (1, 2), 0),  # type: ignore[arg-type]
    "a number made of a text": graph(step("number *", ("a",), (3,))),
    "a number made of a list": graph(step("number *", Group("list", ((1,),)), (10**9,))),
    "a number made of one number": graph(step("number *", (2,))),
    "a number that a pattern fills in": graph(step("number %", ("%099999999d",), (3,))),
    "a number handed over": graph(step("size", 0, (0,)), step("send", 1, ("eve",))),
    "a list handed over": graph(step("send", Group("list", (0,)), ("eve",))),
    "nothing handed over": graph(step("move")),
    "no inputs": Graph("strange", None, (), (), 0),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_plan_that_does_not_fit_together_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        Program(MISFITS[name])


def named(*names: str, of: str = "strange", given: str = "x", keyword: str = "alpha") -> Graph:
    """A plan that hands x to eve, with these names for its steps."""
    ops = (Step(names[0], "add", (0, (1,)), ((keyword, (2,)),)), Step(names[1], "send", (0, ("eve",)), ()))
    return Graph(of, (given,), (), ops, 1)


HIDING = {
    "a comment": named("total", "total_1 = x.sum()  #"),
    "a line": named("total\n    x", "sent"),
    "the same name": named("total", "total"),
    "the name of an input": named("x", "sent"),
    "a carriage return": named("total", "sent\r"),
    "a letter that looks like another": named("t\u043etal", "total"),
    "no text": named("total", 7),  # type: ignore[arg-type]
    "an input with a default": named("total", "sent", given="x=secret"),
    "the name of the plan": named("total", "sent", of="mean(x): return x.mean()  #"),
    "a keyword": named("total", "sent", keyword="alpha=2)  #"),
}


@pytest.mark.parametrize("name", HIDING)
def test_no_name_hides_from_a_reader_what_a_plan_does(name: str) -> None:
    assert Program(named("total", "sent")).graph.name == "strange"
    with pytest.raises(ValueError, match="name"):
        Program(HIDING[name])


plain = st.none() | st.booleans() | st.integers(-3, 9) | st.text(max_size=3)
arguments = st.recursive(
    st.integers(-1, 4) | st.tuples(plain),
    lambda inner: st.builds(Group, st.sampled_from(["list", "tuple", "slice"]), st.lists(inner, max_size=3).map(tuple)),
    max_leaves=4,
)
OPS = ["add", "[]", "torch.stack", "size", "part", "grad_mode", "number *", ".grad", "get", "send", "eval"]
ops = st.sampled_from(OPS)
steps = st.builds(Step, st.just("y"), ops, st.lists(arguments, max_size=3).map(tuple), st.just(()))


@given(st.lists(steps, max_size=4).map(tuple), arguments)
def test_any_steps_are_refused_or_run_into_an_ordinary_error(found: tuple[Step, ...], output: Any) -> None:
    try:
        program = Program(graph(*found, output=output))
        plan_text(program.graph)
        program(None, torch.ones(2, 2))  # type: ignore[arg-type]
    except (sy.CourseError, ValueError, TypeError, RuntimeError, IndexError, AttributeError, ZeroDivisionError):
        pass
    assert torch.is_grad_enabled()


def test_a_worker_refuses_a_strange_plan_and_keeps_what_it_has(bob: sy.VirtualWorker) -> None:
    x = torch.ones(2).send(bob)
    strange = graph(NOT_REVIEWED["nothing of torch"])
    with pytest.raises(sy.OperationNotReviewedError):
        bob.network.deliver(Send("me", "bob", (Item(7, strange),)))
    bob.network.deliver(Send("me", "bob", (Item(7, graph(step("abs", 0))),)))
    for refs in ((), (x.id_at_location, x.id_at_location)):
        with pytest.raises(ValueError, match="strange takes 1 objects"):
            bob.network.deliver(Run("me", "bob", "strange", 7, refs, 8, True))
    assert len(bob._objects) == 2


def test_the_grad_mode_of_a_plan_is_its_own() -> None:
    off = (step("grad_mode", (False,)), step("mul", 0, (2,)))
    with pytest.raises(TypeError):
        Program(graph(*off, step("abs", 0, (3,)), output=2))(None, torch.ones(2))  # type: ignore[arg-type]
    assert torch.is_grad_enabled()
    result = Program(graph(*off, output=2))(None, torch.ones(2, requires_grad=True))  # type: ignore[arg-type]
    assert not result.requires_grad
    assert torch.is_grad_enabled()
