"""Exercise 09.3: an oracle for relays: are these gradients the true ones?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from course.exercises.nb09 import parts as net
from course.learn import evidence
from course.learn.difference import alike
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.learn.plain import Plain
from course.learn.words import brief


@register
class GradientError(Exercise):
    id = "09.3"
    title = "an oracle"
    minutes, points = 10, 4
    objective = "test the gradients of a relay against the truth"
    promises = ()
    given = "import copy"
    stub = '''
def gradient_error(relay, parts: list, x: torch.Tensor, y: torch.Tensor) -> float:
    """How wrong are the gradients of a relay? The largest difference to a true one.

    relay: the function to be tested. relay(parts, x, y) leaves a gradient in each parameter
    of the parts that it is given, and returns its loss, a float. What else it does to these
    parts, nobody knows. x and y, tensors, it leaves as they are.
    parts: modules, here with you, without gradients. They stay as they are.
    The truth: torch's gradients of ((prediction - y) ** 2).sum(), the parts in one piece.
    returns: a Python float, the largest absolute difference between two numbers, over all
    parameters; float("inf") if some parameter's gradient from the relay is None or has a NaN.
    >>> gradient_error(at_owners, four_parts(), some_images, some_targets) < 0.001
    True
    """
    raise NotImplementedError
'''
    hints = (
        "An oracle gets the same result in another way, which you trust. Both sides begin with the same weights.",
        "`copy.deepcopy(parts)` gives the relay parts of its own; `nn.Sequential(*…)` makes one piece of a list.",
        "Zip the parameters of the relay's copy and of the whole; then the largest (ours.grad - …).abs().max().item()",
    )
    success = "Nine relays, and you told the right ones from the wrong ones, whatever they did besides."
    says = """
left-marks    After {call}, the parts have {marks}. Whoever goes on with them starts from what your test left.
              -> On what may the relay work, so that these stay as they are?
no-number     {call} returned {what}; expected a Python float.
              -> How does a tensor of one number become a float?
losses        {told}. {kind} You compared two losses. A loss is computed before any gradient, and can be right
              where every gradient is wrong.
              -> Which numbers does a relay leave behind, besides its loss?
none-left     For one relay your code stopped in line {line}, `{source}`. The gradient of one bias is None, as the text
              says that it may be: part of the network would never learn.
              -> What does the text ask you to return for such a relay?
fooled        {told}. {kind} Whoever trusts you trains with it.
              -> What do you compare, and do both sides own what they compute it with?
elsewhere     {told}. {kind} You found a parameter without a gradient, and this relay has given one to each of its own.
              -> On which parts did the relay work, and at which do you look?
missing       {told}. {kind} Part of the network would never learn, and you take the relay for better than that.
              -> What is `.grad` of a parameter that no backward pass has reached?
nan           {told}. {kind} Every comparison with NaN is False, so `max` may keep the smaller number.
              -> What does `gradient.isnan().any()` say of that gradient?
after-step    {told}. {kind} Your truth belongs to the weights after that.
              -> Which weights does the truth need, and who has changed them?
added-up      {told}. {kind} Your truth is its gradient plus the true one: `backward` adds to what is there.
              -> Into which `.grad` does your second backward pass write?
signed        {told}. {kind} A difference may be below zero, and be large.
              -> What makes a size of a difference?
cancelled     {told}. {kind} In a sum, mistakes of both signs cancel.
              -> What do you do to each difference before you put them together?
a-part        {told}. {kind} You looked at {part} only.
              -> Which parameters does your loop visit?
mean          {told}. {kind} That is a mean: one wrong number among many right ones hides in it.
              -> Which number does the text ask for?
summed        {told}. {kind} That is the sum of all sizes.
              -> Which number does the text ask for?
other-loss    {told}. {kind} Your truth belongs to another loss.
              -> Sum or mean: which one does the text name?
wrong-value   {told}. {kind}
              -> Write both gradients of the first bias side by side: what is their largest difference?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [_question(draw, relay) for relay in RELAYS]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        parts = net.made(question["weights"])
        answer(RELAYS[question["relay"]][0], parts, question["x"].clone(), question["y"].clone())
        after = [parameter.detach().clone() for parameter in net.parameters_of(parts)]
        return {"became": after, "left": [gradient is not None for gradient in net.gradients_of(parts)]}

    def known_end(self, question: Question, failure: Evidence) -> str:
        return "none-left" if question["relay"] == "forgets" and "NoneType" in failure["message"] else ""

    def looks(self, question: Question, call: Evidence) -> Looks:
        relay, kind = RELAYS[question["relay"]]
        before = [tensor for pair in question["weights"] for tensor in pair]
        moved = any(not torch.equal(a, b) for a, b in zip(before, call["became"], strict=True))
        yield any(call["left"]) or moved, "left-marks", {"marks": "other weights" if moved else "gradients"}
        right, mistakes = _verdicts(relay, question)
        told = f"For one relay you returned `{brief(call['returned'])}`; expected `{brief(right)}`"
        yield {"told": told, "kind": kind}
        number, losses = _number(call["returned"]), mistakes.pop("losses", None)
        yield not alike(number, right, evidence.TRAINED) and alike(number, losses, evidence.TRAINED), "losses"
        whole = type(call["returned"]) is int  # max(0, 0.0) is 0
        seen = number if whole else call["returned"]
        yield evidence.returned_a(call, float, "a Python float", value=seen, tag="no-number")
        lacking = "nan" if question["relay"] == "nan" else "missing"
        yield right == float("inf") != seen, lacking
        yield seen == float("inf") != right, "elsewhere"
        for wrong, tag, _ in evidence.leads_to(call, right, mistakes, value=seen, tolerance=evidence.TRAINED):
            part = {"first": "the first part", "last": "the last part", "weights": "the weights, not at biases,"}
            yield wrong, "a-part" if tag in part else tag, {"part": part.get(tag, "")}
        yield not alike(seen, right, evidence.TRAINED), "wrong-value"
        yield evidence.inputs_unchanged(call)


