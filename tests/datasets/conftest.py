"""Files of MNIST's form, an empty cache, and a real web server that behaves well or badly."""

import gzip
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch
from sklearn.datasets import load_digits
from torch.nn.functional import interpolate

from course.datasets.mnist_28x28 import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, IdxFile

PAGE = b"\n<!DOCTYPE html><title>Please log in</title>"


@pytest.fixture(scope="session")
def idx_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with four files of MNIST's names and form, packed: scikit-learn's digits, enlarged and repeated.

    The test files hold them backwards, so that nobody takes the one pair of files for the other.
    """
    folder = tmp_path_factory.mktemp("idx_files")
    bunch = load_digits()
    small = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1)
    images = interpolate(small, size=(28, 28), mode="bilinear").squeeze(1).mul(255 / 16).to(torch.uint8)
    labels = torch.tensor(bunch.target, dtype=torch.uint8)
    write_idx(folder, TRAIN_IMAGES, images)
    write_idx(folder, TRAIN_LABELS, labels)
    write_idx(folder, TEST_IMAGES, images.flip(0))
    write_idx(folder, TEST_LABELS, labels.flip(0))
    return folder


def write_idx(folder: Path, file: IdxFile, values: torch.Tensor) -> None:
    """Write `values` in the form of `file`, as often as it takes to fill it.

    IDX: two zero bytes, 8 for uint8, the number of dimensions, each size in four bytes, then the values.
    """
    count, *_ = file.shape
    filled = values.repeat(count // len(values) + 1, *[1] * (values.dim() - 1))[:count]
    header = struct.pack(f">HBB{len(file.shape)}I", 0, 8, len(file.shape), *file.shape)
    (folder / f"{file.name}.gz").write_bytes(gzip.compress(header + filled.numpy().tobytes(), compresslevel=1))


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache folder, and no other place to look in: no COURSE_DATA, no mirror, no proxy."""
    for name in ("COURSE_DATA", "COURSE_MNIST_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder = tmp_path / "cache"
    monkeypatch.setenv("COURSE_CACHE", str(folder))
    return folder


class Mirror(ThreadingHTTPServer):
    """Serves http://127.0.0.1:port/BEHAVIOUR/FILE; `asked` lists what was asked for."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.asked: list[str] = []
        self.released = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up early is part of the tests: its trace would stand in the output of a later one."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def url(self, behaviour: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{behaviour}"


class Handler(BaseHTTPRequestHandler):
    """One request; the first part of the path says how to behave."""

    server: Mirror

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        _, behaviour, name = self.path.split("/")
        getattr(self, f"serve_{behaviour}")((self.server.folder / name).read_bytes())

    def answer(self, content: bytes, length: int | None) -> None:
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    def serve_good(self, content: bytes) -> None:
        self.answer(content, len(content))

    def serve_lengthless(self, content: bytes) -> None:
        self.answer(content, None)

    def serve_unpacked(self, content: bytes) -> None:
        raw = gzip.decompress(content)
        self.answer(raw, len(raw))

    def serve_broken(self, content: bytes) -> None:
        middle = len(content) // 2
        self.answer(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :], len(content))

    def serve_other(self, content: bytes) -> None:
        """A sound gzip file with one other digit in it."""
        raw = bytearray(gzip.decompress(content))
        raw[-1] ^= 1
        changed = gzip.compress(bytes(raw))
        self.answer(changed, len(changed))

    def serve_cut(self, content: bytes) -> None:
        self.answer(content[: len(content) // 2], len(content))

    def serve_cutlengthless(self, content: bytes) -> None:
        self.answer(content[: len(content) // 2], None)

    def serve_stalling(self, content: bytes) -> None:
        self.answer(content[: len(content) // 2], len(content))
        self.wfile.flush()
        self.server.released.wait()

    def serve_login(self, content: bytes) -> None:
        self.answer(PAGE, len(PAGE))

    def serve_endless(self, content: bytes) -> None:
        much = bytes(1 << 17)
        self.answer(much, len(much))

    def serve_bomb(self, content: bytes) -> None:
        small = gzip.compress(bytes(1 << 24))
        self.answer(small, len(small))

    def serve_missing(self, content: bytes) -> None:
        self.send_error(404)

    def serve_hangup(self, content: bytes) -> None:
        """Closes the connection without a word."""

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr: that is where the progress bar is looked for."""


@pytest.fixture
def nobody() -> Iterator[str]:
    """A web address at which nobody listens; the port is held, so that nobody else can."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/mnist"


@contextmanager
def serve(folder: Path) -> Iterator[Mirror]:
    """A web server on this machine with the files of `folder`."""
    with Mirror(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def mirror(idx_files: Path) -> Iterator[Mirror]:
    with serve(idx_files) as server:
        yield server
