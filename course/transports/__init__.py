"""How messages travel: `in_process` calls the worker, `process` writes bytes to another process (`host`) that has it.

A transport carries messages and nothing else; every one has the methods of `in_process.Network`. `course/codec.py`
turns messages into bytes and back.
"""
