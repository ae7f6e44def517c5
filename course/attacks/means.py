"""One client's update out of means: a mean hides nobody from those who know all the others.

Both give an Update, which the attacks on an update take: input_from_update(update_left_out(...)).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from course.attacks.view import NothingSeenError, Seen, Update, View, check_update, check_view
from course.errors import CourseError

__all__ = ["DifferentStartError", "update_left_out", "update_of_the_rest"]

Tensors = tuple[torch.Tensor, ...]


class DifferentStartError(CourseError, ValueError):
    """Subtracting two rounds that did not begin with the same model."""


def update_left_out(with_all: Update, without: Update, rows_with: int, rows_without: int) -> Update:
    """The update of whoever was in the first of two rounds, and not in the second: differencing.

        with sy.attacks.watch(sy.local_worker) as view: ...     # two runs of one round from the same model
        both, fewer = view.updates("secure_worker")
        sy.attacks.update_left_out(both, fewer, rows_with=653, rows_without=652)

    1. The mean of the first round, times its rows, is the sum over all; the same for the second.
    2. The sums differ by what was left out.

    The other clients must have done the same in both rounds: same start, same settings, no sampling between. The
    attacker sees two means and no update. It works for any number of clients, but rounding grows with it.

    Dwork, Roth 2014, The Algorithmic Foundations of Differential Privacy, section 1.1 (differencing attacks).

    Raises DifferentStartError for rounds that began with different models.
    """
    check_update(with_all, "update_left_out")
    check_update(without, "update_left_out")
    if not all(map(torch.equal, with_all.before, without.before)):
        raise DifferentStartError(
            "These two rounds began with different models, so the others' updates differ too, and the difference of the"
            " means is nobody's. An attacker who may choose hands out the same model twice, once with and once without"
            " the person. Take two updates with the same `before`."
        )
    apart = rows_with - rows_without
    means = zip(with_all.after, without.after, strict=True)
    after = tuple([(rows_with * a.double() - rows_without * b.double()) / apart for a, b in means])
    return Update("whoever was left out", with_all.seen_by, with_all.before, after)


def update_of_the_rest(view: View, aggregator: str, rows: Mapping[str, float], missing: str) -> Update:
    """The update of the one client who does not collude, from the mean that all get back: K - 1 of K.

        with sy.attacks.watch(alice, claire) as view: ...       # two rounds of bob, alice and claire
        sy.attacks.update_of_the_rest(view, "secure_worker", {"bob": 1, "alice": 1, "claire": 1}, missing="bob")

    1. The colluders know the model of the round, and the updates that they sent.
    2. The model of the next round is the mean of all, weighted by rows: mean = sum_k n_k y_k / n.
    3. So n * mean - sum over colluders of n_k y_k is n_i y_i of the one who is missing.

    rows: how many rows each of the K clients has; equal ones for a plain mean. The aggregator may be honest, and the
    sum may be encrypted: this uses only what every client gets.

    Raises NothingSeenError if the view lacks an update of a colluder, or the mean after it.
    """
    sent: dict[str, Tensors] = {}
    before: Tensors = ()
    found: Update | None = None
    for seen in models(check_view(view, "update_of_the_rest"), aggregator):
        if seen.receiver == aggregator:
            sent |= {seen.sender: seen.tensors} if seen.sender in rows else {}
        elif sent.keys() == rows.keys() - {missing}:
            found = Update(missing, view.attackers, before, remainder(seen.tensors, sent, rows, missing))
            before, sent = seen.tensors, {}
        elif not sent:
            before = seen.tensors
    if found is None:
        lacking = [name for name in rows if name not in (missing, *view.attackers)]
        what = f"the updates of {', '.join(lacking)}" if lacking else "the model that came back after their updates"
        raise NothingSeenError(
            f"{view} does not hold {what}. To subtract everybody but {missing} from a mean, the colluders need each"
            f" other's updates and the mean, which comes with the model of the next round: that is why fewer colluders"
            f" learn less. Watch all of them together, for two rounds: with sy.attacks.watch(*colluders) as view: ..."
        )
    return found


def models(view: View, aggregator: str) -> list[Seen]:
    """The models that the attackers exchanged with the aggregator, oldest first."""
    return [seen for seen in view.messages if len(seen.tensors) > 1 and aggregator in (seen.sender, seen.receiver)]


def remainder(mean: Tensors, sent: Mapping[str, Tensors], rows: Mapping[str, float], missing: str) -> Tensors:
    """n * mean - the others, over the rows of the one who is missing."""
    total = [sum(rows.values()) * m.double() for m in mean]
    for name, tensors in sent.items():
        total = [t - rows[name] * tensor.double() for t, tensor in zip(total, tensors, strict=True)]
    return tuple([t / rows[missing] for t in total])
