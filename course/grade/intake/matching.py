"""Which cell answers which exercise. The template is what was released; everything is compared as text.

A cell is an exercise's answer by its id, by its first line (`# exercise 10.3`), by the function that it defines, or
else by where it stands: before the exercise's check. Editors strip ids and people rewrite first lines; neither costs an
honest answer anything. Where several cells answer one exercise, the last that is not the stub counts.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from course.grade.intake.lines import bare, defined, first_lines, functions, helpers, language, logical, python
from course.grade.intake.notebook import Cell, Notebook
from course.grade.kinds import Answer

WAYS = ("id", "marker", "name", "order", "missing")

_MARKER = re.compile(r"#+\s*exercise\s+(\w{1,2}\.\d+)\b", re.IGNORECASE)
_CHECK = re.compile(r"""^[^#\n]*\bcheck\(\s*["'](\w\w\.\d+)["']\s*\)""", re.MULTILINE)
_ASKED = "check|quiz|predict|reveal|ledger|panel|hint|solution|progress"
_CLASSROOM = re.compile(rf"(?:\w+=)?(?:display\()?(?:{_ASKED})\(")


@dataclass(frozen=True)
class Stub:
    """An exercise as it stands in the template."""

    exercise: str
    id: str  # of its cell
    name: str  # of its function
    source: str


@dataclass(frozen=True)
class Brought:
    """A statement of a given cell that later cells may rely on."""

    names: frozenset[str]  # that it binds
    source: str

    @cached_property
    def words(self) -> frozenset[str]:
        return words(self.source)


@dataclass(frozen=True)
class Template:
    """What was released: the cells of a notebook, among them the stubs of its exercises."""

    number: str  # "01"
    file: str  # "01_tensors_that_live_somewhere_else.ipynb"
    cells: tuple[Cell, ...]

    @cached_property
    def stubs(self) -> dict[str, Stub]:
        """By exercise, in their order."""
        found = {}
        for cell in self.cells:
            exercise = marked(cell)
            if cell.kind == "code" and exercise:
                names = [line.defines for line in logical(cell.source) if line.text.startswith("def ")]
                found[exercise] = Stub(exercise, (*cell.ids, "")[0], ("", *names)[-1], cell.source)
        return found

    @cached_property
    def given(self) -> frozenset[str]:
        """The code cells that are nobody's answer, bare."""
        return frozenset(bare(cell.source) for cell in self.cells if cell.kind == "code" and not marked(cell))

    @cached_property
    def brings(self) -> tuple[Brought, ...]:
        """What given cells import and define. Not the classroom, which no answer has a use for."""
        given = [cell.source for cell in self.cells if cell.kind == "code" and not marked(cell)]
        lines = [line for source in given for line in ast.parse(python(source)).body]
        found = [Brought(frozenset(_names(line)), ast.unparse(line)) for line in lines]
        return tuple(one for one in found if one.names)

    @cached_property
    def given_lines(self) -> frozenset[str]:
        """Their logical lines, without blanks."""
        return frozenset(line for cell in self.given for line in cell.split("\n"))


def _names(line: ast.stmt) -> set[str]:
    """The names that a statement of the template imports or defines."""
    if isinstance(line, ast.ImportFrom) and line.module == "course.learn":
        return set()
    if isinstance(line, ast.Import | ast.ImportFrom):
        return {one.asname or one.name.partition(".")[0] for one in line.names}
    return {line.name} if isinstance(line, ast.FunctionDef | ast.ClassDef) else set()


def words(text: str) -> frozenset[str]:
    """All words of a text."""
    return frozenset(re.findall(r"\w+", text))


def marked(cell: Cell) -> str:
    """ "01.2" where one of a cell's first comments is `# exercise 01.2`; "" elsewhere."""
    found = next(filter(None, map(_MARKER.match, first_lines(cell.source))), None)
    return found[1].rjust(len(found[1].partition(".")[2]) + 3, "0") if found else ""


def checked(cell: Cell) -> str:
    """ "01.2" for a cell with `check("01.2")`; "" for another."""
    found = _CHECK.search(cell.source) if cell.kind == "code" else None
    return found[1] if found else ""


def number(notebook: Notebook, templates: Iterable[Template]) -> str:
    """The notebook that most of its exercises belong to, "01"; "" if none is of these templates."""
    stubs = {stub.exercise: stub for template in templates for stub in template.stubs.values()}
    by_id = {stub.id: stub.exercise for stub in stubs.values() if stub.id}
    by_name = {stub.name: stub.exercise for stub in stubs.values()}
    votes: Counter[str] = Counter()
    for cell in notebook.cells:
        said = [marked(cell), checked(cell), *(by_id.get(id, "") for id in cell.ids)]
        if not any(said) and cell.is_python:
            said = [by_name[name] for name in defined(cell.source) if name in by_name]
        votes.update({exercise.partition(".")[0] for exercise in said if exercise})
    return votes.most_common(1)[0][0] if votes else ""


def answers(notebook: Notebook, template: Template) -> tuple[tuple[Answer, ...], tuple[str, ...]]:
    """An answer for each exercise of the template, and the student's other code."""
    matching = _Matching(notebook, template)
    found = tuple(matching.answer(stub) for stub in template.stubs.values())
    return found, tuple(matching.others())


class _Matching:
    def __init__(self, notebook: Notebook, template: Template) -> None:
        self.cells, self.template = notebook.cells, template
        self.bare, self.defines, self.functions = list[str](), list[set[str]](), list[set[str]]()
        for cell in self.cells:
            source = cell.source if cell.is_python else ""
            self.bare.append(bare(source))
            self.defines.append(defined(source))
            self.functions.append(functions(source))
        self.is_given = [text in template.given for text in self.bare]
        by_id = {stub.id: stub.exercise for stub in template.stubs.values() if stub.id}
        self.claims = [self._claim(index, by_id) for index in range(len(self.cells))]
        self.answering: set[int] = set()

    def _claim(self, index: int, by_id: dict[str, str]) -> tuple[str, str]:
        """The exercise that a cell says it answers, and how it says so."""
        cell = self.cells[index]
        by_hand = marked(cell) if marked(cell) in self.template.stubs else ""
        hidden = next((by_id[id] for id in cell.ids if id in by_id), "")
        if cell.kind != "code" and (hidden or by_hand):  # an answer that was turned into text, or a heading
            names = defined(cell.source)
            says = {stub.exercise for stub in self.template.stubs.values() if stub.name in names}
            hidden, by_hand = (exercise if exercise in says else "" for exercise in (hidden, by_hand))
        if hidden and by_hand not in ("", hidden) and self.template.stubs[hidden].name not in self.defines[index]:
            return by_hand, "marker"  # a cell that was given another exercise's text: what is seen counts
        return (hidden, "id") if hidden else (by_hand, "marker")

    def answer(self, stub: Stub) -> Answer:
        """The answer to one exercise."""
        found = self._candidates(stub)
        if not any(self._text(index) for index, _ in found):  # none, or emptied
            found = self._by_order(stub) or found
        if not found:
            return Answer(stub.exercise, "", "missing")
        stub_text = bare(stub.source)
        is_python = [index for index, _ in found if self.cells[index].is_python]
        tried = [
            (index, way)
            for index, way in found
            if self._text(index) not in ("", stub_text) and (self.cells[index].is_python or not is_python)
        ]
        self.answering |= {index for index, _ in found}
        if not tried:
            return Answer(stub.exercise, "", found[-1][1])
        # A function that stands again in the answer to another exercise is a copy, as long as there is another.
        own = [(index, way) for index, way in tried if self.claims[index][0] in ("", stub.exercise)]
        tried = own or tried
        index, way = tried[-1]
        return self._from(stub, index, way, len({self._text(other) for other, _ in tried}))

    def _candidates(self, stub: Stub) -> list[tuple[int, str]]:
        """The cells that are this exercise's, in their order, each with how that shows."""
        return self._named(stub, self.functions) or self._named(stub, self.defines)

    def _named(self, stub: Stub, names: list[set[str]]) -> list[tuple[int, str]]:
        found = []
        for index, (exercise, way) in enumerate(self.claims):
            if exercise == stub.exercise:
                found.append((index, way))
            elif stub.name in names[index] and not self.is_given[index]:
                found.append((index, "name"))
        return found

    def _by_order(self, stub: Stub) -> list[tuple[int, str]]:
        """The last cell of the student's own between the check before this exercise's and this exercise's."""
        checks = [index for index, cell in enumerate(self.cells) if checked(cell) == stub.exercise]
        for index in range(checks[0] - 1 if checks else -1, -1, -1):
            cell = self.cells[index]
            if checked(cell):
                break
            if not self.claims[index][0] and not self.is_given[index] and self._defines_something(index):
                return [(index, "order")]
        return []

    def _defines_something(self, index: int) -> bool:
        others = {stub.name for stub in self.template.stubs.values()}
        return bool(self.defines[index]) and not self.defines[index] & others and not self._is_classroom(index)

    def _from(self, stub: Stub, index: int, way: str, different: int) -> Answer:
        cell, warnings, refused = self.cells[index], [], ""
        if different > 1:
            warnings.append(f"{different} cells answer this exercise differently: the last one counts.")
        if way == "name":
            warnings.append(f"The answer was found by its function's name, `{stub.name}`.")
        if way == "order":
            warnings.append("The answer was found by where it stands, before the exercise's check.")
        if cell.kind != "code":
            warnings.append("The answer stands in a cell of text, not of code.")
        source, other = python(cell.source), language(cell.source)
        if other:
            warnings.append(f"The answer's cell begins with %%{other}: it is no Python, and defines nothing.")
        elif source != cell.source:
            warnings.append("Lines of IPython's own (%, ! or ?) in the answer were passed over.")
        if cell.is_too_long:
            refused = "The answer's cell is too long to be graded."
        return Answer(stub.exercise, source, way, tuple(warnings), refused)

    def _text(self, index: int) -> str:
        cell = self.cells[index]
        return "\0too long" if cell.is_too_long else bare(cell.source)

    def others(self) -> Iterable[str]:
        """What the student's code may rely on: what given cells bring, the student's other code, what answers bring.

        No checks, no quizzes, no other languages. Of what is given only what the student's code may name: a seat would
        import it for nothing.
        """
        if brought := "\n".join(self._brought()):
            yield brought
        names = {stub.name for stub in self.template.stubs.values()}
        for index, cell in enumerate(self.cells):
            if not cell.is_python or self.is_given[index] or not self.bare[index] or self._is_classroom(index):
                continue
            source = python(cell.source)
            if index in self.answering or self.claims[index][0]:
                source = helpers(source, names)
            if source:
                yield source

    def _brought(self) -> list[str]:
        """The statements of given cells that the student's code may rely on, and those that these rely on."""
        stubs = {bare(stub.source) for stub in self.template.stubs.values()}
        named, kept = frozenset[str](), list[Brought]()
        for index, cell in enumerate(self.cells):
            if cell.is_python and not self.is_given[index] and self.bare[index] not in stubs:
                named |= frozenset() if self._is_classroom(index) else words(python(cell.source))
        for one in reversed(self.template.brings):  # what a statement relies on stands above it
            if one.names & named:
                named |= one.words
                kept.append(one)
        return [one.source for one in reversed(kept)]

    def _is_classroom(self, index: int) -> bool:
        """Whether a cell has nothing but given lines, and questions that somebody has answered."""
        own = [line for line in self.bare[index].split("\n") if line not in self.template.given_lines]
        return all(_CLASSROOM.match(line) for line in own)