Relay = Callable[[list[nn.Module], torch.Tensor, torch.Tensor], Any]


def _relayed(
    rule: net.Rule = net.right_rule,
    then: Callable[[list[Any]], None] = lambda parameters: None,
    loss: Callable[[torch.Tensor], torch.Tensor] = lambda loss: loss,
) -> Relay:
    """A relay with this rule at its cuts; then something is done to its parameters, and some loss is returned."""

    def relay(parts: list[nn.Module], x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        found, _ = net.relayed(parts, x, y, rule)
        with torch.no_grad():
            then(net.parameters_of(parts))
        return loss(found)

    return relay


def _step(parameters: list[Any]) -> None:
    for parameter in parameters:
        parameter -= 0.5 * parameter.grad


def _double(parameters: list[Any]) -> None:
    for parameter in parameters:
        parameter.grad *= 2


def _forget(parameters: list[Any]) -> None:
    parameters[1].grad = None


def _both_signs(parameters: list[Any]) -> None:
    parameters[2].grad[0, 0] += 0.75
    parameters[2].grad[0, 1] -= 0.75


def _too_small(parameters: list[Any]) -> None:
    parameters[-1].grad -= 1.25


def _a_bias(parameters: list[Any]) -> None:
    parameters[3].grad[0] += 1.5


def _not_a_number(parameters: list[Any]) -> None:
    parameters[3].grad[0] = float("nan")


RELAYS: dict[str, tuple[Relay, str]] = {
    "reports": (_relayed(loss=lambda loss: loss / 2), "Its gradients are right; it only reports half of its loss."),
    "double": (_relayed(then=_double), "Its gradients are twice the true ones."),
    "steps": (_relayed(then=_step), "Its gradients are right; then it takes a step."),
    "old": (_relayed(net.old_rule), "It goes back by `matmul(t(output), gradient).sum()`."),
    "forgets": (_relayed(then=_forget), "It gives no gradient, None, to one bias."),
    "signs": (_relayed(then=_both_signs), "One number is too large, another one too small by the same amount."),
    "small": (_relayed(then=_too_small), "In the last bias, two numbers are too small."),
    "bias": (_relayed(then=_a_bias), "In one bias, one number is too large."),
    "nan": (_relayed(then=_not_a_number), "In one bias, it leaves a NaN: not a number."),
}


def _question(draw: Draw, relay: str) -> Question:
    """A network of three parts, and one of the relays."""
    widths = [draw.choice([2, 3]), 3, 2, 2]
    x, y, weights = draw.normal(4, widths[0]), draw.normal(4, 2), net.drawn(draw, widths)
    return {"relay": relay, "weights": weights, "x": x, "y": y}


def _verdicts(relay: Relay, question: Question) -> tuple[float, dict[str, Any]]:
    """What an oracle should say about this relay, and what those say that look at something else."""
    parts, x, y = net.made(question["weights"]), question["x"], question["y"]
    reported = float(relay(parts, x, y))
    ours, (true, _) = net.gradients_of(parts), net.replay(question, net.right_rule)
    loss = float(net.squared(nn.Sequential(*net.made(question["weights"]))(x), y).detach())
    if any(gradient is None or bool(gradient.isnan().any()) for gradient in ours):
        return float("inf"), {}
    gaps, sizes = _gaps(ours, true), [gap.abs() for gap in _gaps(ours, true)]
    for parameter in net.parameters_of(parts):
        parameter.grad = None
    net.relayed(parts, x, y, net.right_rule)  # the truth of whatever the relay has made of them
    return _largest(gaps), {
        "losses": abs(reported - loss) or None,
        "after-step": _largest(_gaps(ours, net.gradients_of(parts))),
        "added-up": _largest(true),
        "other-loss": _largest(_gaps(ours, [gradient / y.numel() for gradient in true])),
        "signed": max(float(gap.max()) for gap in gaps),
        "cancelled": evidence.any_of(abs(sum(_sums(gaps))), max(map(abs, _sums(gaps)))),
        "first": _largest(gaps[:2]),
        "last": _largest(gaps[-2:]),
        "weights": _largest(gaps[::2]),
        "mean": evidence.any_of(sum(_sums(sizes)) / sum(map(torch.numel, gaps)), *_means(sizes)),
        "summed": evidence.any_of(sum(_sums(sizes)), sum(float(size.max()) for size in sizes)),
        "fooled": 0.0,
    }


def _number(value: Plain) -> Plain:
    """A float also where it came as an int, or as a tensor of one number; the value as it is otherwise."""
    one = value.item() if isinstance(value, torch.Tensor) and value.numel() == 1 else value
    exact = type(one) is int and abs(one) < 2**53
    return float(one) if exact or type(one) is float else value


def _gaps(ours: list[torch.Tensor], true: list[torch.Tensor]) -> list[torch.Tensor]:
    return [a - b for a, b in zip(ours, true, strict=True)]


def _largest(gaps: list[torch.Tensor]) -> float:
    return max(float(gap.abs().max()) for gap in gaps)


def _sums(gaps: list[torch.Tensor]) -> list[float]:
    return [float(gap.sum()) for gap in gaps]


def _means(sizes: list[torch.Tensor]) -> list[float]:
    """The largest of the means, and the mean of the means."""
    means = [float(size.mean()) for size in sizes]
    return [max(means), sum(means) / len(means)]
