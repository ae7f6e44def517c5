"""The store: the objects that one worker holds, by id."""

from __future__ import annotations

from typing import Any

from course.errors import ObjectNotFoundError

__all__ = ["Store"]


class Store:
    """ids -> objects, and who still owes a `Delete`.

    An object dies with its last pointer, and each pointer sends one `Delete` when it is gone. `owed` counts, for an id,
    the deletes that must *not* delete: those of second pointers, and those of pointers whose object was taken away by
    other means. While deletes are owed the id is not free: a new object under it would be deleted by an old pointer.
    """

    __slots__ = ("objects", "owed", "owner")

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.objects: dict[int, Any] = {}
        self.owed: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.objects)

    def is_free(self, id: int) -> bool:
        return id not in self.objects and id not in self.owed

    def find(self, id: int) -> Any:
        """The object. ObjectNotFoundError if it is gone."""
        try:
            return self.objects[id]
        except KeyError:
            raise ObjectNotFoundError(self.owner, str(int(id))) from None

    def hold(self, id: int) -> None:
        """There is one more pointer to this object."""
        self.find(id)
        self.owed[id] = self.owed.get(id, 0) + 1

    def delete(self, id: int) -> None:
        """One pointer to this object is gone."""
        owed = self.owed.get(id, 0)
        if owed > 1:
            self.owed[id] = owed - 1
        elif owed:
            del self.owed[id]
        else:
            self.objects.pop(id, None)

    def rename(self, id: int, to: int) -> bool:
        """Give an object another id, if that is free and nobody else knows the object by its id."""
        may = id in self.objects and id not in self.owed and self.is_free(to)
        if may:
            self.objects[to] = self.objects.pop(id)
        return may

    def clear(self) -> None:
        """Forget all objects. Their pointers still owe their deletes."""
        for id in self.objects:
            self.owed[id] = self.owed.get(id, 0) + 1
        self.objects.clear()
