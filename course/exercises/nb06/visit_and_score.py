"""Exercise 06.3: a CNN visits the batches, and is scored on images that never travel."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch.nn.functional as F
from torch import optim

from course.exercises.nb06.small_cnn import cnn, read_right, size_of, tensors_of
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, at, observe, real, register
from course.learn.plain import Plain, same
from course.learn.words import size as shape_of


@register
class VisitAndScore(Exercise):
    id = "06.3"
    title = "a visit for each batch, a score at home"
    minutes, points = 10, 4
    objective = "train a network over batches of many owners, and test it on images that stay with you"
    promises = ("private",)
    stub = '''
def visit_and_score(
    model: nn.Module, opt: optim.Optimizer, batches: list, test: tuple
) -> float:
    """One pass over the batches, a step at the owner of each; then the share of test images
    that are read right.

    model: scores for each class; at home before and after every visit.   opt: plain SGD over
    its parameters.
    batches: pairs of pointers (images, labels), each pair at one owner.   loss:
    F.cross_entropy.
    test: a pair (images, labels), here with you: nobody else receives one of them.
    An owner receives the parameters, and no gradients. Home comes the model, and nothing else.
    returns: a Python float from 0 to 1. The answer for an image is the class with the largest
    score.
    >>> 0 <= visit_and_score(model, opt, list(loader), (images[:50], labels[:50])) <= 1
    True
    """
    for images, labels in batches:
        ...
    images, labels = test
    ...
'''
    hints = (
        "The training is the federated loop of notebook 02. The test needs no owner: model and images are both here.",
        "`images.location` is where a batch is; `model(images).argmax(dim=1)` gives an answer for each image.",
        "zero_grad → send → loss → backward → step → get; then (… == labels).float().mean().item()",
    )
    success = "Weights as in plain torch, a step at each batch's owner, and the test images never left you."
    says = """
test-federated    During {call}, {numbers} (`{what}`) went to {receiver}; expected the parameters. Test images were
                  among them: whoever has them could train on them, and then the score says nothing.
                  -> Where is the model when the visits are over?
gradients-travel  {call} brought {numbers} to {receiver}; expected {allowed}: the parameters. The rest is gradients of
                  the owner before, or zeros in their place.
                  -> What should a model leave behind before it travels?
owner-to-owner    During {call}, {numbers} went straight from {sender} to {receiver}: a model with its gradients, which
                  tell about {sender}'s images.
                  -> How does the model come from one visit to the next?
rows-home         During {call}, {numbers} came home from {sender}; expected {allowed}: the model, once a visit. The
                  images and what was computed from them are {sender}'s.
                  -> What else do you get, besides the model?
more-home         During {call}, `{what}` came home from {owner}, which is no parameter of the model. A loss, a count
                  or a score tells about {owner}'s images, too.
                  -> What else do you get, besides the model?
model-away        After {call} the model is still at {at}: the next pass cannot send it, and {at} decides whether you
                  ever see what all of them taught it.
                  -> What has to happen at the end of every visit, the last one included?
unvisited         During {call}, {owner} received {sent} numbers; expected {expected}: an owner whose batches are
                  skipped has no say in the model.
                  -> Where does the loop end, and what stands inside it?
step-at-home      During {call} the gradients of {owner} came home, and nobody asked {owner} for a step. The step
                  belongs to the owner, who may want to bound what it gives away.
                  -> In which order do `step` and `get` stand?
not-trained       After {call} the model is what it was: no step has changed it.
                  -> Does the optimizer hold the parameters of this model, and their gradients when it steps?
before-training   {call} returned {returned}; expected {right}. That is the score of the model before its visits.
                  -> When is the test made?
