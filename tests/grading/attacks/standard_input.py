"""What the grader is fed with is not the answer's to read."""

from case import attack

WEAK = "the_graders_input"
SHOUTS = "\ndef remote_mean(x, y):\n    raise ValueError(found[-400:])\n"

CASES = [
    attack("standard input", "input()", WEAK, "leaks", "found = input()" + SHOUTS),
    attack("standard input", "file 0", WEAK, "leaks", "import os\nfound = os.read(0, 400).decode()" + SHOUTS),
]
