"""Exercise 10.5: a coalition test: many games, and a verdict that chance does not explain."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate, combinations
from typing import Any

import torch

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.learn.words import plural
from course.smpc.randomness import SeededForTests
from course.smpc.shares import split as shares_of

SIGMAS = 7  # how far a fair coin is never off, in how often it shows 1 and in how often it changes
SIGMAS_OF_ALL = 6  # ... once for all games of a question


@register
class WhoCanTell(Exercise):
    id = "10.5"
    title = "a coalition test"
    minutes, points = 10, 4
    objective = "test with evidence whether n - 1 shares tell anything about a secret"
    promises = ()
    stub = '''
def who_can_tell(split, attack, secrets: list, n: int, rounds: int) -> list[bool]:
    """Which coalitions, of all holders but one, tell two secrets apart by their shares?

    split: `split(secret, n)` makes a list of n shares. It may be good or bad.
    attack: `attack(shares)` gets the n - 1 shares of a coalition, in the order of the
        holders, and says 0 or 1: which of the two secrets it believes was split.
    secrets: two int64 tensors.
    For each coalition play `rounds` games: toss a coin for which secret is split, split
    it anew, and ask the attack once.
    returns: n bools. Entry k, about all holders but k, is True if its right guesses are
        more than 5 standard deviations from rounds / 2, above it or below: whoever is
        always wrong can tell as well. One standard deviation is (rounds ** 0.5) / 2:
        with 25 rounds or fewer nobody gets beyond 5.
    >>> def says_0(shares): return 0
    >>> secrets = [torch.tensor(9), torch.tensor(3000)]
    >>> who_can_tell(good_split, says_0, secrets, 3, 1000)
    [False, False, False]
    """
    raise NotImplementedError
'''
    hints = (
        "One guess may be luck, and so may ten. Count over many games, each with a coin and a split of its own.",
        "Two loops: over who is left out, and over the games. `shares[:k] + shares[k + 1:]` leaves out holder k.",
        "coin = int(torch.randint(…, ())); right += attack(…) == coin; … .append(abs(right - …) > 5 * …)",
    )
    success = "In every game a new coin and new shares; sure, weak, blind, contrary attacks: each got the verdict due."
    says = """
no-list       {call} returned {what}; expected a list of {n} bools, entry k about all holders but k.
              -> What is known about each coalition at the end?
too-many      In {call} the attack got all {n} shares. Everybody together always knows the secret: that is what shares
              are for.
              -> Who has to be left out?
not-coalition  In {call} the attack got {got}; expected {due}: those of one split, in order, without one holder's.
              -> What does a coalition of all but one hold?
not-asked     {call} asked the coalition without holder {k} {asked}; expected {rounds} games. Whoever is never asked may
              well know the secret.
              -> Which loop is too short?
asked-twice   {call} asked the coalition without holder {k} {asked}; expected {rounds} games. A game is one coin, one
              split and one question.
              -> Which loop is too long, and what does a coin decide?
one-sample    {call} asked the coalition without holder {k} {rounds} times, about {splits}. That is one sample, looked
              at again and again: what chance did there, it does each time.
              -> In which loop is the secret split?
one-secret    In {call} one secret was split in {ones} of {rounds} games. An attack that always says the same is then
              always right, or never.
              -> Who decides which secret is split, and how often?
no-coin       In {call} the secret changed from game to game {changes} times out of {most}: that is no coin. An attack
              that counts games is right each time.
              -> What does a coin know about the game before?
wound-back    In {call} the same coins, game by game, served two coalitions. Whoever has watched one of them knows each
              secret of the other before it is split.
              -> Is a coin tossed in each game, or did a seed wind it back?
counted-ones  {call} said {seen} for the coalition without holder {k}. So it is if each guess of 1 counts: the attack
              said 1 in {ones} of {rounds} games, and was right in {right}.
              -> With what has a guess to be compared?
above-half    {call} said {seen} for the coalition without holder {k}: {right} right guesses of {rounds}. That is within
              5 standard deviations, so chance does it, too.
              -> From how many right guesses on is it no chance?
not-reset     {call} said {seen} for the coalition without holder {k}: {right} right guesses of {rounds}. So it is if
              the coalitions before it count, too: {sum_so_far} guesses.
              -> With which number does each coalition begin?
