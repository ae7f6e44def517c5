"""The small notebooks of the classroom's tests, handed in; a class and a judge of the tests' own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "learn"))
sys.path.insert(0, str(Path(__file__).parent))
