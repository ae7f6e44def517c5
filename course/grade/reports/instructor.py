"""The report on the exercises and the class: what was right, what went wrong and why, what looks alike."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from course.grade.assignment import Assignment
from course.grade.exports import file_name
from course.grade.points import UNIT, shown
from course.grade.reports import numbers, pictures
from course.grade.reports.feedback import LEVELS
from course.grade.reports.page import KINDS, code, page, rich, safe, table
from course.grade.reports.similar import Pair, pairs
from course.grade.standing import Line, Part, Standing, present

MOST = 40  # rows of what can grow without end
LETTERS = 600  # of a reason
FOUND = {
    "id": "by the cell's id", "marker": "by its first line", "name": "by the function's name", "order": "by its place",
    "missing": "not at all",
}  # fmt: skip
Given = Callable[[str], tuple[str, ...]]


def stub_and_reference(exercise: str) -> tuple[str, ...]:
    """What everybody was given of an exercise, and one way to solve it."""
    from course.learn.help import reference
    from course.learn.registry import UnknownItem, find

    try:
        return (find(exercise).source, reference(exercise) or "")
    except UnknownItem:
        return ()


def report(
    assignment: Assignment, everybody: Sequence[Standing], limits: str = "", given: Given = stub_and_reference
) -> str:
    """The page, whole. given: the sources that are subtracted before answers are compared, by exercise."""
    return page(f"Report on {assignment.name}", _body(assignment, everybody, limits, given))


def _body(assignment: Assignment, everybody: Sequence[Standing], limits: str, given: Given) -> Iterator[str]:
    here = present(everybody)
    sections = {
        "What could not be graded": _technical(everybody),
        "Scores": _scores(here),
        "Exercises": _exercises(here),
        "Item analysis": _items(here),
        "Common wrong answers": _wrong(here),
        "Similar answers": _similar(here, given),
        "Decisions of people": _decisions(everybody),
        "Sandbox": _sandbox(here, limits),
        "Students": _students(everybody),
    }
    places = {title: title.lower().replace(" ", "-") for title in sections}
    yield f"<h1>Report on {safe(assignment.name)}</h1>"
    yield from _summary(here, everybody)
    links = [f'<a href="#{place}">{title}</a>' for title, place in places.items()]
    yield f"<p>{' · '.join(links)}</p>"
    for title, section in sections.items():
        yield f'<h2 id="{places[title]}">{title}</h2>'
        yield from section


# -- sections ----------------------------------------------------------------------------------------------------


def _summary(here: Sequence[Standing], everybody: Sequence[Standing]) -> Iterator[str]:
    unreadable = sum(bool(one.refusals) and not one.handed_in for one in everybody)
    absent = len(everybody) - len(here) - unreadable
    nothing = f" {_count(unreadable, 'student')} handed in only what cannot be graded." if unreadable else ""
    nothing += f" {_count(absent, 'student')} of the roster handed in nothing." if absent else ""
    strangers = [safe(one.student) for one in everybody if not one.is_known]
    nothing += f" Not in the roster: {', '.join(strangers)}." if strangers else ""
    levels = ", ".join(sorted({level for one in here for part in one.parts for level in part.levels})) or "nothing ran"
    technical = sum(line.kind == "technical" and not line.waits for one in here for line in one.lines)
    failed = f"{_count(technical, 'result')} failed technically" if technical else "no result failed technically"
    handed_in = f"{_count(len(here), 'student')} handed in something that can be graded."
    yield f"<p>{handed_in}{nothing} Sandbox level: {safe(levels)}; {failed}.</p>"
    if waiting := sum(one.waiting for one in here):
        yield (
            f"<p class='note'><strong>{_count(waiting, 'notebook')} to be graded yet.</strong> The same "
            "<code>course grade</code> goes on; the numbers below are without them.</p>"
        )


def _scores(handed_in: Sequence[Standing]) -> Iterator[str]:
    here = [one for one in handed_in if one.is_settled]
    if not here:
        yield f"<p>{'Nobody has been graded in full yet' if handed_in else 'Nothing was handed in'}.</p>"
        return
    out_of = here[0].out_of
    points = [one.score / UNIT for one in here]
    spread = f", standard deviation {statistics.stdev(points):.2f}" if len(points) > 1 else ""
    yield (
        f"<p>Of {shown(out_of)} points: mean {statistics.fmean(points):.2f}, "
        f"median {statistics.median(points):.2f}{spread}; n = {len(points)}.</p>"
    )
    if left := len(handed_in) - len(here):
        yield f"<p class='soft'>Left out: {_count(left, 'student')}, of whom something could not be graded.</p>"
    shares = [one.score / out_of if out_of else 0.0 for one in here]
    yield f"<figure>{pictures.histogram(numbers.bins(shares), f'{shown(out_of)} points')}</figure>"


def _exercises(here: Sequence[Standing]) -> Iterator[str]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    titles: dict[str, str] = {}
    for line in _lines(here):
        counts[line.exercise][line.kind] += 1
        titles[line.exercise] = line.title
    if not counts:
        yield "<p>There are no results yet.</p>"
        return
    yield f"<figure>{pictures.outcomes(counts)}</figure>"
    kinds = pictures.ORDER
    rows = [
        [
            safe(exercise), safe(titles[exercise]), _rate(found["correct"], sum(found.values()) - found["technical"]),
            *(str(found[kind]) for kind in kinds),
        ]
        for exercise, found in sorted(counts.items())
    ]  # fmt: skip
    head = ("exercise", "about", "pass rate", *(f"{KINDS[kind][0]} {pictures.WORDS[kind]}" for kind in kinds))
    caption = "Students by outcome, of those who handed in the notebook; the pass rate is of what was graded"
    yield table(head, rows, caption, numbers=range(2, 3 + len(kinds)))
    ways = Counter(line.matched for line in _lines(here) if line.matched)
    said = ", ".join(f"{FOUND.get(way, way)} {count}" for way, count in ways.most_common())
    if said:
        yield f"<p class='soft'>How the answers were found in the notebooks: {safe(said)}.</p>"


def _items(here: Sequence[Standing]) -> Iterator[str]:
    yield (
        "<p class='soft'>Difficulty is the mean share of the points: 1 is easy. The item-rest correlation says whether "
        "those who do well elsewhere do well here; near 0 or below, look at the exercise and its check. "
        "Students with a technical failure are left out.</p>"
    )
    for notebook in sorted({part.notebook for one in here for part in one.parts}):
        parts = [part for part in _parts(here, notebook) if not any(line.is_open for line in part.lines)]
        if len(parts) < numbers.LEAST:
            few = f"n = {len(parts)}, too few to say anything ({numbers.LEAST} are needed)"
            yield f"<p>Notebook {safe(notebook)}: {few}.</p>"
            continue
        points = [[line.points / UNIT for line in part.lines] for part in parts]
        found = numbers.items(points, [line.out_of / UNIT for line in parts[0].lines])
        rows = [
            (safe(line.exercise), safe(line.title), f"{item.difficulty:.2f}", _number(item.rest), _remark(item))
            for line, item in zip(parts[0].lines, found, strict=True)
        ]
        caption = (
            f"Notebook {notebook}: Cronbach's alpha {_number(numbers.alpha(points))} "
            f"(n = {len(parts)}, {_count(len(found), 'exercise')})"
        )
        yield table(("exercise", "about", "difficulty", "item-rest r", "note"), rows, caption, numbers=(2, 3))


def _wrong(here: Sequence[Standing]) -> Iterator[str]:
    by_tag: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for line in _lines(here):
        if line.kind in ("incorrect", "error", "timeout"):
            by_tag[line.exercise, line.kind, line.tag].append(line.text)
    if not by_tag:
        yield "<p>No answer was wrong.</p>"
        return
    order = sorted(by_tag.items(), key=lambda item: (item[0][0], -len(item[1]), item[0]))
    rows = [
        (safe(exercise), safe(tag), safe(KINDS[kind]), str(len(texts)), rich(Counter(texts).most_common(1)[0][0]))
        for (exercise, kind, tag), texts in order
    ]
    head = ("exercise", "message", "outcome", "students", "for example")
    yield table(head, rows, "Messages, the most frequent of each exercise first", numbers=(3,))


def _similar(here: Sequence[Standing], given: Given) -> Iterator[str]:
    yield (
        "<p><strong>Similar, not proof.</strong> Names and literals are taken out, the stub, the reference and what "
        "many in the class wrote are subtracted; what two answers share of the rest is given. Short answers are not "
        "compared. Two students who learnt from one source are similar, too: read both answers, then talk.</p>"
    )
    sources: dict[str, dict[str, str]] = defaultdict(dict)
    for one in here:
        for line in one.lines:
            if line.source.strip():
                sources[line.exercise][one.student] = line.source
    found = [pair for id, answers in sorted(sources.items()) for pair in pairs(id, answers, given(id))]
    if not found:
        yield "<p>No two answers are similar.</p>"
        return
    couples: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair in found:
        couples[pair.one, pair.other].append(pair)
    order = sorted(couples, key=lambda two: (-len(couples[two]), -sum(pair.shared for pair in couples[two]), two))
    yield table(
        ("student", "and", "exercises", "alike in"),
        [
            (
                safe(one), safe(other), str(len(couples[one, other])),
                safe(", ".join(f"{pair.exercise} {100 * pair.likeness:.0f}%" for pair in couples[one, other])),
            )
            for one, other in order[:MOST]
        ],
        _of("Two students, the pairs that are alike in most exercises first", len(order)),
        numbers=(2,),
    )  # fmt: skip
    for two in order[:MOST]:
        beside = "".join(_beside(pair, sources[pair.exercise]) for pair in couples[two])
        title = f"{two[0]} and {two[1]}, similar, not proof: {', '.join(pair.exercise for pair in couples[two])}"
        yield f"<details><summary>{safe(title)}</summary>{beside}</details>"


def _beside(pair: Pair, answers: dict[str, str]) -> str:
    shown_ = "".join(
        f"<div><p class='soft'>{safe(f'{pair.exercise}, {student}')}</p>"
        f"{code(answers[student], f'{pair.exercise}, {student}')}</div>"
        for student in (pair.one, pair.other)
    )
    return f"<div class='beside'>{shown_}</div>"


def _technical(everybody: Sequence[Standing]) -> Iterator[str]:
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    slow: dict[str, list[str]] = defaultdict(list)
    for one in everybody:
        for line in one.lines:
            if line.kind == "technical" and not line.waits:
                reasons[one.student, line.detail or line.text].append(line.exercise)
            elif line.kind == "timeout" and not line.override:
                slow[one.student].append(line.exercise)
    rows = [(safe(student), safe(", ".join(found)), _reason(why)) for (student, why), found in reasons.items()]
    refused = [
        (safe(one.student), safe(notebook or "?"), safe(why)) for one in everybody for notebook, why in one.refusals
    ]
    if rows:
        failed = _count(sum(map(len, reasons.values())), "result")
        yield table(("student", "exercises", "why"), rows, f"{failed} that failed technically, counted 0 so far")
        yield "<p>A regrade asks the same questions again: <code>course regrade --technical</code>.</p>"
    if refused:
        yield table(("student", "notebook", "why"), refused, f"{_count(len(refused), 'file')} that could not be read")
    if slow:
        named = "; ".join(f"{student} {', '.join(found)}" for student, found in slow.items())
        yield (
            f"<p>Took too long: {safe(named)}. As a rule that is the answer's doing. If the machine was busy with "
            "something else, ask again when it is not: <code>course regrade --student KEY</code>.</p>"
        )
    if not rows and not refused and not slow:
        yield "<p>Everything that was handed in was graded.</p>"


def _reason(text: str) -> str:
    """The last line of a reason; what came before it, a traceback as a rule, can be opened."""
    lines = text.strip().splitlines() or [""]
    said = safe(lines[-1][-LETTERS:])
    return said if len(lines) == 1 else f"<details><summary>{said}</summary>{code(text, 'the whole reason')}</details>"


def _decisions(everybody: Sequence[Standing]) -> Iterator[str]:
    """Points and penalties that somebody set, and why."""
    found = [(one.student, line.override) for one in everybody for line in one.lines if line.override]
    found += [(one.student, part.forgiven) for one in everybody for part in one.parts if part.forgiven]
    if not found:
        yield "<p>All points are the judge's.</p>"
        return
    rows = [
        (safe(student), safe(made.exercise), shown(made.points), safe(made.reason), safe(made.who), safe(made.at))
        for student, made in found
    ]
    head = ("student", "exercise", "points", "reason", "who", "when (UTC)")
    yield table(head, rows, "Points in place of the judge's; .late is what being late costs", numbers=(2,))


def _sandbox(here: Sequence[Standing], limits: str) -> Iterator[str]:
    counts = Counter(line.level for line in _lines(here) if line.level)
    rows = [(safe(level), str(count), safe(LEVELS[level])) for level, count in sorted(counts.items())]
    if not rows:
        yield "<p>Nothing was run.</p>"
        return
    yield table(("level", "results", "answers ran"), rows, "Levels at which answers ran", numbers=(1,))
    if set(counts) - {"bwrap"}:
        yield (
            "<p class='note'><strong>Below level bwrap nothing is hidden from an answer:</strong> it can read what the "
            "grader can read. That contains accidents, not intent.</p>"
        )
    if limits:
        yield f"<p>Limits for an exercise: {safe(limits)}.</p>"


def _students(everybody: Sequence[Standing]) -> Iterator[str]:
    rows = [
        (_link(one), shown(one.score), shown(one.out_of), shown(one.penalty), _about(one)) for one in everybody
    ]
    yield table(("student", "points", "of", "late", "notes"), rows, "Points by student", numbers=(1, 2, 3))


# -- words -------------------------------------------------------------------------------------------------------


def _link(one: Standing) -> str:
    """To the student's page, where there is one."""
    key = safe(one.student)
    return f'<a href="feedback/{file_name(one.student)}.html">{key}</a>' if one.handed_in or one.refusals else key


