"""Lists, dicts and tables of pandas, as they cross."""

from __future__ import annotations

import re
from typing import Any

from course.seat.form import Crossing, Form, Node
from course.seat.wire import Garbled

COLUMN = re.compile(r"(u?int|float|complex|U?Int|Float)\d+|bool|boolean|object|str|string|category|datetime64\[\w+\]")

__all__ = ["Dict", "List", "Table"]


class List(Form):
    name = "list"

    def takes(self, value: Any) -> bool:
        return isinstance(value, list)

    def copies(self, value: Any) -> bool:
        return True

    def state(self, crossing: Crossing, value: Any) -> Node:
        return [crossing.pack(part) for part in value]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        return []

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        value[:] = map(crossing.unpack, state)


class Dict(Form):
    name = "dict"

    def takes(self, value: Any) -> bool:
        return isinstance(value, dict)

    def copies(self, value: Any) -> bool:
        return True

    def state(self, crossing: Crossing, value: Any) -> Node:
        return [[crossing.pack(key), crossing.pack(part)] for key, part in value.items()]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        return {}

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        found = [(crossing.unpack(key), crossing.unpack(part)) for key, part in state]
        value.clear()
        value.update(found)


class Table(Form):
    """A table of pandas."""

    name = "table"

    def takes(self, value: Any) -> bool:
        return type(value).__name__ == "DataFrame" and type(value).__module__.split(".")[0] == "pandas"

    def state(self, crossing: Crossing, value: Any) -> Node:
        columns = [
            [crossing.pack(name), str(value[name].dtype), list_of(crossing, value[name])] for name in value.columns
        ]
        return [columns, list_of(crossing, value.index)]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        import pandas

        return pandas.DataFrame()

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        import pandas

        columns, index = state
        rows = pandas.Index(list(map(crossing.unpack, index)))
        for name in list(value.columns):
            del value[name]
        value.index = rows  # of any length, where there is no column
        for at, (name, dtype, numbers) in enumerate(columns):
            if not COLUMN.fullmatch(dtype):
                raise Garbled("no type of a column")
            found = pandas.Series(list(map(crossing.unpack, numbers)), index=rows, dtype=dtype)
            value.insert(at, crossing.unpack(name), found)


def list_of(crossing: Crossing, numbers: Any) -> Node:
    return [crossing.pack(number) for number in numbers.tolist()]
