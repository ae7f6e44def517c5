"""Judges weakened in one way each, most of them as a grader in use is. `weakened()` yields other seats, or None."""
