"""Exercise 05.1: tables of people in numbers, with the statistics of those who train."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import nan, sqrt
from typing import TYPE_CHECKING

import torch

from course.learn import evidence
from course.learn.difference import alike, kind
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.learn.plain import Plain
from course.learn.words import number

if TYPE_CHECKING:
    import pandas

CLOSE = 1e-4  # relative and absolute: float32, and any order of the sums
TABLES = ("train", "test")
Column = list[float]
Table = list[tuple[str, list[Plain]]]  # (name of a column, what people answered), in the order of the table
Scaling = Callable[[Column, Column, Column], tuple[float, float]]  # (train's, this table's, all) -> (centre, scale)


@register
class Prepare(Exercise):
    id = "05.1"
    title = "strangers in the same table"
    minutes, points = 9, 3
    objective = "prepare a table so that a stranger's row means the same as everybody's"
    promises = ()
    given = "import pandas"
    stub = '''
def prepare(
    train: pandas.DataFrame, test: pandas.DataFrame, kinds: dict[str, list[str]]
) -> list[torch.Tensor]:
    """Both tables in numbers. Nothing is learned from `test`.

    train, test: the same columns, a row for each person; `test` may have one row.
    kinds: for a column of categories, the list of all of them. The column becomes one column
        for each category of the list, in the list's order: 1 for those who have it, else 0.
    Every other column holds numbers: minus their mean in `train`, divided by their standard
    deviation (`.std()`) there.
    returns: [train, test] as float32 tensors, people x columns, columns in the table's order.
    >>> old = pandas.DataFrame({"age": [20.0, 40.0, 60.0], "job": ["y", "n", "y"]})
    >>> prepare(old, pandas.DataFrame({"age": [40.0], "job": ["n"]}), {"job": ["y", "n"]})[1]
    tensor([[0., 0., 1.]])
    """
    ready = []
    for table in (train, test):
        columns = []
        for name in table.columns:
            if name in kinds:
                columns.extend(... for kind in kinds[name])
            else:
                columns.append(...)
        ready.append(torch.tensor(pandas.concat(columns, axis=1).to_numpy("float32")))
    return ready
'''
    hints = (
        "A stranger's answer has to become the number that the same answer becomes among those who train.",
        "`table[name]` is a column of the table in turn, `train[name]` the same column of those who train. "
        "Which of the two may say what the mean is?",
        "a comparison for each kind: table[name] == …; a number: (table[name] - ….mean()) / ….std()",
    )
    success = "Four pairs of tables, one with a single stranger: the same answer is the same number in both."
    says = """
table-changed   {call} changed the table {table} that it was given: what these people answered is overwritten.
                -> Where do you assign to a column of it?
not-two         {call} returned {what}; expected a list of two tensors: the people who train, and the strangers.
                -> What is added to `ready`, and how often?
rows            {call} made {rows} rows of `{table}`; expected {right_rows}: people are lost, doubled, or somebody
                else's.
                -> Does every line read the table that it prepares, `table`?
columns         {call} made {columns} columns of `{table}`; expected {right_columns}. A category that nobody here has
                needs its column all the same: the next person may have it.
                -> What does the length of a list in `kinds` say?
own-statistics  {call} scaled `test` by a statistic of its own: in {where} is {seen}, expected {expected}. One answer
                would be two numbers, and a person alone has no deviation at all.
                -> Which table may a mean come from?
all-rows        {call} took its {statistic} over both tables: in {where} is {seen}, expected {expected}. So the
                strangers helped to prepare their own examination.
                -> Whose rows exist when a model is trained?
population      {call} divided by the deviation over n, not over n - 1: in {where} is {seen}, expected {expected}. Two
                offices that prepare apart would write other numbers for one person.
                -> Which one does the docstring name?
not-divided     {call} took the mean away and stopped there: in {where} is {seen}, expected {expected}. An answer in
                thousands drowns what else a person says.
                -> What follows the subtraction?
no-brackets     {call} divided before it subtracted: in {where} is {seen}, expected {expected}. An answer in thousands
                drowns what else a person says.
                -> Which of `-` and `/` does Python do first?
