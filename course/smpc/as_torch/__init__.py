"""What torch asks of a shared tensor, and which program its holders run for that.

Reading order: table, then what is in it: arithmetic, form, comparisons, functions, windows, losses.
"""

from course.smpc.as_torch import arithmetic, comparisons, form, functions, losses, windows
from course.smpc.as_torch.table import HANDLERS, do

__all__ = ["HANDLERS", "arithmetic", "comparisons", "do", "form", "functions", "losses", "windows"]
