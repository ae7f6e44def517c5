"""Who asks whom: the same at both ends of the line. While an answer is awaited, questions are answered.

A frame is a list: ["ask", verb, ...] or what is answered to it, ["said", ...] or ["failed", error, facts, notes].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from course.errors import CourseError
from course.seat.wire import Ended, Garbled, Late, Line
from course.transports.process import rebuild

__all__ = ["Desk"]


class Desk:
    """One end. `answers`: what this end does when it is asked, by verb; each returns a node."""

    def __init__(self, line: Line, answers: dict[str, Callable[..., Any]]) -> None:
        self.line, self.answers = line, answers
        self.until: float | None = None  # when the other side is late

    def ask(self, verb: str, *parts: Any) -> Any:
        """What the other side says to this. Raises what it raised."""
        self.line.send(["ask", verb, *parts], self.until)
        while True:
            kind, *found = self._received()
            if kind == "ask":
                self._answer(found)
            elif kind == "said":
                return found[0]
            elif kind == "failed":
                error, facts, notes = found
                raise rebuild(str(error), *map(str, facts), notes=map(str, notes))
            else:
                raise Garbled(f"a frame of the kind {kind!r:.20}")

    def serve(self) -> None:
        """Answer one question."""
        kind, *found = self._received()
        if kind != "ask":
            raise Garbled(f"a frame of the kind {kind!r:.20}")
        self._answer(found)

    def _received(self) -> Any:
        frame = self.line.receive(self.until)
        if not isinstance(frame, list) or len(frame) < 2:
            raise Garbled("no frame")
        return frame

    def _answer(self, asked: list[Any]) -> None:
        verb, *parts = asked
        try:
            if verb not in self.answers:
                raise Garbled(f"nobody asks for {verb!r:.20}")
            answer = ["said", self.answers[verb](*parts)]
        except SERIOUS:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to whoever asked
            facts = list(map(str, error.facts)) if isinstance(error, CourseError) else [str(error)]
            answer = ["failed", type(error).__name__, facts, list(map(str, getattr(error, "__notes__", [])))]
        self.line.send(answer, self.until)


SERIOUS: tuple[type[BaseException], ...] = (Ended, Garbled, Late)  # what ends the talk
