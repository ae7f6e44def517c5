"""Exercise 09.5: decode activations, and report the error on images that the decoder has not seen."""

from __future__ import annotations

from typing import Any

import torch

from course.exercises.nb09 import parts as net
from course.learn import evidence
from course.learn.difference import alike
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, register


@register
class WhatLeaks(Exercise):
    id = "09.5"
    title = "decode activations"
    minutes, points = 8, 4
    objective = "measure what activations leak, on rows that the attacker has never seen"
    promises = ()
    stub = '''
def what_leaks(
    activations: torch.Tensor, images: torch.Tensor, own: int
) -> tuple[float, float]:
    """Fit a decoder to the attacker's own pairs. How well does it see the images of others?

    activations: (n, k), images: (n, pixels), float32; row i of one belongs to row i of the
    other. The first `own` rows are the attacker's. The others are a victim's: the attacker
    has their activations, and their images only judge the result.
    The decoder: images = a @ W, by least squares on the attacker's own pairs. `a` is the
    activations and a column of ones; torch.linalg.lstsq(a, images).solution is W.
    returns: two Python floats, mean squared errors over all pixels of the victim's images:
    of the decoder; and of a guess without activations, the mean of the attacker's own images.
    >>> decoder, guess = what_leaks(some_activations, some_images, 100)
    >>> decoder < guess
    True
    """
    a = torch.cat([activations, torch.ones(len(activations), 1)], dim=1)
    # 1. the decoder, from the attacker's own pairs
    # 2. its error, and that of the guess, on the victim's images
    raise NotImplementedError
'''
    hints = (
        "Whoever fits and judges on the same rows praises their memory. An attack counts on rows that it has not seen.",
        "`[:own]` are the attacker's rows, `[own:]` the victim's. Which of them may `lstsq` see, and which `mse_loss`?",
        "W = torch.linalg.lstsq(a[…], images[…]).solution, then F.mse_loss(a[…] @ W, …).item(), and so for the guess",
    )
    success = "Fitted on what the attacker has, judged on what they never saw, beside a guess without activations."
    says = """
no-pair      {call} returned {what}; expected two Python floats.
             -> How does a tensor of one number become a float?
swapped      {call} returned {returned}; expected {right}. Those are the right errors in the other order.
             -> Which of the two comes first?
own-rows     {call} returned {seen} for the decoder; expected {due}. That is its error on the attacker's own images,
             which it was fitted to. It says nothing about the victim.
             -> On whose rows is the error measured?
all-rows     {call} returned {seen} for the decoder; expected {due}. That is its error on all rows, the attacker's
             own among them.
             -> On whose rows is the error measured?
peeked       {call} returned {seen} for the decoder; expected {due}. It was fitted to the victim's images, which no
             attacker has.
             -> Which rows may `lstsq` see?
no-bias      {call} returned {seen} for the decoder; expected {due}. Without a bias, no activation means a black image.
             -> Where does the column of ones go?
root         {call} returned {seen}; expected {due}. That is the root of it.
             -> Which error does the text name?
no-square    {call} returned {seen}; expected {due}. That is the mean size of the errors.
             -> Which error does the text name?
summed       {call} returned {seen}; expected {due}. That is a sum over pixels or images.
             -> By how many numbers do you divide?
victims-mean  {call} returned {seen} for the guess; expected {due}. That guess is the mean of the victim's images,
             which no attacker has.
             -> Whose images does the guesser have?
mean-of-all  {call} returned {seen} for the guess; expected {due}. The victim's images are in that mean.
             -> Whose images does the guesser have?
one-grey     {call} returned {seen} for the guess; expected {due}. That guess is one grey for all pixels.
             -> Over which dimension is the mean of images an image?
other-guess  {call} returned {seen} for the guess; expected {due}. That is the error on the attacker's own images.
             -> On whose rows is the guess judged?
wrong-decoder  {call} returned {seen} for the decoder; expected {due}.
             -> Do it by hand for one pixel: which rows of `a` meet which images?
wrong-guess  {call} returned {seen} for the guess; expected {due}.
             -> What is guessed, and what is it compared with?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        sizes = (30, 3, 4, 16), (24, 2, 3, 15), (20, 4, 9, 14)
        return [_question(draw, *size) for size in sizes]

    def looks(self, question: Question, call: Evidence) -> Looks:
        (decoder, guess), mistakes, guesses = _errors(*question["args"])
        pair = evidence.returned_a(call, (float, float), "two Python floats")
        yield pair is not None, "no-pair", {"what": pair.facts["what"] if pair else ""}
        right, seen = (decoder, guess), call["returned"]
        swapped = evidence.leads_to(call, right, {"swapped": (guess, decoder)}, tolerance=evidence.TRAINED)
        for wrong, tag, _ in swapped:
            yield wrong, tag, {"right": right}
        for value, due, known, tag in (
            (seen[0], decoder, mistakes, "wrong-decoder"),
            (seen[1], guess, guesses, "wrong-guess"),
        ):
            yield {"seen": value, "due": due}
            for wrong, name, _ in evidence.leads_to(call, due, known, value=value, tolerance=evidence.TRAINED):
                yield wrong, name
            yield not alike(value, due, evidence.TRAINED), tag
        yield evidence.inputs_unchanged(call)


def _question(draw: Draw, n: int, width: int, pixels: int, own: int) -> Question:
    """Images far from zero, and activations of a small first part, a little blurred: no decoder is perfect."""
    images = draw.normal(n, pixels) * draw.normal(pixels) + 2 + draw.normal(pixels)
    activations = net.made([(draw.normal(width, pixels) / 2, draw.normal(width))])[0](images).detach()
    return {"args": [activations + draw.normal(n, width) / 3, images, own]}


def _errors(activations: torch.Tensor, images: torch.Tensor, own: int) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Both errors; those of known mistakes of the decoder, and of the guess."""
    ones = torch.ones(len(images), 1)
    a = torch.cat([activations, ones], dim=1)
    victims, mine, everybody = slice(own, None), slice(0, own), slice(None)

    def decoded(seen: torch.Tensor, fit: slice, judge: slice) -> torch.Tensor:
        weights: torch.Tensor = torch.linalg.lstsq(seen[fit].double(), images[fit].double()).solution
        return seen[judge].double() @ weights - images[judge].double()

    def guessed(fit: slice, judge: slice) -> torch.Tensor:
        return images[fit].mean(0) - images[judge]

    def error(gap: torch.Tensor) -> float:
        return float((gap**2).mean())

    right, guess = decoded(a, mine, victims), guessed(mine, victims)
    mistakes = {
        "own-rows": error(decoded(a, mine, mine)),
        "all-rows": error(decoded(a, mine, everybody)),
        "peeked": evidence.any_of(
            error(decoded(a, everybody, victims)),
            error(decoded(a, victims, victims)),
            error(decoded(a, everybody, everybody)),
        ),
        "no-bias": error(decoded(activations, mine, victims)),
        "root": error(right) ** 0.5,
        "summed": _sums(right),
        "no-square": float(right.abs().mean()),
    }
    guesses = {
        "victims-mean": error(guessed(victims, victims)),
        "mean-of-all": evidence.any_of(error(guessed(everybody, victims)), error(guessed(everybody, everybody))),
        "one-grey": error(images[:own].mean() - images[own:]),
        "other-guess": error(guessed(mine, mine)),
        "root": error(guess) ** 0.5,
        "summed": _sums(guess),
        "no-square": float(guess.abs().mean()),
    }
    return (error(right), error(guess)), mistakes, guesses


def _sums(gap: torch.Tensor) -> evidence.AnyOf:
    """All squared errors added up; or over the pixels, or over the images, only."""
    squares = gap**2
    return evidence.any_of(*(float(part) for part in (squares.sum(), squares.sum(1).mean(), squares.sum(0).mean())))
