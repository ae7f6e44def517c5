"""Errors that torch and Python raise get a next step; an error of the course gets one that can be taken in a check."""

from __future__ import annotations

import pytest

from course.authoring.answers import function
from course.learn.checking import assess
from course.learn.outcome import Outcome
from course.learn.registry import find

LOSS = "loss = ((x @ w - y) ** 2).mean()\n    "

# what a beginner writes into 01.3, and a word of the next step
MISTAKES = {
    f"w.grad = None\n    {LOSS}loss.backward()\n    w -= rate * w.grad": "autograd's record",
    f"{LOSS}loss.backward()\n    loss.backward()": "anew",
    f"with torch.no_grad():\n        {LOSS}\n    loss.backward()": "no_grad",
    "((x @ w - y) ** 2).backward()": "one number",
    "loss = (w @ x - y).sum()": "shapes",
    "loss = (x.t() @ w).sum()": "shapes",
    "loss = (x - torch.ones(3, 7).send(x.location)).sum()": "shapes",
    "w.grad.zero_()": "None",
    "{}['bob'] += 1": "no such entry",
    "[w, x][2].sum()": "last entry",
    "(x, y).send(w.location)": "several things",
    "torch.mean(x, y)": "help",
}


def outcome(id: str, body: str) -> Outcome:
    exercise = find(id)
    head = exercise.source.partition(":\n    \"\"\"")[0] + ":"  # type: ignore[union-attr]
    return assess(exercise, function(exercise, f"{head}\n    {body}\n"), (0,))  # type: ignore[arg-type]


@pytest.mark.parametrize("body", MISTAKES)
def test_an_error_of_torch_or_python_gets_a_next_step(body: str) -> None:
    found = outcome("01.3", f"{body}\n    return w")
    assert (found.kind, found.tag) == ("error", "raised") and "in line" in found.message
    assert MISTAKES[body] in found.next


# what a beginner writes into 11.1 and 11.4, with shares in hand
ON_SHARES = {
    ("11.1", "e = parties.open('x - a', x - triple[0])\n    return e * y"): "returns a list",
    ("11.1", "e, f = parties.open(x - triple[0], y - triple[1])\n    return e * y"): "takes a text",
    ("11.4", "if x < y:\n        return x, y"): "one yes or no",
}


@pytest.mark.parametrize(("id", "body"), ON_SHARES)
def test_an_error_over_shares_gets_a_next_step(id: str, body: str) -> None:
    found = outcome(id, body)
    assert found.tag == "raised" and ON_SHARES[id, body] in found.next
    assert "(parties, " in found.message and "Group" not in found.message and "parties is" not in found.message


# what an exercise gave cannot be sent again, and need not be
CLEARED_TOO_EARLY = {
    "01.5": "average = bobs.mean()\n    bobs.location.clear_objects()\n    return average.get(), average",
    "03.4": "parts = [update.copy().move(aggregator) for update in updates]\n    mean = sum(parts) / len(parts)\n"
    "    aggregator.clear_objects()\n    return mean.get()",
}


@pytest.mark.parametrize("id", CLEARED_TOO_EARLY)
def test_what_an_answer_took_away_is_not_to_be_sent_again(id: str) -> None:
    found = outcome(id, CLEARED_TOO_EARLY[id])
    assert "ObjectNotFoundError" in found.message and "clear_objects()" in found.text
    assert "end the data again" not in found.text
