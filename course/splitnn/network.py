"""SplitNN: the parts of one network at their owners, with their optimizers.

    parts = [first.send(alice), middle.send(bob), last.send(claire)]
    net = sy.SplitNN(parts, [optim.SGD(part.parameters(), lr=0.1) for part in parts])
    loss = net.learn(x, y)          # x at alice, y at claire: pointers, as the loss is

Any owners in any order, one owner with several parts too. Whoever has the last part needs the labels. So there are
three well-known shapes. Plain: the labels are at the end of the chain, apart from the data. U-shape: the first and the
last part lie with the owner of data and labels, who gives away neither. Vertical: several first parts side by side,
each at the owner of some of the columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from course import modules
from course.errors import LabelsElsewhereError, NoLabelOwnerError, NoOwnerError, RelayOrderError
from course.many import MultiPointerTensor
from course.pointers import PointerTensor
from course.splitnn.relay import Relay
from course.virtual_worker import VirtualWorker

__all__ = ["SplitNN"]


class SplitNN(nn.Module):
    """A network in parts, each a module that was sent to its owner.

    parts: in the order of the forward pass. The first may be a list of modules side by side, each for columns of its
    own; what they make is joined along dimension 1 where the next part is. optimizers: torch's, over the parameters of
    the parts, usually one for each part.

    Each part computes what it would in the whole network, dropout and BatchNorm included. But a part must not begin in
    place, as with nn.ReLU(inplace=True): torch changes no leaf in place. `relay` is the last forward pass.
    """

    def __init__(
        self, parts: Sequence[nn.Module | Sequence[nn.Module]], optimizers: Iterable[torch.optim.Optimizer] = ()
    ) -> None:
        super().__init__()
        self.parts = nn.ModuleList(part if isinstance(part, nn.Module) else nn.ModuleList(part) for part in parts)
        if not len(self.parts) or any(isinstance(part, nn.ModuleList) for part in list(self.parts)[1:]):
            raise ValueError("a network has at least one part, and only its first may be several side by side")
        self.optimizers = list(optimizers)
        self.relay: Relay | None = None
        self.passed: list[VirtualWorker] = []  # the owners of that pass

    def forward(self, x: Any) -> Any:
        """The output for these inputs, a pointer at the owner of the last part. A list for parts side by side.

        1. Each first part computes with what its owner has. No input leaves its owner.
        2. What it made goes on to the owner of the next part, over a cut.
        3. That part computes with what arrived, joined if it came from several, and so on to the last part.
        """
        self.relay, self.passed = Relay(), self.owners
        firsts, *others = self.stages()
        columns = x if isinstance(self.parts[0], nn.ModuleList) else [x]
        outputs = [part(given) for part, given in zip(firsts, columns, strict=True)]
        for (part,), owner in zip(others, self.passed[len(firsts) :], strict=True):
            arrived = [self.relay.cut(output, owner) for output in outputs]
            outputs = [part(arrived[0] if len(arrived) == 1 else torch.cat(arrived, dim=1))]
        return outputs[0]

    def stages(self) -> list[list[nn.Module]]:
        """The parts in order; the first of these lists has several if they lie side by side."""
        return [list(part) if isinstance(part, nn.ModuleList) else [part] for part in self.parts]

    def backward(self) -> None:
        """After `loss.backward()` at the label owner: the gradients go back over the cuts of the last forward pass.

        Raises RelayOrderError if there was none, or if a part has moved on since.
        """
        if self.relay is None or self.passed != self.owners:
            raise RelayOrderError(
                "there was no forward pass since the parts are where they are",
                "Call net(x), then backward() on the loss, then net.backward()",
            )
        self.relay.backward()

    def learn(self, x: Any, y: Any, loss: Callable[[Any, Any], Any] = F.cross_entropy) -> Any:
        """One training step. A pointer to the loss, at the label owner.

        1. Every owner forgets the gradients of the step before.
        2. Forward relay: from the data owner over each cut to the label owner.
        3. The label owner computes the loss, and its gradient down to what arrived there.
        4. Backward relay: the gradients go back over the same cuts.
        5. Every owner takes a step with the optimizer of its part.

        Raises NoLabelOwnerError for labels that are here, LabelsElsewhereError for labels that are not where the last
        part is.
        """
        self.check_labels(y)
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        output = self(x)
        lost = loss(output, y)
        lost.backward()
        self.backward()
        for optimizer in self.optimizers:
            optimizer.step()
        return lost.detach()

    def rotate(self, data_owner: VirtualWorker, label_owner: VirtualWorker | None = None) -> None:
        """Hand the first part on to the next data owner, and the last to its label owner: the same unless named.

        They go from owner to owner, without gradients and not through you. The next owner sees their parameters, which
        were learned from the data before. Optimizers follow: what they keep moves when they next step.
        """
        if isinstance(self.parts[0], nn.ModuleList):
            raise ValueError("parts side by side stay with the owners of their columns: no other has data for them")
        self.relay = None
        for part, owner in ((self.parts[0], data_owner), (self.parts[-1], label_owner or data_owner)):
            owner_of(part)
            part.zero_grad()
            modules.move(part, owner)

    @property
    def owners(self) -> list[VirtualWorker]:
        """Who has each part, in order. NoOwnerError for a part that is here."""
        return [owner_of(part) for stage in self.stages() for part in stage]

    @property
    def label_owner(self) -> VirtualWorker:
        """Who has the last part, and needs the labels."""
        return owner_of(self.parts[-1])

    def check_labels(self, y: Any) -> None:
        """NoLabelOwnerError or LabelsElsewhereError unless the labels are where the last part is."""
        owner = self.label_owner
        if not isinstance(y, (PointerTensor, MultiPointerTensor)):
            raise NoLabelOwnerError("the loss", owner.id)
        places = y.location if isinstance(y, MultiPointerTensor) else [y.location]
        if places != [owner]:
            raise LabelsElsewhereError(" and ".join(place.id for place in places), owner.id)


def owner_of(part: nn.Module) -> VirtualWorker:
    """The worker of a part. NoOwnerError for one that is here."""
    owner = modules.location(part)
    if owner is None:
        raise NoOwnerError(f"A part of this network ({type(part).__name__})", "SplitNN")
    return owner
