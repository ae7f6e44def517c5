"""What one holder's shares alone tell, where a split draws its masks badly."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["leaks"]

Split = Callable[[Tensor], tuple[Tensor, Tensor]]


def leaks(split: Split) -> list[str]:
    """Which of five leaks a split into two shares has: of one salary, and of the next months'.

    None found is no proof that there is none.
    """
    pays = torch.tensor([3200, 2900])  # two people at once: twice, and 100 times more
    splits = [split(pays + more) for more in [0, 250] + 100 * [0]]
    first, then, *others = [torch.stack([share.expand(2) for share in one]) for one in splits]
    far = (torch.stack(others) - pays).double().abs().amax((0, 2))  # of each holder's shares
    bits = torch.stack([(torch.stack(others) >> place) & 1 for place in range(64)])  # of the same salaries' shares
    tells = {
        "they do not add up": not torch.equal(then.sum(0), pays + 250),
        "the raise, from month to month": bool((then - first == 250).any()),
        "what two people differ by": bool((then[:, 0] - then[:, 1] == 300).any()),
        "about how large a salary is": bool(far.min() < 2**54),
        "a bit of a share that is always the same": bool((bits == bits[:, :1]).all(1).any()),
    }
    return [what for what, wrong in tells.items() if wrong]