not-a-share       {call} returned {returned}; expected {right}: the share of the test images, so that tests of
                  different size can be compared.
                  -> By what must the number of right answers be divided?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        a, b, c = draw.people(3)
        return [
            _question(draw, [a, b, a], [3, 2, 4], channels=1, classes=3, rate=0.1),
            _question(draw, [c, b], [4, 4], channels=2, classes=2, rate=0.25),
            _question(draw, [a, b, c, b], [2, 3, 1, 2], channels=2, classes=4, rate=0.05),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        model = cnn(question["weights"])
        opt = optim.SGD(model.parameters(), lr=question["rate"])
        answer(model, opt, real(question["batches"]), real(question["test"]))
        place: Any = model.location
        return {"model": observe(model)["state"], "at": str(place.id)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        owners, size = question["owners"], size_of(question["weights"])
        trained, right, mistakes = _replay(question)
        yield from _travels(call, owners, size, len(question["test"][1]))
        parameters = {shape_of(value) for value in question["weights"]}
        for row in evidence.values_to(call["messages"], "me"):
            more = [part for part in row["detail"].split(", ") if part not in parameters]
            yield bool(more), "more-home", {"what": ", ".join(more), "owner": row["sender"]}
        yield call["at"] != "me", "model-away"
        times: Counter[str] = Counter(owners)
        for owner in times:
            rows = [row for row in call["messages"] if row["receiver"] == owner]
            sent = sum(row["numbers"] for row in rows if row["sender"] == "me")
            facts = {"owner": owner, "sent": sent, "expected": times[owner] * size}
            yield sent < facts["expected"], "unvisited", facts
            stepped = any(row["kind"] == "assign" or row["op"].endswith("_") for row in rows)
            backward = any(row["op"] == "backward" for row in rows)
            yield backward and not stepped, "step-at-home", {"owner": owner}
        yield evidence.returned_a(call, float, "a Python float")
        before = tensors_of(cnn(question["weights"]))
        yield all(same(call["model"].get(name), x) for name, x in before.items()), "not-trained"
        for name, value in trained.items():
            what = f"the parameter {name} became"
            yield evidence.equals(call, value, value=call["model"].get(name), what=what, tolerance=evidence.TRAINED)
        yield evidence.equals(call, right, mistakes, tolerance=evidence.SUMMED)
        yield evidence.inputs_unchanged(call, 2, 3)


def _question(draw: Draw, owners: list[str], rows: list[int], channels: int, classes: int, rate: float) -> Question:
    """A batch of so many rows for each visit, and images for a test."""
    shapes = [(channels, 1, 3, 3), (channels,), (classes, 4 * channels), (classes,)]
    return {
        "weights": [draw.normal(*shape) / 2 for shape in shapes],
        "owners": owners,
        "rate": rate,
        "batches": [
            at(owner, (draw.normal(n, 1, 4, 4), draw.integers(n, low=0, high=classes - 1)))
            for owner, n in zip(owners, rows, strict=True)
        ],
        "test": (draw.normal(12, 1, 4, 4), draw.integers(12, low=0, high=classes - 1)),
    }


def _travels(call: Evidence, owners: list[str], size: int, tested: int) -> Looks:
    """Parameters to the owners, the model home, and nothing else."""
    times = Counter(owners)
    for row in call["messages"]:
        images = row["values"] and row["receiver"] != "me" and f"{tested} x 1 x 4 x 4" in row["detail"]
        facts = {"numbers": f"{row['numbers']} numbers", "what": row["detail"], "receiver": row["receiver"]}
        yield images, "test-federated", facts
    allowed = {("me", owner): count * size for owner, count in times.items()}
    home = {(owner, "me"): 2 * count * size for owner, count in times.items()}  # with its gradients
    between: dict[Any, str] = {(a, b): "owner-to-owner" for a in times for b in times}
    tags: dict[Any, str] = {"me": "rows-home", **dict.fromkeys(allowed, "gradients-travel"), **between}
    yield evidence.only_travels(call, allowed | home, tags=tags)


def _replay(question: Question) -> tuple[dict[str, Plain], float, dict[str, Any]]:
    """The trained parameters, the score, and the values of known mistakes, in plain torch."""
    model = cnn(question["weights"])
    images, labels = question["test"]
    before = read_right(model, images, labels)
    opt = optim.SGD(model.parameters(), lr=question["rate"])
    for batch in question["batches"]:
        x, y = (half.value for half in batch)
        opt.zero_grad()
        loss: Any = F.cross_entropy(model(x), y)
        loss.backward()
        opt.step()
    right = read_right(model, images, labels)
    mistakes = {
        "before-training": before,
        "not-a-share": evidence.any_of(right * len(labels), 100 * right),
    }
    return tensors_of(model), right, mistakes