raw             {call} left numbers as they were: in {where} is {seen}, expected {expected}. An answer in thousands
                drowns what else a person says.
                -> Which two statistics does the docstring name?
test-raw        {call} scaled `test` by statistics of a `train` that was scaled already: in {where} is {seen}, expected
                {expected}. Strangers would look a thousand times richer than everybody.
                -> When do you work out mean and deviation?
by-appearance   {call} put categories in the order in which they appear: in {where} is {seen}, expected {expected}. Who
                prepares her own row alone meets one category, and always first.
                -> Where is an order that is the same for everybody?
by-alphabet     {call} put categories in the order of the alphabet: in {where} is {seen}, expected {expected}. A
                network that learned the order of `kinds` reads another job.
                -> Which list says the order?
other-order     {call} has the right columns in another order: in {where} is {seen}, expected {expected}. A network
                would read one answer of a person as another.
                -> Where do a table's own columns say their order?
other-number    In {where}, {call} made it {seen}; expected {expected}. Whoever prepares by the docstring would write
                another number for this person.
                -> Work out this one number by hand: which of its parts is another?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [_question(draw, *asked) for asked in ((6, 4, True), (7, 1, False), (9, 5, True), (5, 3, False))]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        tables = {name: frame(question[name]) for name in TABLES}
        answer(*tables.values(), question["kinds"])
        return {"changed": [name for name, table in tables.items() if not table.equals(frame(question[name]))]}

    def looks(self, question: Question, call: Evidence) -> Looks:
        returned, right = call["returned"], prepared(question)
        yield bool(call["changed"]), "table-changed", {"table": " and ".join(f"`{name}`" for name in call["changed"])}
        yield not (isinstance(returned, list | tuple) and len(returned) == 2), "not-two", {"what": kind(returned)}
        yield evidence.returned_a(call, (torch.Tensor, torch.Tensor), "a list of two tensors")
        seen = list(returned)
        for table, have, want in zip(TABLES, seen, right, strict=True):
            plain = have.dim() == 2 and have.dtype == want.dtype
            yield None if plain else evidence.equals(call, want, value=have, what=f"`{table}` is")
            facts = {"table": table, "rows": have.shape[0], "columns": have.shape[1]}
            facts |= {"right_rows": want.shape[0], "right_columns": want.shape[1]}
            yield have.shape[0] != want.shape[0], "rows", facts
            yield have.shape[1] != want.shape[1], "columns", facts
        yield from _known(question, seen, right)


def frame(table: Table) -> pandas.DataFrame:
    """A table of plain data as pandas' own."""
    import pandas

    return pandas.DataFrame(dict(table))


def prepared(question: Question, scaling: Scaling | None = None) -> list[torch.Tensor]:
    """What `prepare` should return; with another scaling, what a mistake returns."""
    scaling = scaling or (lambda train, *_: _statistics(train))
    everybody = {column: [*values, *dict(question["test"])[column]] for column, values in question["train"]}
    found = []
    for name in TABLES:
        columns = []
        for (column, values), (_, train) in zip(question[name], question["train"], strict=True):
            if column in question["kinds"]:
                columns += [[float(value == one) for value in values] for one in question["kinds"][column]]
            else:
                centre, scale = scaling(train, values, everybody[column])
                columns.append([(value - centre) / scale for value in values])
        found.append(torch.tensor(columns, dtype=torch.float64).t().float())
    return found


def _statistics(values: Column, less: int = 1) -> tuple[float, float]:
    """Mean and standard deviation over n - `less`; as in pandas, no number where that is 0."""
    mean = sum(values) / len(values)
    return mean, sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - less)) if len(values) > less else nan


