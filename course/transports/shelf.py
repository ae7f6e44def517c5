"""The shelf: memory that the notebook and its host share, for tensors that are neither small nor very large.

How it is used says `frames.py`. A pipe takes page after page from the system and gives them back; the shelf's stay, so
what lies there is copied at the speed of memory. It is nobody's file and goes with the last process that knows it,
however that ends. Only Linux has such memory: elsewhere all tensors go through the pipe.
"""

from __future__ import annotations

import mmap
import os
import sys

__all__ = ["new_shelf", "shared"]

SIZE = 8_388_608  # bytes; what is much larger leaves the cache between two copies, and a pipe is as fast


if sys.platform == "linux":

    def new_shelf() -> list[int]:
        """The file descriptor of new memory, for this process and one that inherits it; none where there is none."""
        file = os.memfd_create("course")
        os.truncate(file, SIZE)
        return [file]

else:

    def new_shelf() -> list[int]:
        return []


def shared(file: int) -> memoryview:
    """The memory behind a descriptor, which is closed."""
    memory = memoryview(mmap.mmap(file, SIZE))
    os.close(file)
    return memory
