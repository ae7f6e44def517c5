"""Who gets which rows: ways to divide a data set among clients, from "all alike" to "each knows two digits".

Each way is a true partition: every row goes to exactly one client. It returns a list with a tensor of row numbers for
each client, in rising order, for `federate(dataset, workers, parts)`. What is drawn comes from a generator of its own:
the same seed gives the same parts, and no other random number changes.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from course.errors import FederatedDataError

if TYPE_CHECKING:
    import numpy
    import pandas

__all__ = ["by_label", "by_quantity", "contiguous", "dirichlet", "iid", "label_counts"]


def contiguous(rows: int, clients: int) -> list[torch.Tensor]:
    """The rows in their order, cut into pieces whose lengths differ by one at most; the longer ones come first."""
    rows, clients = checked(rows, clients)
    return list(torch.arange(rows).tensor_split(clients))


def iid(rows: int, clients: int, seed: int = 0) -> list[torch.Tensor]:
    """Independent and identically distributed: the rows are shuffled, then cut into equal pieces."""
    rows, clients = checked(rows, clients)
    return cut(generator(seed).permutation(rows), [len(part) for part in contiguous(rows, clients)])


def by_label(labels: Any, clients: int, shards: int = 2, seed: int = 0) -> list[torch.Tensor]:
    """A few labels each: sort the rows by label, cut them into clients * shards pieces, deal out `shards` to each.

    McMahan et al. 2017 (arXiv 1602.05629), section 3, with 100 clients and two shards each: most clients see two
    labels. Raises FederatedDataError where there are fewer rows than shards.
    """
    import numpy

    labels = column(labels)
    rows, pieces = checked(len(labels), clients * checked(len(labels), shards)[1], "shards")
    order = torch.from_numpy(numpy.argsort(labels, kind="stable"))
    dealt = generator(seed).permutation(pieces).reshape(clients, shards)
    cuts = order.tensor_split(pieces)
    return [torch.cat([cuts[piece] for piece in hand]).sort().values for hand in dealt]


def dirichlet(labels: Any, clients: int, alpha: float, seed: int = 0) -> list[torch.Tensor]:
    """Label skew by one number: each label is shared out in proportions drawn from a Dirichlet(alpha) distribution.

    Hsu et al. 2019 (arXiv 1909.06335). alpha = 100 is nearly IID, alpha = 0.1 gives most of a label to few clients;
    some may get no row at all. Raises FederatedDataError for an alpha that is not positive.
    """
    import numpy

    labels = column(labels)
    _, clients = checked(len(labels), clients, "clients", may_be_empty=True)
    draws = generator(seed)
    parts: list[list[Any]] = [[] for _ in range(clients)]
    for label in numpy.unique(labels):
        rows = draws.permutation(numpy.flatnonzero(labels == label))
        ends = numpy.rint(proportions(draws, clients, alpha).cumsum() * len(rows)).astype(int)
        for part, piece in zip(parts, numpy.array_split(rows, ends[:-1]), strict=True):
            part.append(piece)
    return [torch.from_numpy(numpy.sort(numpy.concatenate(part))) for part in parts]


def by_quantity(rows: int, clients: int, alpha: float, seed: int = 0) -> list[torch.Tensor]:
    """Much for some, little for others: shuffled rows in pieces whose sizes are drawn from a Dirichlet(alpha).

    Every client gets at least one row. Raises FederatedDataError for an alpha that is not positive.
    """
    import numpy

    rows, clients = checked(rows, clients)
    draws = generator(seed)
    ends = numpy.rint(proportions(draws, clients, alpha).cumsum() * (rows - clients)).astype(int)
    ends[-1] = rows - clients
    return cut(draws.permutation(rows), (numpy.diff(ends, prepend=0) + 1).tolist())


def label_counts(parts: Sequence[torch.Tensor], labels: Any, names: Sequence[Any] | None = None) -> pandas.DataFrame:
    """Who holds which labels: a row for each client (called by `names`, else numbered), a column for each label."""
    import numpy
    import pandas

    labels = column(labels)
    kinds = numpy.unique(labels)
    counts = [[int((labels[part.numpy()] == kind).sum()) for kind in kinds] for part in parts]
    index = list(range(len(parts))) if names is None else [str(getattr(name, "id", name)) for name in names]
    return pandas.DataFrame(counts, index=index, columns=kinds.tolist())


# ---- what they share ---------------------------------------------------------------------------------------------


def generator(seed: int) -> numpy.random.Generator:
    import numpy

    return numpy.random.default_rng(seed)


def cut(order: Any, sizes: Sequence[int]) -> list[torch.Tensor]:
    """Pieces of these sizes, each in rising order."""
    return [piece.sort().values for piece in torch.split(torch.as_tensor(order), list(sizes))]


def proportions(draws: numpy.random.Generator, clients: int, alpha: float) -> Any:
    if not alpha > 0:
        raise FederatedDataError(f"alpha is {alpha}, and shares are drawn with an alpha above 0", "Try alpha=0.5")
    return draws.dirichlet([alpha] * clients)


def column(labels: Any) -> Any:
    """Labels as a flat array, whatever they came in."""
    array = torch.as_tensor(labels).detach().cpu().numpy()
    if array.ndim != 1:
        shape = tuple(array.shape)
        raise FederatedDataError(f"labels of shape {shape} are not one label a row", "Flatten them: labels.view(-1)")
    return array


def checked(rows: int, clients: int, what: str = "clients", may_be_empty: bool = False) -> tuple[int, int]:
    """Both as plain numbers. FederatedDataError where some client could not get a single row."""
    rows, clients = operator.index(rows), operator.index(clients)
    if clients < 1 or (rows < clients and not may_be_empty):
        raise FederatedDataError(f"{rows} rows cannot go to {clients} {what}", f"Ask for 1 to {rows} {what}")
    return rows, clients
