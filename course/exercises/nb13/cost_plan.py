"""Exercise 13.5: what an encrypted prediction costs, before it is run."""

from __future__ import annotations

from typing import Any

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, register


@register
class CostPlan(Exercise):
    id = "13.5"
    title = "a plan of the costs"
    minutes, points = 8, 4
    objective = "budget an encrypted prediction: what is dealt beforehand, and what travels between holders"
    promises = ()
    stub = '''
def cost_plan(widths: list[int], people: int, holders: int) -> tuple[int, int]:
    """How many numbers travel for one prediction by linear layers: (offline, online).

    widths: [42, 16, 2] are two layers, 42 to 16 and 16 to 2, with nothing between them.
    For each layer a table, people x before, is multiplied by weights, before x after.
    Offline, from the dealer to each holder: a triple (a like the table, b like the
        weights, c like the product), then 3 numbers for each number of the product
        (mask, its quotient, a wrap: notebook 11).
    Online, from each holder to each other one: table - a and weights - b, then the
        masked product.
    Biases cost nothing. returns: two ints.
    >>> cost_plan([4, 2], 3, 2)  # 2 * (12 + 8 + 6 + 18), 2 * (12 + 8 + 6)
    (88, 52)
    """
    offline = online = 0
    for before, after in zip(widths, widths[1:]):  # layer by layer
        ...
    return offline, online
'''
    hints = (
        "Do one layer on paper. How many numbers has the table, how many the weights, how many the product?",
        "A product of a x b and b x c has a x c numbers. Each of n holders speaks to n - 1 others.",
        "offline += holders * (… + … + 4 * …); online += holders * (holders - 1) * (… + … + …)",
    )
    success = "One to four layers, two to five holders: both halves are right."
    says = """
wrong-type   {call} returned {what}; expected two ints.
             -> What does the docstring say that it returns?
no-offline   {call} returned {seen}; expected {right}. Nothing is offline, but the dealer sends every triple before a
             holder can multiply.
             -> What does each holder need from the dealer?
one-half     {call} returned {seen}; expected {right}. Of what is dealt, a part is missing.
             -> How many parts has a triple, and what is needed after the product?
no-rescale   {call} returned {seen}; expected {right}. The masked product is missing online.
             -> What is opened to bring a product back to its scale?
one-way      {call} returned {seen}; expected {right}. In a room of {holders}, each holder speaks to all others.
             -> How many pairs, in both directions, are there?
to-one       {call} returned {seen}; expected {right}. The dealer deals to each holder.
             -> How many holders get a part of every triple?
first-layer  {call} returned {seen}; expected {right}. That is one layer of several.
             -> What does each round of your loop add?
same-table   {call} returned {seen}; expected {right}. Each layer gets the table of the first.
             -> How many columns has what comes out of the first layer?
one-jump     {call} returned {seen}; expected {right}. That is one layer from the first width to the last.
             -> What does the docstring say that [42, 16, 2] is?
last-only    {call} returned {seen}; expected {right}. What is for each product was counted for the last one only.
             -> After which products is there something to rescale?
turned       {call} returned {seen}; expected {right}. These are the two the other way round.
             -> Which one comes first?
wrong-plan   {call} returned {seen}; expected {right}.
             -> Count one layer on paper: table, weights, product. Where does it differ?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        sizes = [([2, 3], 3), ([3, 2], 2), ([2, 4], 5), ([5, 2], 4)]
        return [
            {
                "args": [[draw.randint(3, 50) for _ in range(layers[0])], draw.randint(2, 90), holders],
                "holders": holders,
            }
            for layers, holders in sizes
        ]

    def looks(self, question: Question, call: Evidence) -> Looks:
        widths, people, n = question["args"]
        form = evidence.returned_a(call, (int, int), "two ints")
        yield form is not None, "wrong-type", {"what": form.facts["what"] if form else ""}
        layers = list(zip(widths, widths[1:], strict=False))
        right, seen = _plan(layers, people, n), tuple(call["returned"])
        earlier = sum(people * after for _, after in layers[:-1])
        mistakes: dict[str, list[Any]] = {
            "no-offline": [(0, right[1])],
            "turned": [right[::-1]],
            "one-half": [_plan(layers, people, n, scale=k) for k in (0, 1, 2)],
            "no-rescale": [_plan(layers, people, n, masked=0)],
            "one-way": [(right[0], right[1] // (n * (n - 1)) * k) for k in _pairs(n)],
            "to-one": [(right[0] // n * k, right[1]) for k in (1, 2, n - 1, n + 1)],
            "same-table": [_plan(layers, people, n, table=widths[0])],
            "one-jump": [_plan([(widths[0], widths[-1])], people, n)],
            "last-only": [
                (right[0] - 3 * n * earlier, right[1]),
                (right[0], right[1] - n * (n - 1) * earlier),
                (right[0] - 3 * n * earlier, right[1] - n * (n - 1) * earlier),
            ],
            "first-layer": [_plan(layers[:1], people, n), _plan(layers[-1:], people, n), _plan(layers[:-1], people, n)],
        }
        for tag, wrongs in mistakes.items():
            yield seen != right and seen in wrongs, tag, {"seen": seen, "right": right}
        yield seen != right, "wrong-plan", {"seen": seen, "right": right}


def _pairs(n: int) -> set[int]:
    """How many messages a round of n holders has, counted wrongly."""
    return {1, 2, n - 1, n, 2 * (n - 1), 2 * n, n * n, n * n // 2, n * (n - 1) // 2} - {n * (n - 1)}


def _plan(
    layers: list[tuple[int, int]], people: int, n: int, scale: int = 3, masked: int = 1, table: int = 0
) -> tuple[int, int]:
    """The right one; or with less for rescaling, without the masked product, with the same table for each layer."""
    inputs = sum(people * (table or before) + before * after for before, after in layers)
    products = sum(people * after for _, after in layers)
    return n * (inputs + (1 + scale) * products), n * (n - 1) * (inputs + masked * products)
