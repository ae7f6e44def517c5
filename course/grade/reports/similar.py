"""Answers that are alike after names and literals are taken out: similar, not proof.

An answer becomes the sequence of its syntax: names are `Name`, literals `Constant`; docstrings, annotations and
comments are gone. Each run of a few pieces is a fingerprint. Those of the stub and of the reference do not count, nor
do those that many in the class have: there are only so many ways to write a mean. What two answers share of the rest is
their likeness.

Source: Schleimer, Wilkerson, Aiken, Winnowing: Local Algorithms for Document Fingerprinting, SIGMOD 2003.
"""

from __future__ import annotations

import ast
import itertools
import math
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

RUN = 6  # pieces of syntax to a fingerprint
LEAST = 12  # fingerprints that an answer needs of its own to be compared at all
ALIKE = 0.8  # of the smaller answer's fingerprints
COMMON = 0.2  # of the class: what more of them have is nobody's own
LONGEST = 20_000  # characters, and
DEEPEST = 60  # open brackets, of an answer that is still read


@dataclass(frozen=True)
class Pair:
    """Two students whose answers to an exercise are alike."""

    exercise: str
    one: str
    other: str
    likeness: float  # 0 to 1
    shared: int  # fingerprints


def pairs(exercise: str, answers: Mapping[str, str], given: tuple[str, ...] = ()) -> list[Pair]:
    """The pairs that are alike, the most alike first.

    answers: source by student. given: stub and reference, which are subtracted.
    """
    subtracted = frozenset().union(*(fingerprints(source) for source in given))
    read = {source: fingerprints(source) - subtracted for source in set(answers.values())}
    own = {student: read[source] for student, source in answers.items()}
    holders = Counter(itertools.chain.from_iterable(own.values()))
    most = max(2, math.floor(COMMON * len(answers)))
    rare = {student: {one for one in found if holders[one] <= most} for student, found in own.items()}
    having: dict[int, list[str]] = defaultdict(list)
    for student in sorted(rare):
        if len(rare[student]) >= LEAST:
            for one in rare[student]:
                having[one].append(student)
    shared = Counter(pair for students in having.values() for pair in itertools.combinations(students, 2))
    found = [
        Pair(exercise, one, other, count / min(len(rare[one]), len(rare[other])), count)
        for (one, other), count in shared.items()
    ]
    alike = [pair for pair in found if pair.likeness >= ALIKE and pair.shared >= LEAST]
    return sorted(alike, key=lambda pair: (-pair.likeness, -pair.shared, pair.one, pair.other))


def fingerprints(source: str) -> frozenset[int]:
    """Of an answer's syntax; none of what is no Python, or too large or too nested to be read.

    Reading runs nothing, but a parser can be exhausted: so there are limits on what it is given.
    """
    if len(source) > LONGEST or _depth(source) > DEEPEST:
        return frozenset()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python says of somebody's escape sequences is not for us
            pieces = list(_pieces(ast.parse(_python(source))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    return frozenset(hash(tuple(pieces[place : place + RUN])) for place in range(len(pieces) - RUN + 1))


def _python(source: str) -> str:
    """Without IPython's own lines."""
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())


def _depth(source: str) -> int:
    """How many brackets are open at most, also counting those in texts; and how far in the code goes."""
    depth = most = 0
    for bracket in re.findall(r"[()\[\]{}]", source):
        depth += 1 if bracket in "([{" else -1
        most = max(most, depth)
    blanks = max((len(line) - len(line.lstrip()) for line in source.splitlines() if line.strip()), default=0)
    return max(most, blanks // 2)


def _pieces(tree: ast.AST) -> Iterator[str]:
    """The syntax, depth first. An attribute's or a keyword's name stays: those are the library's, not the student's."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        yield type(node).__name__
        match node:
            case ast.Attribute(attr=str(name)) | ast.keyword(arg=str(name)):
                yield name
        if not isinstance(node, ast.Constant | ast.arg | ast.Name):
            stack += reversed(_children(node))


def _children(node: ast.AST) -> list[ast.AST]:
    """Without annotations, docstrings, and whether a name is read or written."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
        return [*node.decorator_list, node.args, *body]
    if isinstance(node, ast.AnnAssign):
        return [node.target, *([node.value] if node.value else [])]
    return [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr_context)]
