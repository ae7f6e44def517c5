"""Have code run at a seat as the judge has answers called: by the real protocol, without an exercise."""

import inspect
import textwrap
import time

from course.grade.cage import Cage
from course.seat.answering import Answering
from course.seat.wire import Ended, Garbled, Late, Line

# A call without arguments, by the names of its parts; what else there is says whether to do more, and is False.
CALL = {"number": 0, "workers": ["me"], "states": [None, None, None], "args": [], "kwargs": [], "changes": []}
PARTS = [CALL.get(name, False) for name in list(inspect.signature(Answering.call).parameters)[1:]]


def run(cage: Cage, code: str, seconds: float = 60) -> str | None:
    """What the code left in `out`, as text, or the error that it raised; None where the process ended without a word.

    "late" where it says nothing in that time, "garbled" where it says what cannot be.
    """
    with cage.fork() as end:
        line = Line(end)
        until = time.monotonic() + seconds
        answer = f"def answer():\n{textwrap.indent(textwrap.dedent(code), '    ')}\n    return str(locals().get('out'))"
        try:
            ask(line, until, "define", "answer", "def answer(): ...", "", [], answer)
            outcome = ask(line, until, "call", *PARTS)[0]
        except Late:
            return "late"
        except Ended:
            return None
        except Garbled:
            return "garbled"
    kind, found = outcome[:2]
    return str(found) if kind == "returned" else f"{found[0]}: {found[1]}"


def ask(line: Line, until: float, *question: object) -> list[object]:
    """What the seat says to a question. Garbled if it is no answer."""
    line.send(["ask", *question], until)
    kind, *said = line.receive(until)
    if kind != "said":
        raise Garbled(str(said))
    return said[0]  # type: ignore[no-any-return]
