"""The answer to one exercise: defined once, called whenever the judge asks.

    serve(end)      until the judge hangs up

This process is the student's: what runs here can do to it what it likes. So nothing that is decided here counts. The
judge gets what the function returned, what it raised and where, and what it printed; the rest it has seen itself.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import linecache
import socket
import types
from typing import Any

import torch

from course import session
from course.errors import CourseError, UnknownWorkerError
from course.learn import checking
from course.learn.draws import Draws
from course.learn.watch import describe
from course.seat.crossing import Crossing
from course.seat.desk import Desk
from course.seat.generators import Generators
from course.seat.network import SeatNetwork
from course.seat.wire import Ended, Line
from course.smpc.shared import check_products

__all__ = ["prelude", "serve"]

PRINTED = 4000  # characters that are kept
CELL = "your cell"


def serve(end: socket.socket) -> None:
    """Answer the judge at the other end, until he hangs up."""
    answering = Answering(Line(end))
    with contextlib.suppress(Ended):
        while True:
            answering.desk.serve()


def prelude() -> dict[str, Any]:
    """The names that every notebook has before its first exercise. What more its given cells bring, `others` brings."""
    names: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec("import torch\nimport course as sy\nhook = sy.TorchHook(torch)", names)
    return names


class Answering:
    """One answer."""

    def __init__(self, line: Line) -> None:
        check_products(False)  # as in a notebook's check
        self.desk = Desk(line, {"define": self.define, "call": self.call, "invoke": self.invoke})
        self.names = prelude()
        self.name = ""
        self.session: Any = None
        self.calls: list[Any] = []  # of this session: what crosses in each, and its result: a probe may go on there
        self.random = Generators()

    # ---- the cells -------------------------------------------------------------------------------------------------

    def define(self, name: str, stub: str, given: str, others: list[str], source: str) -> Any:
        """Run the answer's cell, after what earlier cells define. What came of it, for the judge to tell.

        Returns ["ready" | "missing" | "no-function" | "stub" | "failed", whether a `...` is left, what failed].
        """
        self.name = name
        exec(given, self.names)
        for other in others:
            self._define_from(other)
        self.names.pop(name, None)
        linecache.cache[CELL] = (len(source), None, source.splitlines(keepends=True), CELL)
        try:
            cell = compile(source, CELL, "exec")
        except SyntaxError as error:
            return ["failed", False, told({**blank(error), "line": error.lineno or 0, "source": error.text or ""})]
        except (ValueError, RecursionError, MemoryError, OverflowError) as error:
            return ["failed", False, told(blank(error))]
        try:
            with contextlib.redirect_stdout(Printed()):
                exec(cell, self.names)
        except BaseException as error:  # noqa: BLE001  the student's: whatever it raised is told
            failed = told(describe(error, "", self.names))
            # A line that tries the function out, with what other cells made, ran in the notebook; here it cannot.
            if name not in self.names:
                self._define_from(source, CELL)
            if name not in self.names:
                return ["failed", False, failed]
        return [*self._kind(stub), None]

    def _kind(self, stub: str) -> list[Any]:
        answer = self.names.get(self.name)
        if answer is None:
            return ["missing", False]
        if not callable(answer):
            return ["no-function", False]
        code, whole = getattr(answer, "__code__", None), compile(stub, "<stub>", "exec", dont_inherit=True)
        as_given = next(c for c in whole.co_consts if isinstance(c, types.CodeType) and c.co_name == self.name)
        if not isinstance(code, types.CodeType):
            return ["ready", False]
        blank = ... in code.co_consts and ... in as_given.co_consts
        return ["stub" if checking.same_code(code, as_given) else "ready", blank]

    def _define_from(self, source: str, place: str = "another cell") -> None:
        """What a cell of the student's imports and defines: an answer may use it. Its other lines are not run."""
        try:
            lines = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return
        kept = [line for line in lines if isinstance(line, DEFINING)]
        for line in kept:
            with contextlib.suppress(Exception), contextlib.redirect_stdout(Printed()):
                exec(compile(ast.Module([line], []), place, "exec"), self.names)

    # ---- calls -----------------------------------------------------------------------------------------------------

    def call(
        self, number: int, workers: list[str], states: Any, counts: bool, args: Any, kwargs: Any, changes: Any
    ) -> Any:
        """Call the function. `number`: of the judge's session, which is a new one for each question.

        counts: whether to count what it draws, and where from.
        """
        network, draws = self._network(number), Draws(self.names)
        network.know(workers)
        network.backwards += 1
        place = len(self.calls)
        crossing = Crossing(network, False, functools.partial(self._invoke, place))
        self.calls.append([crossing, None])
        values = [crossing.unpack(arg) for arg in args]
        named = {str(key): crossing.unpack(value) for key, value in kwargs}
        crossing.apply(changes)
        self.random.hear(states)
        printed = Printed()
        try:
            with contextlib.redirect_stdout(printed), draws if counts else contextlib.nullcontext():
                result = self.names[self.name](*values, **named)
        except BaseException as error:  # noqa: BLE001  the student's: whatever it raised is told
            failure = told(describe(error, "", self.names))
            facts = list(map(str, error.facts)) if isinstance(error, CourseError) else []
            unknown = facts if isinstance(error, UnknownWorkerError) else None
            del error
            return self._with_changes(crossing, ["raised", failure, unknown], printed, draws)
        self.calls[place][1] = result
        node = crossing.pack(result)
        return self._with_changes(crossing, ["returned", node], printed, draws)

    def _with_changes(self, crossing: Crossing, outcome: list[Any], printed: io.StringIO, draws: Draws) -> Any:
        changes = crossing.changes()
        network: Any = self.session[1]
        dropped, network.dropped = network.dropped, []
        text = printed.getvalue()[:PRINTED].encode("utf-8", "replace").decode()
        return [outcome, changes, crossing.forgotten(), dropped, text, [draws.count, draws.safe], self.random.news()]

    def _network(self, number: int) -> SeatNetwork:
        if self.session is None or self.session[0] != number:
            network = SeatNetwork(session.local_worker, self.desk)
            network.enter()
            self.session, self.calls = (number, network), []
        found: SeatNetwork = self.session[1]
        return found

    def _invoke(self, place: int, key: int, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Call what the judge has under this key since this call."""
        crossing, network = self.calls[place][0], self.session[1]
        packed = crossing.pack_copies(args)
        named = [list(pair) for pair in zip(kwargs, crossing.pack_copies(kwargs.values()), strict=True)]
        dropped, network.dropped = network.dropped, []
        node, changes, workers, states = self.desk.ask(
            "invoke", place, key, method, packed, named,
            crossing.changes(), crossing.forgotten(), dropped, self.random.news(),
        )  # fmt: skip
        network.backwards += 1
        network.know(workers)
        self.random.hear(states)
        result = crossing.unpack(node)
        crossing.apply(changes)
        return result

    def invoke(self, place: int, key: int, method: str, args: Any, workers: list[str], changes: Any) -> Any:
        """The judge calls what is here under this key: a function, a protocol's part, the graph of a tensor."""
        crossing = self.calls[place][0]
        self.session[1].know(workers)
        values = [crossing.unpack(arg) for arg in args]
        crossing.apply(changes)
        thing = crossing.thing(key)
        result = None
        if method == "backward":
            torch.autograd.backward(thing, *values)
        else:
            result = getattr(thing, method or "__call__")(*values)
        node = crossing.pack(result)
        return [node, crossing.changes()]


DEFINING = (
    ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
)


class Printed(io.StringIO):
    """What is printed, the first part of it."""

    def write(self, text: str) -> int:
        room = PRINTED - self.tell()
        return super().write(text[:room]) if room > 0 else len(text)


def blank(error: BaseException) -> dict[str, Any]:
    """A failure, as far as an error tells by itself."""
    known = {"kind": "raised", "error": type(error).__name__, "message": str(getattr(error, "msg", error))[:200]}
    return {**known, "next": "", "line": 0, "source": "", "values": {}, "stub": False}


def told(failure: dict[str, Any]) -> list[Any]:
    """A failure as it crosses."""
    values = [[str(name), str(text)] for name, text in failure["values"].items()]
    texts = [str(failure[name]) for name in ("error", "message", "next", "source")]
    return [*texts, int(failure["line"]), values, bool(failure["stub"])]
