"""The store: an object dies with its last pointer, and an old delete never takes a new object."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.errors import ObjectNotFoundError
from course.store import Store


def stored(**objects: object) -> Store:
    store = Store("bob")
    store.objects.update({int(name[1:]): value for name, value in objects.items()})
    return store


def test_find_and_delete() -> None:
    store = stored(_1="one", _2="two")
    assert (store.find(1), len(store)) == ("one", 2)
    store.delete(2)
    assert list(store.objects) == [1]


@pytest.mark.parametrize("method", ["find", "hold"])
def test_what_is_not_there(method: str) -> None:
    with pytest.raises(ObjectNotFoundError, match="bob holds no object 5"):
        getattr(Store("bob"), method)(5)


def test_a_second_pointer_keeps_the_object() -> None:
    store = stored(_1="one")
    store.hold(1)
    store.delete(1)
    assert store.find(1) == "one"
    store.delete(1)
    assert len(store) == 0 and store.is_free(1)


def test_after_a_clear_old_deletes_take_nothing_new() -> None:
    store = stored(_1="old")
    store.clear()
    assert not store.is_free(1)
    store.delete(1)
    assert store.is_free(1)
    store.objects[1] = "new"
    assert store.find(1) == "new"


def test_a_delete_of_nothing_does_nothing() -> None:
    store = stored(_1="one")
    store.delete(7)
    assert store.objects == {1: "one"}


@given(st.lists(st.sampled_from(["hold", "delete"]), max_size=20))
def test_one_delete_for_each_pointer(calls: list[str]) -> None:
    store, pointers = stored(_1="one"), 1
    for call in calls:
        if pointers:
            getattr(store, call)(1)
            pointers += 1 if call == "hold" else -1
        assert (1 in store.objects) == (pointers > 0)
    assert store.is_free(1) == (pointers == 0)
