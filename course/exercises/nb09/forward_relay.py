"""Exercise 09.1: a forward pass over several owners, cut between them."""

from __future__ import annotations

import warnings
from typing import Any

from course.errors import GraphEndsWarning
from course.exercises.nb09 import parts as net
from course.learn import evidence
from course.learn.difference import alike
from course.learn.exercise import (
    Draw,
    Evidence,
    Exercise,
    Looks,
    Question,
    Watched,
    at,
    observe,
    real,
    register,
    strangers,
)
from course.learn.plain import Plain, Pointer
from course.learn.words import plural


@register
class ForwardRelay(Exercise):
    id = "09.1"
    title = "a forward relay"
    minutes, points = 10, 4
    objective = "run a network whose parts lie at several owners, with a cut between each two"
    promises = ("private",)
    stub = '''
def forward_relay(x: torch.Tensor, parts: list) -> tuple[list, list]:
    """Run x through the parts, each where it lies. Keep what arrives at each, and what leaves.

    x: a pointer, at the owner of parts[0].
    parts: one or more modules, each sent to an owner; one owner may have two in a row.
    returns: (inputs, outputs), two lists of pointers with an entry for each part.
    inputs[0] is x. outputs[i] is parts[i](inputs[i]), and stays at its owner, with its graph.
    Each other input is a leaf that requires a gradient: no graph leads back from it.
    No value comes to you. An output goes to the next owner, once, and to nobody else.
    >>> inputs, outputs = forward_relay(x, parts)
    >>> [output.location.id for output in outputs]
    ['alice', 'bob', 'claire', 'alice']
    """
    inputs, outputs = [x], [parts[0](x)]
    for part in parts[1:]:
        ...
    return inputs, outputs
'''
    hints = (
        "A cut has two sides: the output stays with its graph, and a copy without a graph goes on.",
        "`part.location` is where the copy has to go. `move` takes along the pointer that it is called on: which "
        "pointer may travel?",
        "arrived = outputs[-1].….move(…).…_(), then one append to each list",
    )
    success = "One to five parts, some side by side: right numbers, a leaf at each cut, and nothing came to you."
    advice = {
        "NotAWorkerError": "A part is no worker, but it lies at one: which attribute says where?",
        "ModelElsewhereError": "The parts stay where they are. Where has an output to go, then?",
        "ChainEndsElsewhereError": "`send` makes a pointer to a pointer. Which word hands the numbers over?",
    }
    says = """
came-home    {found}. {sender}'s rows in another form, or its layers: you would see them.
             -> Which line brings them to you, and which one lets them go straight on?
twice        {found}: an output, once.
             -> How often does your loop send, and what does it send?
shown        {found}. Nobody but the next owner has to see an output.
             -> Which line makes it travel there?
no-pair      {call} returned {what}; expected two lists of pointers, what arrived and what left.
             -> What does the last line return?
count        {call} returned {inputs} and {outputs} for {parts}.
             -> What does each round of the loop add to each list?
moved-away   outputs[{i}] is {place}; expected it at {owner}, who made it and needs it again, with its graph, when the
             gradient comes back.
             -> Which pointer does `move` take along?
elsewhere    outputs[{i}] is {place}; expected it at {owner}, who has that part.
             -> Where does `parts[{i}](...)` leave its result, and what happens to it then?
lost         inputs[{i}] is {place}; expected it at {owner}, who has parts[{i}].
             -> Which `location` does it have to go to?
wrong-output  After {call}, {owner} holds {seen} as outputs[{i}]; expected {due}.
             -> Which part made it, and of what?
wrong-input  After {call}, {owner} holds {seen} as inputs[{i}]; expected {due}.
             -> What does this part get: x, or what the part before made?
no-leaf      inputs[{i}] is no leaf: it hangs on the graph of parts[{before}]. torch leaves `.grad` empty there, so
             nobody can send a gradient back.
             -> These two parts lie at one owner, so nothing travels. What cuts the graph all the same?
no-gradient  inputs[{i}] does not require a gradient, so torch computes none for it, and parts[{before}] never
             learns.
             -> What has to be switched on where it arrives?
no-graph     outputs[{i}] has no graph: a gradient that comes back to {owner} finds no way to the weights.
             -> What was detached: what stays, or what goes on?
not-joined   outputs[{i}] was not computed from inputs[{i}]: after a backward pass the gradient there is {seen};
             expected {due}.
             -> What goes into parts[{i}], and what into the list?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        a, b, c = draw.people(3)
        return [
            _question(draw, [a, b, a], [3, 2, 4, 1], rows=3),
            _question(draw, [a, a, b, c, a], [4, 3, 3, 2, 2, 1], rows=2),
            _question(draw, [b], [2, 3], rows=4),
            _question(draw, [c, b, b], [2, 3, 2, 2], rows=draw.choice([1, 5])),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        parts = net.sent(question["weights"], question["places"])
        others = strangers(question["places"])
        result = answer(real(question["args"][0]), parts)
        return {"strangers": observe(others), "kinds": _kinds(result), "gradients": _backward(result)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        places, x = question["places"], question["args"][0].value
        inputs, outputs = net.passed(net.made(question["weights"]), x)
        allowed = net.ways(places, [output.numel() for output in outputs])
        tags: dict[Any, str] = {"me": "came-home", **dict.fromkeys(allowed, "twice")}
        yield evidence.only_travels(call, allowed, tags=tags, tag="shown")
        pair = evidence.returned_a(call, (list, list), "two lists of pointers")
        yield pair is not None, "no-pair", {"what": pair.facts["what"] if pair else ""}
        arrived, left = call["returned"]
        counts = {"inputs": plural(len(arrived), "input"), "outputs": plural(len(left), "output")}
        wrong = len(arrived) != len(places) or len(left) != len(places)
        yield wrong, "count", {**counts, "parts": plural(len(places), "part")}
        for i, owner in enumerate(places):
            place, other = net.place_of(left[i]), net.place_of(arrived[i])
            yield {"i": i, "before": i - 1, "owner": owner}
            gone = place == "gone" or (i + 1 < len(places) and place == f"at {places[i + 1]}")
            yield place != f"at {owner}", "moved-away" if gone else "elsewhere", {"place": place}
            yield other != f"at {owner}", "lost", {"place": other}
        yield evidence.returned_a(call, ([Pointer], [Pointer]), "two lists of pointers, with something at their ends")
        for i, (leaf, needs, graph) in enumerate(call["kinds"]):
            yield {"i": i, "before": i - 1, "owner": places[i]}
            for seen, due, tag in ((arrived[i], inputs[i], "wrong-input"), (left[i], outputs[i], "wrong-output")):
                differs = not alike(seen, due.detach(), evidence.SUMMED)
                yield differs, tag, {"seen": evidence.far_end(seen), "due": due.detach()}
            yield i > 0 and not leaf, "no-leaf"
            yield i > 0 and not needs, "no-gradient"
            yield not graph, "no-graph"
        for i, seen in enumerate(call["gradients"]):
            outputs[i].sum().backward()
            due = inputs[i].grad
            yield i > 0 and not alike(seen, due, evidence.SUMMED), "not-joined", {"i": i, "seen": seen, "due": due}
        yield evidence.inputs_unchanged(call)
        yield evidence.spares_strangers(call)


def _question(draw: Draw, places: list[str], widths: list[int], rows: int) -> Question:
    """A network with a part at each of these places, and rows for the first."""
    args = [at(places[0], draw.normal(rows, widths[0]))]
    return {"places": places, "weights": net.drawn(draw, widths), "args": args}


def _kinds(result: Any) -> list[Plain]:
    """Of each pair: is the input a leaf, does it require a gradient, has the output a graph?"""
    if not net.are_pointers(result):
        return []
    inputs, outputs = result
    return [
        [arrived.is_leaf, arrived.requires_grad, left.requires_grad and not left.is_leaf]
        for arrived, left in zip(inputs, outputs, strict=False)
    ]


def _backward(result: Any) -> list[Plain]:
    """The gradient of each input, once every output has been differentiated by itself; [] where that cannot be done."""
    kinds = _kinds(result)
    if not all(graph for _, _, graph in kinds) or not all(leaf and needs for leaf, needs, _ in kinds[1:]):
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GraphEndsWarning)  # a graph that ends at a cut is what the exercise asks for
        for output in result[1] if kinds else ():
            output.sum().backward()
    return [evidence.far_end(observe(arrived.grad)) for arrived in result[0]] if kinds else []
