"""Exercise 07.3: a plan run at many workers, one message each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch

from course.learn import evidence
from course.learn.asking import at, people, real, strangers
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, observe, register
from course.learn.plain import Pointer

PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "score": lambda x: (x * 2 + 1).abs(),
    "rescale": lambda x: (x - 1) / 4 + x * x,
    "squash": lambda x: torch.relu(x + 3) * 0.5 - x,
}


@register
class ScoreAll(Exercise):
    id = "07.3"
    title = "one message a run"
    minutes, points = 7, 3
    objective = "run a plan where the data is, with one message each time"
    promises = ("private", "tidy")
    stub = '''
def score_all(plan: sy.Plan, rows: list) -> list:
    """Let each worker run the plan on its rows. The plan goes to each once, a run is one
    message.

    plan: a built plan of one argument, here.
    rows: pointers; several of them may be at one worker.
    returns: pointers to the results, in the order of rows, each where its rows are. No rows and
    no results come to you, no operation is asked for one by one, and nothing else is left with
    the workers.
    >>> rows = [torch.ones(2).send(alice), torch.ones(1).send(bob)]
    >>> [result.get() for result in score_all(doubled, rows)]
    [tensor([2., 2.]), tensor([2.])]
    """
    raise NotImplementedError
'''
    hints = (
        "Called at home on pointers, a plan asks for its operations one by one. Sent first, it runs there as a whole.",
        "plan.send(alice, bob) sends it to both; what it returns runs where its argument is.",
        "collect the places, each once; there = plan.send(*places); then [there(…) for … in rows]",
    )
    success = "One to four workers, several rows at one: the plan went to each once, and every run was one message."
    says = """
one-by-one   {found}. A plan called at home asks for each of its operations by a message of its own: with {steps}
             steps that is {steps} times the waiting.
             -> What has to be with the worker before it can run the whole plan?
sent-again   The plan went to {place} {times}, for {rows}. The recorded steps do not change from row to row; sending
             them again costs more than running them.
             -> What do you know after the first row of a worker?
rows-came    {found}. The rows are the workers' own; a plan exists so that the program travels and they stay.
             -> Which get brings rows, or results, to you?
shown        {found}. Nobody agreed to show rows to anybody.
             -> Where should the plan run?
elsewhere    {call} returned {seen} in place {at}; expected a pointer to {place}, where those rows are.
             -> In which order do you go through the rows?
too-few      {call} returned {count}; expected {rows}, a result for each.
             -> Which rows did nobody run the plan on?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        asked = [_rows(draw, names) for names in ((0, 1, 0), (0,), (0, 1, 2, 3, 1, 0))]
        return [{**question, "program": name} for question, name in zip(asked, PROGRAMS, strict=True)]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        rows = real(question["args"][1])
        others = strangers(people(question["args"]))
        answer(plan_of(question["program"]), rows)
        return {"strangers": observe(others)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        rows = question["args"][1]
        owners = [pointer.location for pointer in rows]
        steps = len(plan_of(question["program"]).graph.steps)
        yield {"steps": steps}
        yield evidence.only_travels(call, tags={"me": "rows-came"}, tag="shown")
        asked = Counter(row["receiver"] for row in call["messages"] if row["kind"] == "execute")
        if asked:
            place, count = asked.most_common(1)[0]
            found = f"During `{call['text']}`, {place} was asked for {count} single operations"
            yield True, "one-by-one", {"found": found}
        plans = [row for row in call["messages"] if row["detail"].startswith("plan ") and row["sender"] == "me"]
        sent = Counter(row["receiver"] for row in plans)
        for place, times in sent.items():
            here = owners.count(place)
            yield times > 1, "sent-again", {
                "place": place, "times": f"{times} times", "rows": f"{here} tensor{'s' if here > 1 else ''}",
            }  # fmt: skip
        yield evidence.returned_a(call, [Pointer], "a list of pointers")
        results = call["returned"]
        yield len(results) != len(rows), "too-few", {"count": f"{len(results)} results", "rows": len(rows)}
        for number, (result, owner) in enumerate(zip(results, owners, strict=True)):
            at_owner = evidence.is_at(result, owner)
            yield not at_owner, "elsewhere", {"at": number, "place": owner, "seen": f"a pointer to {result.location}"}
        right = [PROGRAMS[question["program"]](x) for x in evidence.far_end(rows)]
        yield evidence.equals(call, right, tolerance=evidence.SUMMED, because="the plan gives this at home, too")
        yield evidence.inputs_unchanged(call, 1, because="the rows belong to their worker")
        yield evidence.spares_strangers(call)
        for name in dict.fromkeys(owners):
            yield evidence.leaves(call, name, new=owners.count(name), because="a plan nobody needs can still be found")


def _rows(draw: Draw, holders: tuple[int, ...]) -> Question:
    """A tensor for each of these holders, by number."""
    names = draw.people(max(holders) + 1)
    rows = [at(names[holder], draw.floats(draw.randint(1, 4))) for holder in holders]
    return {"args": ["plan", rows]}


def plan_of(name: str) -> Any:
    """The plan of the question, built."""
    import course as sy

    def program(x: Any) -> Any:
        return PROGRAMS[name](x)

    program.__name__ = name
    return sy.func2plan(args_shape=[(-1,)])(program)
