"""Exercise 09.4: the end parts go on to the next owner of data."""

from __future__ import annotations

from typing import Any

from torch import nn, optim

from course.exercises.nb09 import parts as net
from course.learn import evidence
from course.learn.difference import alike, kind
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, at, observe, real, register
from course.learn.exercise import worker as worker_named
from course.learn.plain import Other, Plain
from course.learn.words import brief, first_sentence


@register
class Rotate(Exercise):
    id = "09.4"
    title = "the next owner's turn"
    minutes, points = 9, 4
    objective = "hand the end parts to the next owner of data, and let the optimizer follow"
    promises = ("private",)
    stub = '''
def rotate(
    first: nn.Module, last: nn.Module, opt: optim.SGD, owner: sy.VirtualWorker
) -> tuple:
    """Hand the first and the last part over to `owner`, whose turn comes, with an optimizer.

    first, last: at one worker, whose turn is over; their gradients still lie there.
    opt: the SGD of that turn, over both parts, with momentum.
    returns: (first, last, opt): two modules at `owner` with the weights that these have now,
    and an SGD for them that remembers nothing, with opt.defaults["lr"] and ["momentum"].
    Only weights travel, each once, from that worker straight to `owner`: no gradients
    (nor zeros for them: leave None, as `zero_grad()` does). If both are at `owner` already,
    nothing travels.
    >>> [part.location.id for part in rotate(head, tail, opt, claire)[:2]]
    ['claire', 'claire']
    """
    raise NotImplementedError
'''
    hints = (
        "Three things know about the rows of a turn: the weights, their gradients, and the optimizer's momentum. "
        "Only the weights go on.",
        "`zero_grad()` leaves None, which does not travel. An optimizer steps the parameters that it was made of.",
        "for each part: ….zero_grad(); ….move(owner). Then optim.SGD([*first.parameters(), …], lr=…, momentum=…)",
    )
    success = "Weights went straight on, and nothing else. The next owner's steps are those of a fresh optimizer."
    says = """
came-home    {found}. These weights have learned from {sender}'s rows, and you would see them.
             -> What takes a module from one worker to another without you?
gradients    During {call}, {numbers} went from {worker} to {owner}; expected {allowed}: the weights. There is
             room for gradients of {worker}'s rows, or zeros in their place, or the weights twice, or as float64.
             -> What should a part leave behind before it goes on, and how does it travel?
from-you     {found}. {owner} would begin with what came from you. The weights of this turn are at {worker}.
             -> Which modules travel, and from whom?
shown        {found}. Only {owner} has to get the parts.
             -> Which line makes them travel there?
no-triple    {call} returned {what}; expected two modules and an SGD.
             -> What does the last line return, and in which order?
not-there    The {which} part is at {place}; expected it at {owner}, who could not begin the turn.
             -> Which parts does your function hand over, and which does it return?
other-weights  The {which} part has the weights {seen}; expected {due}: what {worker}'s rows taught it would be lost.
             -> Which line makes weights anew?
stuck        In the next turn a step stopped: {message}
             -> Which parameters does your optimizer have, and where are they?
stood-still  After two steps of the next turn, both parts are what they were: your optimizer steps other parameters
             than those that you return.
             -> Of which modules was the optimizer made, and when?
half         After two steps of the next turn, the {which} part is what it was: the optimizer does not know it.
             -> Of whose parameters is it made?
memory       The next turn's steps go on with the momentum of the turn before: {worker}'s gradients move the model at
             {owner}, and they travelled there with the first step.
             -> Which optimizer remembers nothing?
settings     Your SGD has lr={has_lr} and momentum={has_momentum}; expected {lr} and {momentum}, as `opt` has.
             -> Where does `opt` say what it was made with?
wrong-step   After two steps of the next turn, the {which} part is {seen}; expected {due}, as from a fresh SGD with
             {lr} and {momentum}.
             -> What do your optimizer's steps depend on, besides gradients?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        a, b, _ = draw.people(3)
        return [_question(draw, a, b), _question(draw, b, a), _question(draw, a, a)]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        first, last = net.sent(question["weights"], [question["worker"]] * 2)
        opt = _sgd([first, last], question)
        _turn(first, last, opt, *real(question["turns"][0]))
        now = _state(first, last)
        (owner,) = real([worker_named(question["owner"])])
        result = answer(first, last, opt, owner)
        if not isinstance(result, list | tuple) or len(result) != 3:
            return {}
        first, last, opt = result
        there = [str(getattr(getattr(part, "location", None), "id", "me")) for part in (first, last)]
        found: Evidence = {"now": now, "there": there, "at_turn": _state(first, last), "stopped": ""}
        groups = opt.param_groups if isinstance(opt, optim.SGD) else ()
        found["settings"] = [[float(group["lr"]), float(group["momentum"])] for group in groups]
        try:
            for turn in question["turns"][1:]:
                _turn(first, last, opt, *real(turn))
        except Exception as error:  # noqa: BLE001  what the optimizer steps is the student's: whatever comes is evidence
            found["stopped"] = first_sentence(str(error))
        return {**found, "trained": _state(first, last)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        worker, owner = question["worker"], question["owner"]
        yield {"lr": f"lr={question['lr']}", "momentum": f"momentum={question['momentum']}"}
        size = sum(tensor.numel() for pair in question["weights"] for tensor in pair)
        allowed = {(worker, owner): size}
        tags: dict[Any, str] = {"me": "came-home", (worker, owner): "gradients", ("me", owner): "from-you"}
        yield evidence.only_travels(call, allowed if worker != owner else {}, tags=tags, tag="shown")
        triple = evidence.returned_a(call, (dict, dict, Other), "two modules and an SGD")
        yield triple is not None or call["returned"][2].type != "SGD", "no-triple", {"what": kind(call["returned"])}
        for which, place in zip(("first", "last"), call["there"], strict=True):
            yield place != owner, "not-there", {"which": which, "place": "home, with you" if place == "me" else place}
        for n, (seen, due) in enumerate(zip(call["at_turn"], call["now"], strict=True)):
            facts = {"which": ("first", "last")[n // 2], "seen": seen, "due": due}
            yield not alike(seen, due), "other-weights", facts
        yield call["stopped"] != "", "stuck", {"message": call["stopped"]}
        for lr, momentum in call["settings"]:
            facts = {"has_lr": brief(lr), "has_momentum": brief(momentum)}
            yield [lr, momentum] != [question["lr"], question["momentum"]], "settings", facts
        right, mistakes = _replayed(question)
        seen = call["trained"]
        still = [alike(seen[2 * n : 2 * n + 2], call["now"][2 * n : 2 * n + 2]) for n in (0, 1)]
        yield all(still), "stood-still"
        yield any(still), "half", {"which": "first" if still[0] else "last"}
        yield from evidence.leads_to(call, right, mistakes, value=seen, tolerance=evidence.TRAINED)
        for n, (one, due) in enumerate(zip(seen, right, strict=True)):
            facts = {"which": ("first", "last")[n // 2], "seen": one, "due": due}
            yield not alike(one, due, evidence.TRAINED), "wrong-step", facts


def _question(draw: Draw, worker: str, owner: str) -> Question:
    """Two parts at `worker`; rows of a turn there, and of two steps at `owner`."""
    turns = [at(place, (draw.normal(3, 2), draw.normal(3, 1))) for place in (worker, owner, owner)]
    settings = {"lr": draw.choice([0.02, 0.04]), "momentum": draw.choice([0.6, 0.9])}
    return {"worker": worker, "owner": owner, "weights": net.drawn(draw, [2, 3, 1]), "turns": turns, **settings}


def _sgd(parts: list[Any], question: Question) -> optim.SGD:
    return optim.SGD(net.parameters_of(parts), lr=question["lr"], momentum=question["momentum"])


def _turn(first: Any, last: Any, opt: Any, x: Any, y: Any) -> None:
    """One step on these rows, wherever they are."""
    opt.zero_grad()
    net.squared(last(first(x)), y).backward()
    opt.step()


def _state(*parts: Any) -> list[Plain]:
    """Weights and biases of both, wherever they are."""
    states = [observe(part)["state"] for part in parts if isinstance(part, nn.Module)]
    return [evidence.far_end(value) for state in states for value in state.values()]


def _replayed(question: Question) -> tuple[list[Plain], dict[str, Any]]:
    """The weights after the turns in plain torch, with a fresh SGD; those of known mistakes."""

    def after(fresh: bool) -> list[Plain]:
        first, last = net.made(question["weights"])
        opt = _sgd([first, last], question)
        for n, turn in enumerate(question["turns"]):
            opt = _sgd([first, last], question) if n == 1 and fresh else opt
            _turn(first, last, opt, *evidence.far_end(turn))
        return _state(first, last)

    return after(fresh=True), {"memory": after(fresh=False)}