one-sided     {call} said {seen} for the coalition without holder {k}: {right} right guesses of {rounds}. Whoever
              says the opposite of that attack is right {turned} times.
              -> How far is it from half, in either direction?
wrong-bar     {call} said {seen} for the coalition without holder {k}: {right} right guesses of {rounds}, {away}
              standard deviations from half. The text draws the line above 5.
              -> How large is one standard deviation?
turned        {call} returned {said}; expected {expected}. The coalitions are in another order.
              -> Whom does entry 0 leave out?
wrong-verdict  {call} said {seen} for the coalition without holder {k}: {right} right guesses of {rounds}, {away}
              standard deviations from half.
              -> Write down the count for this coalition: what does your line make of it?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        near = draw.sample([[19, 25], [3, 4], [1, 4], [6, 25], [3, 5]], 5)  # of 100: 5 deviations are 25
        return [
            _question(draw, 3, 100, bare=draw.randint(0, 2)),
            _question(draw, 4, 100, hits=[[6, 25], [6, 25], [1, 1], [3, 5]]),  # the first two add up to half
            _question(draw, 5, 100, hits=near),
            _question(draw, 2, 20, hits=[[1, 1], [0, 1]]),
            _question(draw, 4, 100, hits=draw.sample([[1, 1], [1, 50], [1, 2], [22, 25]], 4)),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        table = Table(question)
        secrets = [one.clone() for one in question["secrets"]]
        answer(table.split, table.attack, secrets, question["n"], question["rounds"])
        return {"games": table.games, "odd": table.odd}

    def looks(self, question: Question, call: Evidence) -> Looks:
        n, rounds, odd = question["n"], question["rounds"], call["odd"]
        yield evidence.inputs_unchanged(call, 2, because="other tests use these secrets")
        yield odd == n, "too-many"
        got = _shares(odd) if odd != n - 1 else "them in another order, or of several splits"
        yield odd is not None, "not-coalition", {"got": got, "due": _shares(n - 1)}
        form = evidence.returned_a(call, [bool], "a list of bools")
        what = form.facts["what"] if form else f"a list of {len(call['returned'])}"
        yield form is not None or len(call["returned"]) != n, "no-list", {"what": what}
        games = [[game for game in call["games"] if game[0] == k] for k in range(n)]
        for k, own in enumerate(games):
            asked = {"k": k, "asked": plural(len(own), "time")}
            yield len(own) < rounds, "not-asked", asked
            yield len(own) > rounds, "asked-twice", asked
            splits = len({game[1] for game in own})
            facts = {"k": k, "splits": f"{splits} split{'s' * (splits != 1)}"}
            yield splits < rounds, "one-sample", facts
            ones, changes = _coin(own)
            fair = SIGMAS * rounds**0.5 / 2
            yield abs(ones - rounds / 2) > fair, "one-secret", {"ones": max(ones, rounds - ones)}
            yield abs(changes - (rounds - 1) / 2) > fair, "no-coin", {"changes": changes, "most": rounds - 1}
        sides = {game[1]: game[2] for game in call["games"]}  # of each split, whoever was asked about it
        ones, most = sum(sides.values()), len(sides)
        lean = {"ones": max(ones, most - ones), "rounds": most}
        yield abs(ones - most / 2) > SIGMAS_OF_ALL * most**0.5 / 2, "one-secret", lean
        rows = [([game[1] for game in own], [game[2] for game in own]) for own in games]
        alike = any(a[1] == b[1] and a[0] != b[0] for a, b in combinations(rows, 2))
        yield alike and rounds >= 100, "wound-back"
        right = [sum(game[2] == game[3] for game in own) for own in games]
        expected = _verdicts(right, rounds)
        seen = call["returned"]
        yield {"expected": f"{expected}", "said": f"{seen}"}
        yield seen == expected[::-1] != expected, "turned"
        so_far = list(accumulate(right))
        for k in range(n):
            carried = _verdicts(so_far, rounds) == seen != [2 * count > rounds for count in right]
            facts = {"k": k, "seen": f"{seen[k]}", "right": right[k], "sum_so_far": so_far[k]}
            yield carried and seen[k] != expected[k], "not-reset", facts
        said_1 = [sum(game[3] for game in own) for own in games]
        for k in range(n):
            facts = {"k": k, "seen": f"{seen[k]}", "right": right[k], "ones": said_1[k]}
            yield any(seen) and seen == _verdicts(said_1, rounds) and seen[k] != expected[k], "counted-ones", facts
        told = []
        for k, (said, due, count) in enumerate(zip(seen, expected, right, strict=True)):
            away = abs(2 * count - rounds) / rounds**0.5
            facts = {"k": k, "seen": f"{said}", "right": count, "away": f"{away:.3g}", "turned": rounds - count}
            yield said and not due and away < 5, "above-half", facts
            told.append((said, due, count, away, facts))
        upper = all(said for said, due, count, *_ in told if due and 2 * count > rounds)
        for said, due, count, away, facts in told:
            yield upper and due and not said and 2 * count < rounds, "one-sided", facts
            yield said != due and 2.5 <= away <= 10, "wrong-bar", facts
            yield said != due, "wrong-verdict", facts


def _verdicts(right: list[int], rounds: int) -> list[bool]:
    """For each number of right guesses, whether it is more than 5 standard deviations from half."""
    return [abs(2 * count - rounds) > 5 * rounds**0.5 for count in right]


class Table:
    """Where the games are played: it splits, attacks and writes down what happened.

    `games`: (who is left out, number of the split, secret, guess), as asked. `odd`: how many shares the attack got
    when they were no coalition's; None if that never happened.
    """

    def __init__(self, question: Question) -> None:
        self.question = question
        self.games: list[tuple[int, int, int, int]] = []
        self.odd: int | None = None
        self.made: list[tuple[int, list[int]]] = []
        self.where: dict[int, int] = {}  # a share, and in which split it is
        self.asked: Counter[int] = Counter()
        self.draws = SeededForTests(question["seed"])

    def split(self, secret: torch.Tensor, n: int) -> list[torch.Tensor]:
        """Shares; where the question says so, one of them is the secret."""
        bare = self.question["bare"]
        shares = list(shares_of(secret if bare < 0 else torch.zeros_like(secret), n, self.draws))
        if bare >= 0:
            shares[(bare + 1) % n] += shares[bare]
            shares[bare] = secret.clone()
        which = int(secret.item() == self.question["secrets"][1].item())
        numbers = [int(share) for share in shares]
        self.where |= dict.fromkeys(set(numbers) - {int(one) for one in self.question["secrets"]}, len(self.made))
        self.made.append((which, numbers))
        return shares

    def attack(self, shares: Any) -> int:
        """A guess: what it sees, or, where the question has `hits`, right so many times out of so many."""
        seen = [int(share) for share in shares]
        at = next((self.where[one] for one in seen if one in self.where), None)
        numbers = self.made[at][1] if at is not None else []
        left_out = [k for k in range(len(numbers)) if numbers[:k] + numbers[k + 1 :] == seen]
        if at is None or not left_out:
            self.odd = len(seen)
            return 0
        k, which = left_out[0], self.made[at][0]
        if self.question["hits"]:
            hit, of = self.question["hits"][k]
            guess = which if self.asked[k] % of < hit else 1 - which
        else:
            guess = int(int(self.question["secrets"][1]) in seen)
        self.asked[k] += 1
        self.games.append((k, at, which, guess))
        return guess


def _coin(games: list[Any]) -> tuple[int, int]:
    """How often it showed 1, and how often something else than in the game before."""
    sides = [game[2] for game in games]
    return sum(sides), sum(a != b for a, b in zip(sides, sides[1:], strict=False))


def _shares(count: int | None) -> str:
    return f"{count} share{'s' * (count != 1)}"


def _question(draw: Draw, n: int, rounds: int, bare: int = -1, hits: Any = ()) -> Question:
    """`bare`: whose share is the secret itself; `hits`: how often the attack is right, for each coalition."""
    secrets = [draw.integers(low=1, high=99), draw.integers(low=10**6, high=10**7)]
    seed = draw.randint(0, 2**31)
    return {"secrets": secrets, "n": n, "rounds": rounds, "bare": bare, "hits": list(hits), "seed": seed}
