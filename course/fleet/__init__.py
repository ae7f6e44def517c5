"""A fleet: thousands of clients trained as one batched program, in the words of `course.federated`.

Reading order: fleet (the class, and the local steps of a chunk of clients), schedule (who reads which rows when),
gradients (of many clients at once; what cannot be batched), dropout (each client's own).
"""

from course.fleet.fleet import Fleet
from course.fleet.gradients import CannotBatchError

__all__ = ["CannotBatchError", "Fleet"]
