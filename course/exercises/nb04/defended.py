"""Exercise 04.5: a defence at home, before anything travels, and an attack on what arrives."""

from __future__ import annotations

from typing import Any

import torch

from course.learn import evidence
from course.learn.asking import people
from course.learn.difference import alike, far_end
from course.learn.evidence import TRAINED
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
from course.pointers import PointerTensor

Layer = tuple[torch.Tensor, torch.Tensor]


@register
class Defended(Exercise):
    id = "04.5"
    title = "defend, then attack again"
    minutes, points = 11, 4
    objective = "clip and noise an update at home, and measure the defence by attacking what arrives"
    promises = ("private",)
    stub = '''
def defended(weight, bias, bound: float, noise: float, attack) -> tuple:
    """Protect a person's update where it is, fetch it, and attack what you got.

    weight, bias: pointers to what training changed, units x d and units, float32. Together
        they are one long vector. They stay as they are.
    1. Clip: where its length (the root of the sum of all squares) is above `bound`, shrink
       it to that length. A shorter one stays as it is.
    2. Noise: add to each number a normal random one of its own, of standard deviation
       noise * bound, drawn where the update is, new in each call.
    3. Fetch: the protected numbers, each once, are all that travels, in any direction.
    4. Attack: `attack(weight, bias)` makes a guess, d float32, from what you fetched.
    returns: (protected weight, protected bias, guess), tensors here with you.
    >>> home = torch.tensor([[6.0, 8.0]]).send(claire), torch.tensor([2.0]).send(claire)
    >>> divide = lambda weight, bias: weight[0] / bias[0]
    >>> defended(*home, bound=100.0, noise=0.0, attack=divide)[2]
    tensor([3., 4.])
    """
    raise NotImplementedError
'''
    hints = (
        "Clipping bounds how much one person can move; noise hides what is left. Both happen at the person's place.",
        "One length for both parts: the root of the sum of all squares. A pointer answers no `if`; "
        "`(bound / length).clamp(max=1)` shrinks and never grows. `torch.randn_like` draws where its argument is.",
        "safe = [part * … + noise * … * torch.randn_like(…) for part in (weight, bias)]; then …get(); then attack(…)",
    )
    success = "Clipped together, noise on every number, drawn at home; nothing else travelled, and the attack saw that."
    advice = {
        "TensorsNotCollocatedException": "What is drawn or fetched here, you know. What makes it where the update is?",
        "ValueRefusedError": "Nobody here may know the length. Which function of torch keeps a number at most 1?",
    }
    says = """
too-much       {found}. What came before the protection, or beside it, is seen, whatever you do to it afterwards.
               -> Which `get` comes too early, or too often?
sent-there     {found}. Noise that you drew, you can take away; and a plain number like `bound` needs no message.
               -> What can be made where the update is?
protected-here {call} returned other numbers than it fetched. So the update arrived as it was, or half protected, and
               whoever read the messages has it.
               -> What has to come last, the noise or `get`?
not-three      {call} returned {what}; expected three tensors here: protected weight, protected bias, guess.
               -> What stands after `returns` in the docstring?
shapes         {call} returned tensors of shapes {shapes}; expected {expected}: others have to add them to theirs.
               -> Which line changes a shape?
input-changed  {call} changed the person's own update. Who computes with it again computes with noise.
               -> Which operations change a tensor in place?
only-scaled    {call} returned the update times one number, and no noise. Divide weights by bias, and that number is
               gone: the attacker is at {distance} from the row.
               -> What does a division take away, and what not?
no-noise       {call} added no noise to the {part}. What is exact can be used, alone or with the rest.
               -> To which parts does the docstring add it?
shared-noise   {call} added the same number to many entries of the {part}. Silent units changed by 0, so they show that
               number, and everybody can take it away.
               -> How many numbers have to be drawn?
same-noise     {call} added the same noise in two calls. Whoever calls it once knows the noise, and takes it away.
               -> What did you seed, and who else can?
noise-size     {call} added noise of standard deviation {found} to the {part}; expected {wanted}, noise * bound.
               Protection is promised for that size.
               -> By what are the random numbers multiplied?
own-length     {call} added noise of standard deviation {found} to the {part}; expected {wanted}, noise * bound. It is
               sized by this update's own length, {length}: who changed little gets little noise, and it tells how much.
               -> Which number is the same for everybody?
each-number    {call} limited each number by itself. Together they are {became} long; expected {right}. The direction
               changed, and the length is not what was promised.
               -> What has one length: a number, or all of them?
off-centre     {call} added noise with a mean of {mean} to the {part}; expected 0. It pushes every
               average one way.
               -> Which distribution is drawn from?
not-normal     {call} added noise of the right size that is not normal: a normal one is beyond two deviations in 46 of
               1,000 draws, this one in {tails}.
               -> Which function draws normal numbers?
apart          {call} clipped weight and bias each by its own length. Together they are {length} long; at most {bound}
               was promised.
               -> How long is the vector of all numbers together?
stretched      {call} made a short update longer: from {length} to {became}. Whoever changed little moves the model as
               much as anybody.
               -> When may the factor be above 1?
not-clipped    {call} did not shrink the update: its length is {became}, and at most {bound} was promised. Noise that
               hides a short update leaves a long one bare.
               -> What does the length have to be compared with?
clipped-wrong  {call} returned an update of length {became}, without noise; expected {wanted}.
               -> Which root, of which sum?
clipped-after  {call} added noise first and clipped then: the noise was shrunk, too, and is {found} instead of {wanted}.
               -> In which order does the docstring name them?
wrong-guess    {call} returned a guess that the attack does not make from the weight and bias returned beside it.
               It says nothing about this defence.
               -> What does `attack` get?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        asked = (
            (6, 4, 0.5, 0.0),
            (4, 3, 500.0, 0.0),  # longer than any update that can be drawn
            (90, 120, 2.0, 0.5),
            (60, 60, 80.0, 0.25),
            (1, 2, 0.5, 0.0),
            (40, 50, 5000.0, 0.1),
        )
        return [_question(draw, *one) for one in asked]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        others = strangers(people(question["args"]))
        answer.keeps = True
        for _ in range(2):
            answer(*real(question["args"]), divided)
        return {"strangers": observe(others)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        owner, (weight, bias, bound, noise) = question["owner"], far_end(question["args"])
        tags: dict[str | evidence.Way, str] = {"me": "too-much", owner: "sent-there"}
        for one in call["calls"]:
            yield evidence.only_travels(one, {(owner, "me"): [weight, bias]}, tags=tags)
        yield evidence.still_there(call, 0, 1)
        yield evidence.spares_strangers(call)
        form = evidence.returned_a(call, (torch.Tensor,) * 3, "three tensors")
        yield form is not None, "not-three", {"what": form.facts["what"] if form else ""}
        parts = call["returned"], (weight, bias, weight[0])
        shapes, expected = ([tuple(one.shape) for one in many] for many in parts)
        yield shapes != expected, "shapes", {"shapes": f"{shapes}", "expected": f"{expected}"}
        for part in call["returned"]:
            yield part.dtype != torch.float32, "shapes", {"shapes": f"{part.dtype}", "expected": "float32"}
        yield evidence.inputs_unchanged(call, 0, 1, because="whoever computes with it again computes with noise")
        seen, guess, right = call["returned"][:2], call["returned"][2], clipped(question)
        yield not alike(_sorted(call["arrived"]), _sorted(seen), TRAINED), "protected-here"
        yield {"length": length((weight, bias)), "became": length(seen), "bound": bound}
        if noise:
            yield from _noise(question, call, right)
        else:
            yield from _clip(question, call, right)
        yield not alike(guess, divided(*seen), TRAINED), "wrong-guess"


def divided(weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """The attack: the division in the unit that changed the most. TypeError for what lies elsewhere."""
    if isinstance(weight, PointerTensor) or isinstance(bias, PointerTensor):
        raise TypeError("an attacker has only what was fetched, and this is a pointer")
    unit = int(bias.abs().argmax())
    return weight[unit] / bias[unit]


def _sorted(tensors: Any) -> torch.Tensor:
    """All numbers of these, in order of size: whatever shape they travelled in."""
    return torch.cat([torch.as_tensor(tensor).flatten().double() for tensor in tensors] or [torch.zeros(0)]).sort()[0]


def length(parts: Any) -> float:
    """Of all numbers together."""
    return float(torch.cat([part.flatten().double() for part in parts]).norm())


def clipped(question: Question) -> Layer:
    """The update without noise, in plain torch."""
    weight, bias, bound, _ = far_end(question["args"])
    factor = min(1.0, bound / length((weight, bias)))
    return weight * factor, bias * factor


def _clip(question: Question, call: Evidence, right: Layer) -> Looks:
    """Without noise: at most the bound long, and shorter ones as they were."""
    weight, bias, bound, _ = far_end(question["args"])
    seen, long = call["returned"][:2], length((weight, bias))
    if alike(list(seen), list(right), TRAINED):
        return
    each = [part * min(1.0, bound / length([part])) for part in (weight, bias)]
    yield long > bound and alike(list(seen), each, TRAINED), "apart"
    clamped = [part.clamp(-bound, bound) for part in (weight, bias)]
    yield alike(list(seen), clamped, TRAINED), "each-number", {"right": length(right)}
    yield long <= bound and length(seen) > long * (1 + TRAINED), "stretched"
    yield length(seen) > length(right) * (1 + TRAINED), "not-clipped"
    yield True, "clipped-wrong", {"wanted": length(right)}


def _noise(question: Question, call: Evidence, right: Layer) -> Looks:
    """With noise: on every number its own, normal, of this size, new each time. Five deviations are left to chance."""
    weight, bias, bound, noise = far_end(question["args"])
    first, again = (one["returned"][:2] for one in call["calls"])
    row, unit = question["row"], int(first[1].abs().argmax())
    distance = (first[0][unit] / first[1][unit] - row).abs().max().item()
    ratio = (first[0] / weight)[weight != 0]
    yield bool((ratio - ratio[0]).abs().max() < TRAINED), "only-scaled", {"distance": f"{distance:.1g}"}
    facts = {"found": float(first[0][weight == 0].std()), "wanted": noise * bound}
    shrunk = length(first) <= bound * (1 + TRAINED) < 0.3 * noise * bound * weight.numel() ** 0.5
    yield shrunk and length((weight, bias)) > bound, "clipped-after", facts
    weights_drawn, scale = torch.zeros(0), 0.0
    for part, seen, later, bare in zip(("weights", "bias"), first, again, right, strict=True):
        added, wanted = (seen - bare).double(), noise * bound
        spread, count = float(added.std()), added.numel()
        yield {"part": part, "found": spread, "wanted": wanted, "mean": float(added.mean())}
        yield spread < 1e-3 * wanted and abs(float(added.mean())) < 1e-3 * wanted, "no-noise"
        scale = scale or max(spread, 1e-3 * wanted)
        drawn = (added / scale).mul(1e4).round().flatten()
        yield len(drawn.unique()) < 0.8 * min(count, 2000), "shared-noise"
        yield part == "bias" and bool(torch.isin(drawn, weights_drawn).double().mean() > 0.5), "shared-noise"
        weights_drawn = drawn
        yield torch.equal(seen, later), "same-noise"
        size = float(added.square().mean().sqrt())
        yield abs(float(added.mean())) > 5 * max(spread, wanted) / count**0.5, "off-centre"
        own = noise * length((weight, bias))
        yield abs(own / wanted - 1) > 0.5 and abs(size / own - 1) < 5 / (2 * count) ** 0.5, "own-length"
        yield abs(size / wanted - 1) > 5 / (2 * count) ** 0.5 + 1e-3, "noise-size", {"found": size}
        tails = float((added.abs() > 2 * wanted).double().mean())
        far = abs(tails - 0.0455) > 5 * (0.0455 * 0.9545 / count) ** 0.5
        yield far and count > 1000, "not-normal", {"tails": f"{1000 * tails:.0f}"}  # of a few, many may be far out


def _question(draw: Draw, units: int, width: int, bound: float, noise: float) -> Question:
    """The update that one row makes; a third of the units are silent, and the largest bias is negative."""
    row = draw.floats(width, low=1, high=9) + 0.25
    bias = draw.normal(units).clamp(-2, 2) + 0.1
    bias[1::3] = 0
    bias[0] = -3.0
    (owner,) = draw.people(1)
    return {"owner": owner, "row": row, "args": [*at(owner, [bias[:, None] * row, bias]), bound, noise]}
