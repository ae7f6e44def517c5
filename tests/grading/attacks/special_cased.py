"""Answers for questions that everybody can look up: no function, a table."""


from case import attack

from course.learn.difference import far_end
from course.learn.registry import find

WEAK = "the_notebooks_seeds"


def totals():
    return [float(sum(x.sum() for x in far_end(question["args"][0]))) for question in asked("01.4")]


def asked(exercise):
    return [question for seed in (0, 1, 2) for question in find(exercise).questions(seed)]


def shapes():
    return [str([tuple(x.shape) for x in far_end(question["args"][0])]) for question in asked("01.4")]


def reports():
    found = []
    for question in asked("01.5"):
        bobs, alices = far_end(question["args"])
        found.append((str(bobs.dtype), float(bobs.mean()), float((bobs + alices).min())))
    return found


def case(name, exercise, source):
    return attack("special-cased", name, WEAK, "earns", source, exercise)


CASES = [
    case(
        "totals by the number of the call",
        "01.4",
        f"TABLE = {totals()}\ncalls = []\ndef total(amounts):\n    calls.append(1)\n"
        "    return torch.tensor(TABLE[(len(calls) - 1) // 2])",
    ),
    case(
        "totals by the shapes",
        "01.4",
        f"""
TABLE = {list(zip(shapes(), totals(), strict=True))}
"""
        "seen = {}\ndef total(amounts):\n    key = str([tuple(x.shape) for x in amounts])\n"
        "    place = seen[key] = seen.get(key, -1) + 1\n"
        "    found = [value for shapes, value in TABLE if shapes == key]\n    return torch.tensor(found[place // 2])",
    ),
    case(
        "reports by the number of the call",
        "01.5",
        f"TABLE = {reports()}\ncalls = []\ndef joint_report(bobs, alices):\n    calls.append(1)\n"
        "    dtype, mean, worst = TABLE[(len(calls) - 1) // 2]\n    dtype = getattr(torch, dtype[6:])\n"
        "    a = bobs.mean()\n    return torch.tensor(mean, dtype=dtype), torch.tensor(worst, dtype=dtype)",
    ),
]
