"""How far two CPUs may differ: each adds float32 numbers in an order of its own, and every addition rounds."""

import torch

EPS = torch.finfo(torch.float32).eps


def rounding(additions: int) -> float:
    """The relative tolerance of a number that `additions` float32 additions, one after the other, lead to.

    Each addition is off by half an eps (1.2e-7) of its result at most; twice that, because two CPUs are compared.
    A training step counts as one addition: it adds one gradient to each parameter.
    """
    return additions * EPS
