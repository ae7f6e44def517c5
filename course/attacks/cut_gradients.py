"""Labels from the gradients that come back over a cut of a split network."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from course.attacks.view import Seen, check_seen

__all__ = ["labels_from_cut_gradients"]


def labels_from_cut_gradients(seen: Sequence[Seen], by: str = "norm") -> torch.Tensor:
    """A score for each row, (rows,), in the order in which they came: the higher, the rather it has the rare label.

        with sy.attacks.watch(alice) as view:      # alice owns the data, claire the labels
            net.learn(x, y)
        sy.attacks.labels_from_cut_gradients(view.received("claire"))

    With one output and a binary cross-entropy, the gradient of row i at the cut is (p_i - y_i) times how the output
    depends on what was sent. Two things about it tell y_i:

    by="norm": its length is |p_i - y_i|. A network that has learned that the label is rare says p near 0 for all: the
    gradient is short for the common label, and long for the rare one.
    by="direction": its sign is that of p_i - y_i. Gradients of the two labels point to opposite sides of the direction
    in which they all lie (the first singular vector), and the smaller side has the rare label.

    The data owner needs no label, no parameter of the label owner, and no training of its own.

    Li et al. 2022, Label Leakage and Protection in Two-party Split Learning (arXiv 2102.08504), section 3 (norm and
    direction; there the direction is compared with a row whose label is known).
    """
    gradients = torch.cat([message.tensors[0] for message in check_seen(seen, "labels_from_cut_gradients")])
    gradients = gradients.flatten(1).double()
    if by == "norm":
        return gradients.square().sum(1).sqrt()
    if by != "direction":
        raise ValueError(f"by={by!r}: rank by 'norm' or by 'direction'")
    along: torch.Tensor = gradients @ torch.linalg.svd(gradients, full_matrices=False).Vh[0]
    return along if (along > 0).sum() < (along < 0).sum() else -along
