"""Exercise 09.2: gradients go back through the cuts."""

from __future__ import annotations

from typing import Any

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
from course.learn.plain import Pointer, same
from course.learn.words import plural


@register
class BackwardRelay(Exercise):
    id = "09.2"
    title = "a backward relay"
    minutes, points = 9, 4
    objective = "pass gradients back over the cuts, so that they are those of the network in one piece"
    promises = ("private",)
    stub = '''
def backward_relay(loss: torch.Tensor, inputs: list, outputs: list) -> list:
    """Give every parameter its gradient: from the loss back through all parts.

    loss: a pointer to one number, made from outputs[-1], where that lies.
    inputs, outputs: what a forward relay returned, as in exercise 09.1.
    returns: a list of pointers, for all outputs but the last: entry i is the gradient
    of the loss with respect to outputs[i], at the owner of outputs[i].
    No value comes to you. The gradient of an input goes back once, and to nobody else.
    No parameter changes: the step comes later.
    >>> len(backward_relay(*a_forward_pass()))
    3
    """
    # 1. from the loss to the last leaf
    # 2. back over each cut, the last one first: the gradient goes to the output's owner
    # 3. there the backward pass goes on
    raise NotImplementedError
'''
    hints = (
        "Begin at the loss. Its backward pass ends at the last leaf, and leaves there what the owner before needs.",
        "Called on an output, `backward` takes the gradient that came back. A `.grad` belongs to its leaf: "
        "send a `copy()`.",
        "for i in reversed(range(…)): gradient = inputs[i + 1].….copy().move(…); outputs[i].…(gradient)",
    )
    success = "Every gradient as in the network in one piece, and each owner got the gradient of its own output."
    advice = {"RuntimeError": "backward goes on from a gradient, once. Which one came back, and for which output?"}
    says = """
came-home    {found}. Losses and gradients are made from {sender}'s labels, and tell about them.
             -> Which line brings it to you, and which one lets it go straight on?
leaf-too     {found}: a gradient. A `.grad` belongs to its leaf, and `move` took the leaf along.
             -> What can travel in its place, while the leaf stays where it is?
twice        {found}: a gradient, once.
             -> What does your loop send, and how often?
shown        {found}. Nobody but the owner of the output needs this gradient.
             -> Which line makes it travel there?
none         After {call}, {parameter} at {owner} has no gradient: this owner learns nothing.
             -> Which part does your loop leave out, or where does it begin?
old-rule     {parameter} at {owner} got the gradient {seen}; expected {due}. `matmul(t(output), gradient).sum()` mixes
             rows: each person's output meets everybody's gradients.
             -> Which call on an output takes the gradient that came back as it is?
ones         {parameter} at {owner} got the gradient {seen}; expected {due}. That is what ones in place of the gradient
             give: this owner lets its outputs shrink, whatever the labels say.
             -> What did the owner behind send back, and where does it go in?
mean         {parameter} at {owner} got the gradient {seen}; expected {due}. Somewhere it was divided by how many
             numbers it has.
             -> Sum or mean: which one leaves every entry as it came?
activations  {parameter} at {owner} got the gradient {seen}; expected {due}. That is what the activations themselves
             give, in place of their gradients.
             -> What is asked of the leaf: its values, or its `.grad`?
wrong-gradient  {parameter} at {owner} got the gradient {seen}; expected {due}, as in the network in one piece.
             -> With this owner's output, what should have come back, and what did?
doubled      {parameter} at {owner} got the gradient {seen}, twice what it should be.
             -> Which backward pass runs twice?
changed      {call} changed {parameter} at {owner}. The step comes later, from the owner's own optimizer.
             -> Which line does more than differentiate?
no-list      {call} returned {what}; expected a list of {count}.
             -> Which gradients come back, and where do you keep them?
other-way    {call} returned the gradients in the order in which they were made; expected entry 0 for outputs[0].
             -> Which end of the list does a new one go to?
not-there    Entry {i} of the list is {place}; expected it at {owner}, who has outputs[{i}].
             -> Which pointer do you keep: the one that stays, or the one that went?
wrong-entry  Entry {i} of the list is {seen}; expected {due}, the gradient of outputs[{i}].
             -> What does your loop append?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        a, b, c = draw.people(3)
        return [
            _question(draw, [a, b, a], [3, 2, 4, 1], rows=3),
            _question(draw, [a, a, b, c, a], [4, 3, 3, 2, 2, 1], rows=4),
            _question(draw, [b], [2, 3], rows=2),
            _question(draw, [c, b], [2, 3, 2], rows=draw.choice([2, 5])),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        parts = net.sent(question["weights"], question["places"])
        others = strangers(question["places"])
        x, y = real([at(question["places"][0], question["x"]), at(question["places"][-1], question["y"])])
        inputs, outputs = net.passed(parts, x)
        answer(net.squared(outputs[-1], y), inputs, outputs)
        return {
            "strangers": observe(others),
            "gradients": [evidence.far_end(observe(p.grad)) for part in parts for p in part.parameters()],
            "parameters": [evidence.far_end(observe(p)) for part in parts for p in part.parameters()],
        }

    def looks(self, question: Question, call: Evidence) -> Looks:
        places, weights = question["places"], question["weights"]
        true, arrived = net.replay(question, net.right_rule)
        allowed = net.ways(places, [gradient.numel() for gradient in arrived], back=True)
        tags: dict[Any, str] = {"me": "came-home", **dict.fromkeys(allowed, "twice")}
        for row in call["messages"]:
            way, sizes = (row["sender"], row["receiver"]), row["detail"].split(", ")
            if row["values"] and way in allowed and len(sizes) == 2 and len(set(sizes)) == 1:
                tags[way] = "leaf-too"
        yield evidence.only_travels(call, allowed, tags=tags, tag="shown")
        mistakes = {
            "old-rule": net.replay(question, net.old_rule)[0],
            "ones": net.replay(question, net.ones_rule)[0],
            "mean": net.replay(question, net.mean_rule)[0],
            "activations": net.replay(question, net.activation_rule)[0],
            "doubled": [2 * gradient for gradient in true],
        }
        before = [tensor for pair in weights for tensor in pair]
        for n in reversed(range(len(true))):  # from the loss backwards: the first that went wrong speaks
            seen, due = call["gradients"][n], true[n]
            yield {"parameter": f"{('weight', 'bias')[n % 2]} of parts[{n // 2}]", "owner": places[n // 2]}
            yield not same(call["parameters"][n], before[n]), "changed"
            yield seen is None, "none"
            if not alike(seen, due, evidence.TRAINED):
                known = [tag for tag, wrong in mistakes.items() if alike(seen, wrong[n], evidence.TRAINED)]
                yield True, next(iter(known), "wrong-gradient"), {"seen": seen, "due": due}
        count = len(places) - 1
        wrong = evidence.returned_a(call, [Pointer], "a list")
        what = wrong.facts["what"] if wrong else plural(len(call["returned"]), "gradient")
        facts = {"what": what, "count": plural(count, "gradient")}
        yield wrong is not None or len(call["returned"]) != count, "no-list", facts
        backwards = evidence.far_end(call["returned"])[::-1]
        yield count > 1 and alike(backwards, arrived, evidence.TRAINED), "other-way"
        for i, (seen, due) in enumerate(zip(call["returned"], arrived, strict=True)):
            yield {"i": i, "owner": places[i], "place": net.place_of(seen)}
            yield not alike(seen, due, evidence.TRAINED), "wrong-entry", {"seen": evidence.far_end(seen), "due": due}
            yield net.place_of(seen) != f"at {places[i]}", "not-there"
        yield evidence.inputs_unchanged(call)
        yield evidence.spares_strangers(call)


def _question(draw: Draw, places: list[str], widths: list[int], rows: int) -> Question:
    """A network with a part at each of these places; inputs at the first, targets at the last."""
    x, y = draw.normal(rows, widths[0]), draw.normal(rows, widths[-1])
    return {"places": places, "weights": net.drawn(draw, widths), "x": x, "y": y}