def _about(one: Standing) -> str:
    """What is not as usual."""
    said = [] if one.is_known else ["not in the roster"]
    if not one.handed_in:
        said.append("no file that can be graded" if one.refusals else "nothing handed in")
    missing = [part.notebook for part in one.parts if not part.number]
    if one.handed_in and missing:
        said.append(f"nothing of notebook {', '.join(missing)}")
    changed = [line.exercise for line in one.lines if line.override]
    if changed:
        said.append(f"points set by a person: {', '.join(changed)}")
    if one.waiting:
        said.append(f"{_count(one.waiting, 'notebook')} to be graded yet")
    technical = [line.exercise for line in one.lines if line.is_open and not line.waits]
    if technical:
        said.append(f"not graded: {', '.join(technical)}")
    if any(part.warnings or any(line.warnings for line in part.lines) for part in one.parts):
        said.append("warnings")
    return safe("; ".join(said))


def _remark(item: numbers.Item) -> str:
    """What a number means, in words."""
    if item.difficulty < 0.2:
        return "hard"
    if item.rest is not None and item.rest < 0.1:
        return "does not go with the rest"
    return "easy" if item.difficulty > 0.95 else ""


def _rate(count: int, of: int) -> str:
    return f"{100 * count / of:.0f}%" if of else "-"


def _number(value: float | None) -> str:
    return "nothing varies" if value is None else f"{value:.2f}"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _of(caption: str, count: int) -> str:
    return caption if count <= MOST else f"{caption}: {MOST} of {count}"


def _lines(here: Sequence[Standing]) -> Iterator[Line]:
    """The results of notebooks that were handed in."""
    return (line for one in here for part in one.parts if part.number for line in part.lines)


def _parts(here: Sequence[Standing], notebook: str) -> Iterator[Part]:
    return (part for one in here for part in one.parts if part.notebook == notebook and part.number)
