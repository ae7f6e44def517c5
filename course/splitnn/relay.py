"""A relay: one pass through the parts of a network that lie with several owners.

    relay = sy.Relay()
    hidden = relay.cut(first(x), bob)                # from alice, who has x and the first part, to bob
    loss = F.cross_entropy(second(hidden), labels)   # at bob
    loss.backward()                                  # fills the gradients of bob's part, down to `hidden`
    relay.backward()                                 # from bob to alice: the gradient of `hidden`

No autograd graph spans two owners. So the network is cut wherever an output goes on to somebody else: what arrives
there is a leaf, the start of a graph of its own. By the chain rule the gradient of that leaf is all that the sender
needs to go on: `output.backward(gradient)`. The result is that of the whole network.

Activations and gradients go from owner to owner. Whoever orchestrates sees no value, but the owners see each other's:
the receiver of a cut sees activations, its sender gradients.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from course.errors import BackwardTwiceError, NoOwnerError, NothingToDifferentiateError, RelayOrderError
from course.pointers import PointerTensor
from course.virtual_worker import VirtualWorker, check_worker

__all__ = ["Cut", "Relay"]


class Cut(NamedTuple):
    """Where one owner's graph ends and the next one's starts."""

    output: Any  # at its owner, with its graph
    arrived: Any  # the same numbers where they went: a leaf, whose gradient goes back


class Relay:
    """One pass over several owners: its cuts, in the order of the forward pass."""

    def __init__(self) -> None:
        self.cuts: list[Cut] = []
        self.went_back = False

    def cut(self, output: Any, worker: VirtualWorker) -> Any:
        """Hand the output of a part on to this worker. A pointer to what arrives.

        1. The output's owner takes its numbers without their graph.
        2. They go to the worker, in one message; to a part of the same owner there is no way to go.
        3. What arrives is a leaf that asks for a gradient; the relay remembers both ends.

        Under torch.no_grad() there is no gradient to come back, and the numbers are handed on alone. Raises
        NothingToDifferentiateError, before anything leaves, for an output without a graph.
        """
        check_worker(worker, "cut")
        if not isinstance(output, PointerTensor):
            raise NoOwnerError("What should go on", "a relay")
        learning = torch.is_grad_enabled()
        if learning and not output.requires_grad:
            raise NothingToDifferentiateError(output.location.id, worker.id)
        arrived: Any = output.detach()
        if worker is not output.location:
            arrived.move(worker, requires_grad=learning)
        elif learning:
            arrived.requires_grad_()
        if learning:
            self.cuts.append(Cut(output, arrived))
        return arrived

    def backward(self) -> None:
        """Send the gradients back, after `loss.backward()`. For each cut, the last one first:

        1. The owner of what arrived takes the gradient of that leaf.
        2. It goes back to the owner of the output, in one message.
        3. There the backward pass goes on from the output, down to the leaf of the cut before.

        Raises RelayOrderError for a leaf that has no gradient yet, BackwardTwiceError for a second time.
        """
        if self.went_back:
            owners = dict.fromkeys(cut.output.location.id for cut in reversed(self.cuts))
            raise BackwardTwiceError(f"{len(self.cuts)} cuts", ", ".join(owners))
        for at, (output, arrived) in reversed(list(enumerate(self.cuts))):
            gradient = arrived.grad
            if gradient is None:
                raise RelayOrderError(
                    f"no gradient has reached the cut from {output.location.id} to {arrived.location.id} yet",
                    "Call backward() on the loss first, at the last owner; it has to depend on what went over the cut",
                )
            self.went_back = True
            gradient = gradient.detach()
            if arrived.location is not output.location:
                gradient.move(output.location)
            # Something else that this owner made of the same graph may have crossed before, and comes back later.
            comes_again = any(before.output.location is output.location for before in self.cuts[:at])
            output.backward(gradient, retain_graph=comes_again)
