"""A class that hands in notebook 01: right and wrong answers of the gates, untouched notebooks, broken files.

    python tests/grade/students.py FOLDER 40      # writes them, and a roster beside the folder
"""

from __future__ import annotations

import json
import random
import re
import sys
from pathlib import Path
from typing import Any

from course.authoring.answers import known_answers
from course.learn.help import reference

ROOT = Path(__file__).resolve().parents[2]
(NOTEBOOK,) = ROOT.glob("notebooks/01_*.ipynb")
MARKER = re.compile(r"# exercise (\w\w\.\d+)")


def notebook(answers: dict[str, str]) -> dict[str, Any]:
    """The student's notebook with these answers, by exercise; the others stay as they were given out."""
    found: dict[str, Any] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    for cell in found["cells"]:
        source = "".join(cell["source"])
        marker = MARKER.match(source)
        if cell["cell_type"] == "code" and marker and marker[1] in answers:
            cell["source"] = f"{marker[0]}\n{answers[marker[1]].strip()}\n"
    return found


def right() -> dict[str, str]:
    """The reference of each exercise."""
    return {f"01.{place}": reference(f"01.{place}") or "" for place in range(1, 6)}


def hand_in(folder: Path, size: int, seed: int = 0) -> Path:
    """Write so many students' folders and return the path of their roster."""
    draw = random.Random(seed)
    wrong = {id: [one.source for one in known.wrong] for id, known in known_answers("01", ROOT).items()}
    lines = ["student,name,email"]
    for number in range(1, size + 1):
        skill, answers = draw.random(), {}
        for id, source in right().items():
            luck = draw.random()
            if luck < 0.25 + 0.7 * skill:
                answers[id] = source
            elif luck < 0.9:
                answers[id] = draw.choice(wrong[id])
        place = folder / f"s{number:03d}" / NOTEBOOK.name
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(notebook(answers)), encoding="utf-8")
        lines.append(f"s{number:03d},Student Number{number},s{number:03d}@example.org")
    roster = folder.parent / "roster.csv"
    roster.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return roster


if __name__ == "__main__":
    print(hand_in(Path(sys.argv[1]), int(sys.argv[2])))
