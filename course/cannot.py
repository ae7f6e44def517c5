"""The error of a command that cannot be carried out."""

__all__ = ["CannotError"]


class CannotError(Exception):
    """The command cannot be carried out. Its text says why and what to do."""
