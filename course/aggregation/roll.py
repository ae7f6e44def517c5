"""The roll: which clients of an aggregation are still there, and what became of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from course.errors import RangeBudgetError, TooFewUpdatesError

__all__ = ["FEWEST", "Note", "Roll"]

T = TypeVar("T")
Note = Callable[[Any, Exception | None], object]  # told who left, and with which error, None for one who left as asked

FEWEST = 3  # of two updates each client would get the other one: the sum minus its own
WHY_THREE = "each of two clients learns what the other one sent, which is the sum minus its own; nothing can hide that"
WHY_MANY = (
    "the threshold is what makes masks safe: with fewer answers the masks of those who left cannot come off, and the "
    "clients who are left refuse to unmask a sum of so few"
)


class Roll:
    """Who is still there.

    clients: the names. needed: with fewer of them than that the aggregation ends. leaves: for an experiment, who leaves
    before which of `steps`. note: called for each one who leaves.

    Raises TooFewUpdatesError for fewer than three clients, ValueError for a name or a step in `leaves` that is none.
    """

    def __init__(
        self,
        clients: list[Any],
        needed: int,
        steps: tuple[str, ...],
        leaves: Mapping[Any, str] | None = None,
        note: Note | None = None,
    ) -> None:
        self.clients, self.needed, self.leaves, self.note = clients, needed, leaves or {}, note
        for client, step in self.leaves.items():
            if client not in clients or step not in steps:
                known = f"steps {', '.join(steps)}, and clients {', '.join(map(str, clients))}"
                raise ValueError(f"leaves={{{client!r}: {step!r}}} names no client or no step: there are the {known}")
        if len(clients) < FEWEST:
            raise TooFewUpdatesError(
                f"Secure aggregation is asked for with {len(clients)} clients", WHY_THREE,
                f"Let at least {FEWEST} clients take part",
            )  # fmt: skip
        self.there = list(range(len(clients)))
        self.left: list[str] = []
        self.error: Exception | None = None

    def ask(self, step: str, do: Callable[[int], T]) -> dict[int, T]:
        """This step at everybody who is still there, by place. Whoever fails, or leaves before it, is there no more.

        TooFewUpdatesError if too few are left. RangeBudgetError goes through: that is no accident of one client.
        """
        done: dict[int, T] = {}
        for place in self.there:
            client, error = self.clients[place], None
            if self.leaves.get(client) != step:
                try:
                    done[place] = do(place)
                    continue
                except RangeBudgetError:
                    raise  # the settings do not fit the numbers: for everybody to know
                except Exception as mistake:  # noqa: BLE001  whatever went wrong there, the others go on
                    error = mistake
            self.left.append(f"{client} before {step!r}" if error is None else f"{client} at {step!r}")
            self.error = self.error or error
            if self.note is not None:
                self.note(client, error)
        self.there = list(done)
        if len(done) < self.needed:
            raise self.too_few() from self.error
        return done

    def too_few(self) -> TooFewUpdatesError:
        first = "" if self.error is None else f"; the first error was {type(self.error).__name__}"
        return TooFewUpdatesError(
            f"{len(self.there)} of {len(self.clients)} clients are left and {self.needed} are needed (gone: "
            f"{', '.join(self.left)}{first})",
            WHY_THREE if self.needed == FEWEST else WHY_MANY,
            "Run the round again with those who are there; everybody draws new masks",
        )
