"""One file over HTTP, with a time-out, a bound on its size and a progress bar."""

import sys
from http.client import HTTPException, HTTPResponse
from types import TracebackType
from typing import Self
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from course.datasets.errors import DownloadError

CHUNK = 1 << 16


def download(url: str, *, limit: int, timeout: float, progress: bool = True) -> bytes:
    """The file at `url`, whole.

    limit: the most bytes to accept. timeout: the most seconds to wait for the next byte.
    progress: show a bar on stderr.
    Raises DownloadError, with the reason, when the file did not come whole.
    """
    if not url.startswith(("https://", "http://")):
        raise DownloadError(f"{url}: an address starts with https:// or http://")
    try:
        request = Request(url, headers={"User-Agent": "private-ai-course"})
        with urlopen(request, timeout=timeout) as answer:
            return _read(answer, limit, progress)
    except TimeoutError as problem:
        raise DownloadError(f"{url}: not a byte came for {timeout:g} seconds") from problem
    except HTTPError as problem:
        raise DownloadError(f"{url}: {problem}") from problem
    except URLError as problem:
        raise DownloadError(f"{url}: {problem.reason}") from problem
    except (OSError, HTTPException, ValueError) as problem:  # ValueError: an address that no host can have
        raise DownloadError(f"{url}: {problem}") from problem


def _read(answer: HTTPResponse, limit: int, progress: bool) -> bytes:
    total, content = answer.length, bytearray()
    with ProgressBar(_name(answer.url), total, progress) as bar:
        while chunk := answer.read1(CHUNK):
            content += chunk
            if len(content) > limit:
                raise DownloadError(f"{answer.url}: longer than the {limit} bytes that the file can have")
            bar.show(len(content))
    if total is not None and len(content) < total:
        raise DownloadError(f"{answer.url}: cut off after {len(content)} of {total} bytes")
    return bytes(content)


def _name(url: str) -> str:
    return url.rsplit("/", 1)[-1]


class ProgressBar:
    """A line on stderr that is drawn anew at each twentieth of a file (ASCII, for any terminal)."""

    STEPS = 20

    def __init__(self, label: str, total: int | None, visible: bool = True) -> None:
        self.label, self.total = label, total
        self.stream = sys.stderr if visible else None
        self.drawn = -1

    def __enter__(self) -> Self:
        self.show(0)
        return self

    def show(self, done: int) -> None:
        """`done` bytes are here; draws only when that moves the bar."""
        step = done * self.STEPS // self.total if self.total else done >> 20
        if self.stream and step != self.drawn:
            self.drawn = step
            self.stream.write(f"\r{self.label} {self._state(step, done)}")
            self.stream.flush()

    def _state(self, step: int, done: int) -> str:
        if not self.total:
            return f"{done / 1e6:.1f} MB"
        bar = ("#" * step).ljust(self.STEPS, ".")
        return f"[{bar}] {done / 1e6:.1f} of {self.total / 1e6:.1f} MB"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.stream:
            self.stream.write("\n")