def _known(question: Question, seen: list[torch.Tensor], right: list[torch.Tensor]) -> Looks:
    """Known mistakes, told from what is right."""
    if alike(seen, right, CLOSE):
        return
    alphabet = {column: sorted(kinds) for column, kinds in question["kinds"].items()}
    train = dict(question["train"])
    appearing = {column: list(dict.fromkeys(train[column])) for column in question["kinds"]}
    mistakes = {
        "own-statistics": evidence.any_of(
            prepared(question, lambda train, own, both: _statistics(own)),
            prepared(question, lambda train, own, both: (_statistics(own)[0], _statistics(train)[1])),
            prepared(question, lambda train, own, both: (_statistics(train)[0], _statistics(own)[1])),
        ),
        "population": prepared(question, lambda train, *_: _statistics(train, less=0)),
        "not-divided": prepared(question, lambda train, *_: (_statistics(train)[0], 1.0)),
        "no-brackets": prepared(question, lambda train, *_: (_statistics(train)[0] / _statistics(train)[1], 1.0)),
        "raw": prepared(question, lambda train, *_: (0.0, 1.0)),
        "test-raw": [right[0], prepared(question, lambda train, *_: (0.0, 1.0))[1]],
        "by-appearance": prepared({**question, "kinds": appearing}),
        "by-alphabet": prepared({**question, "kinds": alphabet}),
    }
    of_all: dict[str, Scaling] = {
        "mean and deviation": lambda train, own, both: _statistics(both),
        "mean": lambda train, own, both: (_statistics(both)[0], _statistics(train)[1]),
        "deviation": lambda train, own, both: (_statistics(train)[0], _statistics(both)[1]),
    }
    facts = _first_difference(seen, right)
    for statistic, scaling in of_all.items():
        yield alike(seen, prepared(question, scaling), CLOSE), "all-rows", {**facts, "statistic": statistic}
    for wrong, tag, _ in evidence.leads_to({}, right, mistakes, value=seen, tolerance=CLOSE):
        yield wrong, tag, facts
    yield all(map(_same_columns, seen, right)), "other-order", facts
    yield True, "other-number", facts


def _same_columns(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two tables have the same columns, in any order."""
    order = (sorted(table.double().round(decimals=3).t().tolist()) for table in (a, b))
    return next(order) == next(order)


def _first_difference(seen: list[torch.Tensor], right: list[torch.Tensor]) -> dict[str, str]:
    """Where the numbers first differ, and which they are."""
    for table, have, want in zip(TABLES, seen, right, strict=True):
        off = ~torch.isclose(have.double(), want.double(), rtol=CLOSE, atol=CLOSE)
        for row, column in off.nonzero().tolist():
            shown = {"seen": number(have[row, column].item()), "expected": number(want[row, column].item())}
            return {"where": f"row {row}, column {column} of `{table}`", **shown}
    return {"where": "", "seen": "", "expected": ""}


def _question(draw: Draw, people: int, strangers: int, all_there: bool) -> Question:
    """Two tables, the categories among the numbers; `all_there`: everybody who trains has each category once."""
    first, second, third = draw.sample(["age", "income", "debt", "years", "rent"], 3)
    category, other = draw.sample(["job", "town", "home", "bank"], 2)
    kinds = {category: list(_orders(draw, 3)), other: list(_orders(draw, 2))}
    absent = "" if all_there else kinds[category][-1]
    here = {name: [one for one in listed if one != absent] for name, listed in kinds.items()}

    def rows(count: int) -> Table:
        return [
            (first, [draw.randint(180, 800) / 10 for _ in range(count)]),
            (category, _appear(draw, here[category], count)),
            (second, [float(draw.randint(0, 90000)) for _ in range(count)]),
            (other, _appear(draw, here[other], count)),
            (third, [draw.randint(0, 60) / 4 for _ in range(count)]),
        ]

    return {"train": rows(people), "test": rows(strangers), "kinds": kinds}


def _orders(draw: Draw, count: int) -> Iterator[str]:
    """Letters for categories, neither in the order of the alphabet nor backwards where there are three."""
    first, *others = sorted(draw.sample("abcdefghijklmn", count))
    yield from [*others[:1], first, *others[1:]]


def _appear(draw: Draw, listed: list[str], count: int) -> list[Plain]:
    """Categories of `count` people; those listed last appear first."""
    more = [draw.choice(listed) for _ in range(count)]
    return [*listed[::-1], *more][:count]
