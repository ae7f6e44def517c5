"""Answers run in forks of the grader: its files, its environment and what it has imported are theirs."""

import contextlib


@contextlib.contextmanager
def weakened():
    yield None
