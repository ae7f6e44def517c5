"""Exercise 05.3: rounds of federated averaging at an aggregator."""

from __future__ import annotations

from itertools import count
from typing import Any

import torch
from torch import nn, optim

from course.exercises.nb05.at_home import mistakes, network, not_trained, own_copy, shapes, trained
from course.learn import evidence
from course.learn.asking import at, people, real, strangers, worker
from course.learn.difference import alike, kind
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Verdict, Watched, observe, register
from course.learn.words import plural


@register
class TrainInRounds(Exercise):
    id = "05.3"
    title = "rounds at an aggregator"
    minutes, points = 12, 4
    objective = "run rounds in which you see one average and nobody's own model"
    promises = ("private", "tidy", "bounded")
    stub = '''
def train_in_rounds(
    new_model, shards: list, aggregator, rounds: int, steps: int, rate: float
) -> nn.Module:
    """Federated averaging: in each round every owner trains a copy of the model, and the
    aggregator averages them.

    new_model: a function; `new_model()` makes the network, with random parameters, here.
    shards: pairs of pointers (inputs, labels), each pair at another owner; the rows stay there.
    steps: how many plain SGD steps at `rate` each owner takes in a round, each on all rows of
    the owner (F.nll_loss).
    The average weighs each copy by its owner's rows; the next round begins with it.
    returns: the model after the last round, here. You see one average a round and nothing else.
        The aggregator sees each owner's trained parameters, no gradients. No owner sees
        another's. No store keeps anything.
    >>> model = train_in_rounds(tiny, tiny_shards(), aggregator, rounds=2, steps=1, rate=0.1)
    >>> len(list(model.parameters()))
    2
    """
    raise NotImplementedError
'''
    hints = (
        "What is made once, what in each round, what at each owner? Write three nested loops: rounds, owners, steps.",
        "A copy goes to `x.location`, is trained there, clears its gradients and moves to the aggregator; "
        "`len(x)` is a shape, so it may be known.",
        "for each owner: trained[….id], weights[….id] = ….move(…), len(…); for each round: ….federated_avg(…, …).get()",
    )
    success = "Two to five rounds, owners with one to four rows: as in plain torch, and you saw one average a round."
    advice = {"TensorsNotCollocatedException": "Rows stay with their owner; trained copies meet at the aggregator."}
    raises = {"ModelAlreadySentError": "one-model"}
    says = """
one-model      In line {line}, {call} sends out a model that is with somebody already. A model is in one place: every
               owner needs one to train.
               -> What makes another model with the same numbers?
came-home      During {call}, {numbers} went from {sender}, an owner, to you; expected {allowed}. A single owner's
               model, or a loss, tells about the rows behind it.
               -> Who should receive a trained copy?
opened-more    During {call}, {numbers} went from {sender} to you; expected {allowed}: one average a round. Whatever
               else you open was somebody's own.
               -> What has to happen before anything comes home?
own-copy       During {call}, what came to you holds the `{name}` of {owner}'s own copy in round {round}, in place of an
               average. Only the aggregator was to see it.
               -> What do you bring home before the mean is made?
at-an-owner    During {call}, {numbers} went from {sender} to {receiver}, an owner, who can now work out what somebody
               else's rows have taught.
               -> From where does each owner's copy come?
gradients-too  During {call}, {numbers} went from {sender} to the aggregator; expected {allowed}. Half of them are
               gradients. Nobody promised those, and the gradient of a single row gives the row away.
               -> What should a model leave behind before it moves?
too-much       During {call}, {numbers} went from {sender} to {receiver}; expected {allowed}. What is more than the
               models comes from somebody's rows, or is the rows themselves.
               -> Which line sends something besides a model?
never-asked    During {call} no message went to {owner}: whoever is left out has no say in what is decided about people
               like them.
               -> Which owner does your loop miss?
other-handed   During {call}, {handed} numbers went from {owner} to the aggregator; expected {most}: one trained copy in
               each round, and never the rows, which are {owner}'s alone.
               -> What does an owner hand over, and how often?
not-trained-copy  During {call}, what {owner} handed to the aggregator is as long as a model, and holds other numbers
               than {owner}'s trained parameters. Whatever they are, rows among them, the aggregator has them now.
               -> Where is a copy trained, and what does its owner hand over?
not-a-model    {call} returned {what}; expected the model, here with you: whoever decides with it needs its parameters.
               -> What does the last line return, and where is it?
created-anew   {call} made {made} new models for {rounds}: each of them forgets what all owners have taught so far, and
               no round gets further than the first.
               -> Which line belongs before the loop?
untrained      {call} returned the model as `new_model()` had made it: nobody's rows taught it anything.
               -> Which model do the steps change, and which one is averaged and returned?
first-only     {call} returned what a single round leads to, for {rounds}: every round sent out the first model again,
               and the owners worked in vain.
               -> What should the next round send out?
stale          {call} averaged the copies of all rounds so far: what owners knew at the beginning holds back what they
               know now, and old copies stay at the aggregator.
               -> Where does a round's dict begin?
unweighted     {call} returned the plain mean of the copies: a row of somebody who holds four counts a quarter of the
               row of somebody who holds one.
               -> What does `len(x)` tell, and who needs it?
one-left       {call} asked every owner, and one owner's copy is not in the average: these rows were used, and have no
               say.
               -> Which copies reach `federated_avg`?
one-step       {call} returned what one step a round leads to; expected {steps}: more rounds, and more traffic, for the
               same model.
               -> What does the innermost loop repeat?
not-cleared    {call} returned what uncleared gradients lead to: each step repeats all steps before it, so early rows
               count again and again.
               -> What stands before `backward`?
piles-up       {call} returned the right model. But with each round {worker} held more of what the loop had made,
               {held} numbers: old models stay readable there.
               -> Which list or dict outlives its round?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        asked = [(2, 1, 2, [1, 3]), (2, 3, 1, [2, 1, 4]), (5, 1, 2, [3, 1])]
        return [_question(draw, *one) for one in asked]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        others = strangers(people(question["args"]))
        made, starts = count(), question["starts"]

        def new_model() -> nn.Module:
            return network(starts[next(made) % len(starts)])

        # the first optimizer of a process imports much of torch, and an answer has two seconds
        optim.SGD(network(starts[0]).parameters(), lr=1.0)
        answer.keeps, answer.follows = True, (question["args"][1].text,)
        answer(new_model, *real(question["args"]))
        return {"strangers": observe(others), "made": next(made)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        shards, _, rounds, steps, rate = evidence.far_end(question["args"])
        owners, aggregator = question["owners"], question["args"][1].text
        asked: Any = (question["starts"][0], shards, rounds, steps, rate)
        model, right = call["returned"], trained(*asked)
        most = rounds * sum(tensor.numel() for tensor in right.values())
        yield {"made": call["made"], "rounds": plural(rounds, "round"), "steps": plural(steps, "step")}
        yield _travels(call, question, most)
        for owner in owners:
            yield all(row["receiver"] != owner for row in call["messages"]), "never-asked", {"owner": owner}
            handed = _numbers(call, owner, aggregator)
            yield handed != most, "other-handed", {"owner": owner, "handed": handed, "most": most}
        yield evidence.spares_strangers(call)
        yield evidence.still_there(call, 1)
        is_model = isinstance(model, dict) and model.keys() == {"module", "state"}
        here = is_model and all(isinstance(tensor, torch.Tensor) for tensor in model["state"].values())
        yield not here, "not-a-model", {"what": "a model that is not here" if is_model else kind(model)}
        known = alike(model["state"], right, evidence.TRAINED)
        yield not known and call["made"] > 1, "created-anew"
        yield evidence.equals(
            call,
            right,
            {} if known else mistakes(*asked),
            value=model["state"],
            what="the parameters are",
            tolerance=evidence.TRAINED,
            because="so does the same program in plain torch, with all rows at home",
            next="Do one round for one owner by hand, with this rate and all its rows: where does yours differ?",
        )
        at, name, number = own_copy(call["arrived"], *asked) or (0, "", 0)
        yield bool(number), "own-copy", {"owner": owners[at], "name": name, "round": number}
        handed_over = [[x for sender, _, x in call["handed"] if sender == owner] for owner in owners]
        other = not_trained(handed_over, *asked)
        yield other is not None, "not-trained-copy", {"owner": owners[other or 0]}
        yield evidence.inputs_unchanged(call, 1, because="the rows are their owner's")
        yield evidence.leaves(call, (aggregator, *owners))
        for place in (aggregator, *owners):
            held = evidence.piles_up(call, place)
            yield bool(held), "piles-up", {"worker": place, "held": ", then ".join(map(str, held))}


def _numbers(call: Evidence, sender: str, receiver: str) -> int:
    """How many numbers went from one to the other."""
    return sum(row["numbers"] for row in call["messages"] if (row["sender"], row["receiver"]) == (sender, receiver))


def _travels(call: Evidence, question: Question, most: int) -> Verdict | None:
    """In each round: the model to every owner, a trained copy from each to the aggregator, one average home."""
    owners, aggregator, rounds = question["owners"], question["args"][1].text, question["args"][2]
    weights = 2 * rounds * len(owners) * len(question["starts"][0])  # float64, for each parameter, if sent along
    allowed = {("me", place): most + weights for place in (aggregator, *owners)}  # averages: you have nothing else
    allowed |= {(owner, aggregator): most for owner in owners} | {(aggregator, owner): most for owner in owners}
    allowed[aggregator, "me"] = most
    tags: dict[Any, str] = {(a, b): "at-an-owner" for a in owners for b in owners}
    tags |= {(owner, "me"): "came-home" for owner in owners} | {(aggregator, "me"): "opened-more"}
    for owner in owners:
        handed = _numbers(call, owner, aggregator)
        tags[owner, aggregator] = "gradients-too" if handed == 2 * most else "too-much"
        tags["me", owner] = tags[aggregator, owner] = "too-much"
    return evidence.only_travels(call, allowed, tags=tags)


def _question(draw: Draw, rounds: int, steps: int, width: int, rows: list[int]) -> Question:
    inputs = draw.randint(2, 3)
    owners, aggregator = draw.people(len(rows)), draw.third_party()
    shards = [
        at(owner, (draw.normal(n, inputs), torch.tensor([draw.randint(0, 1) for _ in range(n)])))
        for owner, n in zip(owners, rows, strict=True)
    ]
    starts = [{name: draw.normal(*shape) for name, shape in shapes(inputs, width).items()} for _ in range(3)]
    return {"owners": owners, "starts": starts, "args": [shards, worker(aggregator), rounds, steps, 0.5]}
