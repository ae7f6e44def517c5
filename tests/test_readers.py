"""What a worker reads from its owner's folder: plain numbers, nothing else, and no error quotes a value."""

import gzip
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import course as sy
from course.readers import IDX_FORMS, read_array, read_table


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    home = tmp_path / "own"
    home.mkdir()
    monkeypatch.setenv("COURSE_FILES", str(home))
    return home


def refused(why: str, *args: object, read: object = read_array) -> str:
    with pytest.raises(sy.FileRefusedError, match=why) as caught:
        read(*args)  # type: ignore[operator]
    return str(caught.value)


# ---- tables ----


def test_a_table(folder: Path) -> None:
    (folder / "t.csv").write_text("a,label,b,c\n1,0,2.5,True\n3,1,4.5,False\n")
    features, labels = read_table("t.csv", "label")
    assert features.tolist() == [[1, 2.5, 1], [3, 4.5, 0]] and features.dtype is torch.float32
    assert labels.tolist() == [0, 1] and labels.dtype is torch.int64
    features, prices = read_table("t.csv", "b", ["label"])
    assert features.tolist() == [[0], [1]]
    assert prices.tolist() == [2.5, 4.5] and prices.dtype is torch.float32


def test_what_is_no_table_of_numbers_is_refused_without_a_value(folder: Path) -> None:
    (folder / "words.csv").write_text("a,label\nsecret,0\n4711,1\n")
    (folder / "gaps.csv").write_text("a,label\n4711,0\n,1\n")
    (folder / "headless.csv").write_text("4711,0\n4712,1\n")
    (folder / "empty.csv").write_text("")
    (folder / "ragged.csv").write_text("a,label\n1,2\n4711,4712,4713,4714\n")
    (folder / "binary.csv").write_bytes(bytes(range(256)))
    texts = [
        refused("column 1 of those asked for holds words", "words.csv", "label", read=read_table),
        refused("column 1 of those asked for has gaps", "gaps.csv", "label", read=read_table),
        refused("no column 'label'", "headless.csv", "label", read=read_table),
        refused("cannot be read as a table", "empty.csv", "label", read=read_table),
        refused("cannot be read as a table", "ragged.csv", "label", read=read_table),
        refused("does not read", "binary.csv", "label", read=read_table),
        refused("no column 'age'", "words.csv", "label", ["age"], read=read_table),
    ]
    assert not any(value in text for text in texts for value in ("secret", "4711", "4712", "4713"))


# ---- arrays ----


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8", ">i4", ">f8", "bool"])
def test_an_array_of_numpy(folder: Path, dtype: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    np.save(folder / "x.npy", array)
    assert torch.equal(read_array("x.npy"), torch.from_numpy(array.astype(array.dtype.newbyteorder("="))))


def idx(array: np.ndarray, form: int) -> bytes:  # type: ignore[type-arg]
    return struct.pack(f">HBB{array.ndim}I", 0, form, array.ndim, *array.shape) + array.tobytes()


@pytest.mark.parametrize("form", IDX_FORMS)
@given(shape=st.lists(st.integers(0, 4), min_size=1, max_size=3), packed=st.booleans())
def test_an_idx_file(tmp_path_factory: pytest.TempPathFactory, form: int, shape: list[int], packed: bool) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(IDX_FORMS[form])
    home = tmp_path_factory.mktemp("idx")
    name = "some-idx-file.gz" if packed else "some.idx"
    content = idx(array, form)
    (home / name).write_bytes(gzip.compress(content) if packed else content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_FILES", str(home))
        read = read_array(name)
    assert read.shape == tuple(shape) and read.tolist() == array.tolist()


def test_what_is_no_array_is_refused(folder: Path) -> None:
    whole = idx(np.arange(6, dtype="u1"), 0x08)
    for name, content in {
        "cut.idx": whole[:-1], "long.idx": whole + b"0", "other.idx": b"\0\1" + whole[2:],
        "form.idx": b"\0\0\7\1" + whole[4:], "empty.idx": b"", "head.idx": whole[:6], "x-idx.gz": whole,
        "broken-idx.gz": gzip.compress(whole)[:-9], "text.npy": b"4711", "empty.npy": b"",
    }.items():  # fmt: skip
        (folder / name).write_bytes(content)
        assert "4711" not in refused("does not hold a whole array", name)
    np.save(folder / "objects.npy", np.array([{"a": 1}], dtype=object))
    np.savez(folder / "several.npz", a=np.ones(1), b=np.ones(1))
    np.save(folder / "words.npy", np.array(["a", "b"]))
    (folder / "archive.npy").write_bytes((folder / "several.npz").read_bytes())
    for name in ("objects.npy", "words.npy", "archive.npy"):
        refused("does not hold a whole array", name)
    refused("neither a .npy nor an IDX file", "several.npz")


class Bomb:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.path), "w")


@pytest.mark.parametrize("name", ["model.pt", "rows.pkl", "rows.npy", "rows.idx"])
def test_a_pickle_is_never_opened(folder: Path, name: str) -> None:
    made = folder / "made"
    (folder / name).write_bytes(pickle.dumps(Bomb(made)))
    refused("does not read", name)
    assert not made.exists()
    pickle.loads(pickle.dumps(Bomb(made))).close()
    assert made.exists()  # so it would have


# ---- the folder ----


def test_only_files_of_the_folder_are_read(folder: Path) -> None:
    np.save(folder.parent / "outside.npy", np.ones(2))
    np.save(folder / "inside.npy", np.ones(3))
    (folder / "below").mkdir()
    np.save(folder / "below" / "deep.npy", np.ones(4))
    assert read_array("inside.npy").shape == (3,)
    assert read_array(str(folder / "inside.npy")).shape == (3,)
    assert read_array("below/../below/deep.npy").shape == (4,)
    outside = "outside the folder that its owner has opened"
    refused(outside, "../outside.npy")
    refused(outside, str(folder.parent / "outside.npy"))
    refused(outside, "below/../../outside.npy")
    refused("no such file", "below")
    refused("no such file", "other.npy")
    refused("not the name of a file", "a\0b.npy")


@pytest.mark.skipif(os.name == "nt", reason="a link needs more rights on Windows")
def test_a_link_out_of_the_folder_is_not_followed(folder: Path) -> None:
    np.save(folder.parent / "outside.npy", np.ones(2))
    (folder / "link.npy").symlink_to(folder.parent / "outside.npy")
    refused("outside the folder", "link.npy")


def test_without_a_folder_it_is_the_one_where_the_worker_was_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("COURSE_FILES", raising=False)
    monkeypatch.chdir(tmp_path)
    np.save("here.npy", np.ones(2))
    assert read_array("here.npy").shape == (2,)
    refused("outside", "../here.npy")
