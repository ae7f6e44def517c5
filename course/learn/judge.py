"""Verdicts in a process that runs no answers.

    python -m course.learn.judge [file.py ...] < evidence > outcomes

Each line of the input is one encoded (exercise id, question, evidence); each line of the output the tag and
the text of what it decides. The files are exercise files outside of `course.exercises`.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import TextIO

from course.learn.outcome import decide
from course.learn.plain import decode, encode
from course.learn.registry import find


def judge(line: str) -> str:
    """One encoded verdict: ["fine", ""] or [tag, text]."""
    id, question, evidence = decode(line)
    outcome = decide(find(id), question, evidence)
    return encode(["fine", ""] if outcome is None else [outcome.tag, outcome.text])


def main(files: list[str], lines: TextIO, out: TextIO) -> None:
    """Judge every line."""
    for number, file in enumerate(files):
        spec = importlib.util.spec_from_file_location(f"exercises_{number}", file)
        assert spec is not None and spec.loader is not None
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    for line in lines:
        out.write(judge(line) + "\n")
        out.flush()


if __name__ == "__main__":
    main(sys.argv[1:], sys.stdin, sys.stdout)
