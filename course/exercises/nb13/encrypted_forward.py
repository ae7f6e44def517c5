"""Exercise 13.1: a secret model's prediction for secret data."""

from __future__ import annotations

import torch

from course.exercises.nb13 import on_shares
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register, workers


@register
class EncryptedForward(Exercise):
    id = "13.1"
    title = "predict on shares"
    minutes, points = 7, 4
    seconds = 4.0  # many rounds: on a busy machine they may take a second
    objective = "let holders run a secret network on secret rows"
    promises = ("private",)
    given = "import copy\n"
    stub = '''
def encrypted_forward(model: nn.Module, x, holders: list, cp):
    """What a secret network makes of secret rows, as a shared tensor.

    model: yours, here, a secret. It stays as it is, to the last digit: share a copy.
    x: a shared tensor, people x columns, of 16 binary digits. Its holders are `holders`,
        its dealer is `cp`.
    Parameters reach the holders only as shares. Nothing is opened to you, or on the way
    from layer to layer.
    returns: model(x), a shared tensor, people x outputs.
    >>> encrypted_forward(model, x, [bob, alice], cp).decrypt()
    tensor([[1.5000]])
    """
    # 1. a copy, its parameters in 16 binary digits, and shared
    secret = ...
    # 2. what it makes of x
    return ...
'''
    hints = (
        "Layers work on shares as on numbers, if the model's parameters are shares, too.",
        "`copy.deepcopy(model)` is a model of its own. A model has the two words that a tensor has, as in the cell of "
        "prediction 13.p1: `fix_precision(16, base=2)`, then `share(...)`.",
        "secret = copy.deepcopy(…).fix_precision(…, base=…).share(*…, crypto_provider=…); return …(…)",
    )
    raises = {"HoldersDifferError": "holders"}
    success = "One to three layers, two and three holders: the right numbers, and all that was opened were masked ones."
    says = """
holders      {call}: {message}. A computation takes all shares of both.
             -> Among whom is x shared, and among whom your copy?
came-home    During {call}, {sender} sent values to you (`{what}`): shares that meet here are no secret any more.
             -> Which line opens, and does a layer need that?
left-public  During {call}, you told the holders `{what}` in the clear: the model's parameters. They are a secret, too.
             -> What has to happen to a model before holders may compute with it?
sent-bare    During {call}, `{what}` went to {receiver}, who holds it now as it is.
             -> Which word splits, and which one only sends?
gone         {found}. You still need your model as it was.
             -> Of what do fix_precision and share change the numbers?
not-shared   {call} returned {what}; expected a shared tensor of float32.
             -> What does a model of shares make of shares?
wrong-shape  {call} returned shares of shape {got}; expected {due}.
             -> Did every layer run, and is that all?
no-relu      The shares of {call} add up to {seen} …; expected {right} …. That is the network without its relus.
             -> What does calling a model do that a loop over its layers does not?
own-relu     The shares of {call} add up to {seen} …; expected {right} …. That is with relus, and this model has none.
             -> Who knows in which order a model does what?
late-relu    The shares of {call} add up to {seen} …; expected {right} …. Nothing is below zero: one relu too many.
             -> What comes after the last layer?
no-bias      The shares of {call} add up to {seen} …; expected {right} …. The biases are missing.
             -> What does a linear layer do after its product?
wrong-output  The shares of {call} add up to {seen} …; expected {right} ….
             -> Run the model here on a row of your own: which layer differs?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            _question(draw, 2, [4, 3, 2], 3),
            _question(draw, 3, [3, 5, 4, 2], 2),
            _question(draw, 2, [2, 3], 4),
            _question(draw, 2, [3, 4, 2], 2, relus=False),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        x = on_shares.shared(question["x"], question["holders"])
        model = on_shares.made(question["weights"], question["relus"])
        holders = question["holders"]
        result = on_shares.asked_twice(answer, holders, model, x, workers(*holders), *workers(on_shares.DEALER))
        return {"dtype": on_shares.dtype(result)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        yield from on_shares.stays_shared(call, question["holders"])
        yield from on_shares.sent_anew(call)
        changed = evidence.inputs_unchanged(call, 0)
        yield changed is not None, "gone", {"found": f"{call['text']} changed the model that it was given"}
        yield evidence.inputs_unchanged(call, 1, because="its holders still need it")
        right = _through(question)
        yield from on_shares.returned_shares(call, tuple(right.shape), call["dtype"])
        seen = on_shares.opened(call["returned"])
        facts = {"seen": on_shares.rounded(seen), "right": on_shares.rounded(right)}
        mistakes = {
            "no-relu": _through(question, relu=False),
            "own-relu": _through(question, relu=True),
            "no-bias": _through(question, bias=False),
            "late-relu": right.relu(),
        }
        for tag, wrong in mistakes.items():
            yield not on_shares.near(seen, right) and on_shares.near(seen, wrong), tag, facts
        yield not on_shares.near(seen, right), "wrong-output", facts
        yield evidence.says_nothing(call)


def _question(draw: Draw, holders: int, widths: list[int], people: int, relus: bool = True) -> Question:
    weights = on_shares.drawn(draw, widths)
    x = draw.floats(people, widths[0], low=-3, high=3)
    x[0] = -torch.linalg.pinv(weights[0][0]) @ torch.ones(widths[1])  # somebody whom relus matter for
    return {"holders": draw.people(holders), "weights": weights, "x": (x * 16).round() / 16, "relus": relus}


def _through(question: Question, relu: bool | None = None, bias: bool = True) -> torch.Tensor:
    weights = [(w, b if bias else 0 * b) for w, b in question["weights"]]
    model = on_shares.made(weights, question["relus"] if relu is None else relu)
    with torch.no_grad():
        return model(question["x"])  # type: ignore[no-any-return]
