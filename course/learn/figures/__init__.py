"""Figures: who holds what, the messages in time, bytes per party.

    who_holds()                    # everybody, now
    with who_holds():              # before and after, shown when the block ends
        z = x + y
    timeline(log), traffic(log)    # from `with sy.record() as log:` or the whole session
    labels_held(parts, labels)     # a partition, before it is handed out
    pictures({"a digit": tensor})  # numbers as ink, side by side
    clock(10, {"Bob's share": 8, "Claire's share": 5})  # a sum on a ring
    exchange(parties, x=x, y=y)    # what was dealt to holders, and opened; coalition(shares, "bob", "claire")
    curves({"sigmoid": torch.sigmoid}, x=(-5, 5))  # functions, and named points
    funnel({"bits": [1, 0, 1, 1], "pairs": [1, 1]})  # rows, each made from the one above
    keyring(["alice", "bob"], {(0, 1): key})  # which two share a key

Reading order: moments.py (what is drawn, as plain data), snapshot.py (where it comes from: stores and your
variables); then the figures, each named for what it draws: rooms.py (`who_holds`), lanes.py (`timeline`), bars.py
(`traffic`), grid.py (`labels_held`), pixels.py (`pictures`), clock.py, curves.py, exchange.py, funnel.py, keys.py.
Their tools: layout.py (where rooms and arrows go), looks.py (one object), words.py (the same in words), svg.py (text
and shapes).
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import torch

from course import session
from course.data.partitions import label_counts
from course.learn.figures.bars import draw_traffic
from course.learn.figures.clock import draw_clocks
from course.learn.figures.curves import draw_curves
from course.learn.figures.exchange import Part, draw_exchange
from course.learn.figures.funnel import draw_funnel
from course.learn.figures.grid import draw_labels
from course.learn.figures.keys import draw_keyring
from course.learn.figures.lanes import MOST_MESSAGES, draw_timeline
from course.learn.figures.moments import Room
from course.learn.figures.pixels import draw_pictures
from course.learn.figures.rooms import before_and_after, one_moment
from course.learn.figures.snapshot import block_of, snapshot
from course.learn.figures.words import Row, rows_of
from course.smpc.shares import exclusive, total

__all__ = [
    "Figure",
    "WhoHolds",
    "clock",
    "coalition",
    "curves",
    "exchange",
    "funnel",
    "keyring",
    "labels_held",
    "pictures",
    "timeline",
    "traffic",
    "who_holds",
]


DEALT = {"Triple": ("a", "b", "c"), "Square": ("a", "a²"), "QuotientMask": ("r", "-r / scale", "wrap")}


class Figure:
    """A drawing, and the same in words for terminals and screen readers."""

    def __init__(self, svg: str, words: str) -> None:
        self.svg = svg
        self.words = words

    def _repr_html_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return self.words


class WhoHolds(Figure):
    """Who holds what: now, or before and after the block of a `with` statement. It keeps no object alive."""

    def __init__(
        self, names: tuple[str, ...], namespace: dict[str, Any], code: str, used: set[str] | None
    ) -> None:
        self._names, self._code, self._used = names, code, used
        self._before = self._now(namespace)
        self._rows: list[Row] = []
        self._draw(self._before, None)

    def _now(self, namespace: dict[str, Any], before: list[Room] | None = None) -> list[Room]:
        return snapshot(namespace, self._names, self._used, before or ())

    def _draw(self, before: list[Room], after: list[Room] | None) -> None:
        if after is None:
            super().__init__(*one_moment(before, self._names))
        else:
            super().__init__(*before_and_after(before, after, self._rows, self._code, self._names))

    def rows(self) -> list[Row]:
        """The messages of the block, as `timeline` and `traffic` read them."""
        return self._rows

    def __enter__(self) -> WhoHolds:
        self._recording: AbstractContextManager[Any] = session.record()
        self._log = self._recording.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._recording.__exit__(None, None, None)
        self._rows = list(self._log.rows())
        if kind is None:
            self._draw(self._before, self._now(sys._getframe(1).f_globals, self._before))
            _show(self)


def _show(figure: Figure) -> None:
    from IPython.display import display

    display(figure)  # type: ignore[no-untyped-call]


def who_holds(*names: Any) -> WhoHolds:
    """Who holds what. Names are those of your variables (or of workers): only these and what they reach.

    As the last line of a cell it shows the present. In `with who_holds():` it shows the stores before and
    after the block, what the block made or changed in bold, and its messages.

    Raises NameError for a name that is neither a variable nor a worker, and that the block does not make.
    """
    frame = sys._getframe(1)
    code, used = block_of(frame)
    wanted = tuple(str(getattr(name, "id", name)) for name in names)
    known = {*frame.f_globals, *(used or ()), *(str(worker.id) for worker in session.workers())}
    for name in wanted:
        if name not in known:
            raise NameError(f"there is no variable and no worker called {name!r} to draw")
    return WhoHolds(wanted, frame.f_globals, code, used)


def timeline(log: Any = None, *, housekeeping: bool = False, limit: int = MOST_MESSAGES) -> Figure:
    """The messages in time.

    log: a Transcript, its DataFrame, a list of rows or a `who_holds` figure; None: all so far. Messages that
    only keep house (delete, hold, questions about metadata) are folded unless `housekeeping`; so is what is
    more than `limit` lines.
    """
    return Figure(*draw_timeline(_rows(log), housekeeping, limit))


def traffic(log: Any = None) -> Figure:
    """Bytes from each party to each other: messages that carried values hatched, the rest plain.

    log: as in `timeline`.
    """
    return Figure(*draw_traffic(_rows(log)))


def labels_held(parts: Any, labels: Any, names: Any = None) -> Figure:
    """Who holds which labels: a partition as `sy.partitions` makes it, with the label of every row.

    names: what to call the owners (workers, or texts); else they are numbered.
    """
    counts = label_counts(parts, labels, names)
    rows = {str(owner): row.tolist() for owner, row in zip(counts.index, counts.to_numpy(), strict=True)}
    return Figure(*draw_labels(rows, [str(label) for label in counts.columns]))


def pictures(named: Any, most: float = 0.0, line: str = "", compare: bool = True) -> Figure:
    """Tables of numbers side by side, each number a square of ink: {"a digit": 8 x 8, "a guess": 8 x 8}.

    most: the size of a number that is full ink; without it, the largest in each picture. line: what a line is, such as
    "unit"; then the figure numbers the lines, and its words say which are all white. compare: whether the words say how
    far each is from the first; else how much ink each has, and whether all of its lines are alike.
    """
    return Figure(*draw_pictures(named, most, line, compare))


def curves(
    lines: Any,
    x: tuple[float, float],
    points: Any = (),
    y: tuple[float, float] | None = None,
    within: tuple[float, float] | None = None,
) -> Figure:
    """Functions from x[0] to x[1]: {"sigmoid": torch.sigmoid}, four at most; and points by name: {"Alice": (1, 9)}.

    y: from where to where values are drawn; without it all are. within: an interval to mark, by two dashed lines.
    """
    return Figure(*draw_curves(lines, x, dict(points), y, within))


def clock(size: int, *clocks: Any, signed: bool = False) -> Figure:
    """Numbers added up on a ring of `size`, each an arc: clock(10, {"Bob's share": 8, "Claire's share": 5}).

    Several clocks stand side by side. 2**64 is the ring of int64; a number below 0 goes to the left. signed: whether
    the upper half is read as below 0, as in int64: of 100 numbers from -50 to 49.
    """
    return Figure(*draw_clocks(size, [{name: int(move) for name, move in moves.items()} for moves in clocks], signed))


def exchange(parties: Any, since: int = 0, **held: Any) -> Figure:
    """What a dealer handed to each of these parties, and what they opened, from step `since` on.

    parties: Parties with `keep=True`. held: shares that they had before, by name, int64 (holders, *shape).
    """
    had = [Part(name, tuple(shares)) for name, shares in held.items()]
    dealt, opened = list[Part](), list[Part]()
    for step in parties.steps[since:]:
        names = DEALT.get(step.what, ()) if step.kind == "deal" else step.what.split(", ")
        for n, shares in enumerate(step.shares):
            add = total if shares.dtype == torch.int64 else exclusive
            part = Part(names[n] if n < len(names) else f"{step.what} {n + 1}", tuple(shares), add(shares))
            (dealt if step.kind == "deal" else opened).append(part)
    return Figure(*draw_exchange(parties.names, had, dealt, opened))


def coalition(shares: Any, *together: Any) -> Figure:
    """Shares at their holders, {"alice": share, ...}, and what some of the holders, or workers, know together."""
    names = [str(getattr(one, "id", one)) for one in together]
    return Figure(*draw_exchange(list(shares), [Part("", tuple(shares.values()))], together=names))


def funnel(rows: Any) -> Figure:
    """Rows of values, each made from the one above it: {"bits": [1, 0, 1, 1], "pairs": [1, 1], "all": [1]}."""
    return Figure(*draw_funnel({name: list(values) for name, values in rows.items()}))


def keyring(names: Any, pairs: Any, own: Any = (), outside: Any = "") -> Figure:
    """Which two clients share a key, {(0, 1): key, ...} by their places, and which key each has alone.

    names: of the clients, or they themselves, in the order of their places. outside: who has none of these keys.
    """
    people = [str(getattr(one, "id", one)) for one in names]
    return Figure(*draw_keyring(people, dict(pairs), list(own), str(getattr(outside, "id", outside))))


def _rows(log: Any) -> list[Row]:
    return rows_of(session.the_transcript() if log is None else log)
