"""What a verdict says: a table of texts, and one function that fills them in.

An exercise declares its messages once, by tag:

    says = '''
    half   {call} halved only one of the two: the result is {returned}.
           -> Which operation does Python do first?
    '''

and its looks say which of them is true: `yield wrong, "half", {...}`. What stands in braces is filled in from the look,
from what was yielded before it for all, `yield {...}`, or from the question; `{call}` is the call as it was typed,
`{returned}` what came back, `{found}` what a helper saw and expected. A text stands as it is, any other value in brief,
in backticks.
"""

from __future__ import annotations

import string
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from course.learn.plain import Plain
from course.learn.words import brief


@dataclass(frozen=True)
class Verdict:
    """Why an answer is not right yet: a tag for the teacher, what was seen and means, the next step.

    `facts` are what the message was filled in with: an exercise's own text of the same tag is filled in from them.
    """

    tag: str
    message: str
    next: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Message and next step in one line."""
        return f"{self.message} {self.next}".strip()


Look: TypeAlias = Verdict | tuple[bool, str] | tuple[bool, str, Mapping[str, Any]] | Mapping[str, Any] | None
Looks: TypeAlias = Iterator[Look]


class Text(NamedTuple):
    """A message and its next step, with names in braces."""

    message: str
    next: str


def texts(says: str) -> dict[str, Text]:
    """The table by tag: a tag begins its line, what belongs to it is indented, `->` begins the next step."""
    found: dict[str, Text] = {}
    for entry in _entries(textwrap.dedent(says).strip()):
        tag, _, rest = " ".join(entry.split()).partition(" ")
        message, _, following = rest.partition(" -> ")
        if tag in found or not message:
            raise ValueError(f"{tag!r} has {'two messages' if tag in found else 'no message'} in `says`")
        list(string.Formatter().parse(rest))  # ValueError for a brace that is not closed
        found[tag] = Text(message, following)
    return found


def _entries(says: str) -> list[str]:
    """The table cut before each line that is not indented."""
    entries: list[str] = []
    for line in says.splitlines():
        if line[:1].strip() or not entries:
            entries.append(line)
        else:
            entries[-1] += f"\n{line}"
    return [entry for entry in entries if entry.strip()]


def speak(looks: Looks, table: Mapping[str, Text], facts: Mapping[str, Any]) -> Verdict | None:
    """The verdict of the first look that found something."""
    for look in looks:
        if isinstance(look, Verdict):
            return _filled(look.tag, table[look.tag], {**facts, **look.facts}) if look.tag in table else look
        if isinstance(look, Mapping):
            facts = {**facts, **look}
        elif look is not None and look[0]:
            return _filled(look[1], table[look[1]], {**facts, **(look[2] if len(look) == 3 else {})})
    return None


def _filled(tag: str, text: Text, facts: Mapping[str, Any]) -> Verdict:
    shown = {name: _shown(value) for name, value in facts.items()}
    return Verdict(tag, text.message.format_map(shown), text.next.format_map(shown), facts)


def _shown(value: Plain) -> str:
    return value if isinstance(value, str) else f"`{brief(value)}`" if type(value) is not int else str(value)
