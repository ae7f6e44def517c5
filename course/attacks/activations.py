"""Inputs from the activations that go over a cut of a split network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from course.attacks.view import Seen, check_seen, watch
from course.errors import CourseError
from course.splitnn import SplitNN
from course.virtual_worker import VirtualWorker

__all__ = ["RowsDifferError", "decoded_by", "inputs_from_activations"]

BATCH = 128  # rows in a step of the decoder's training


class RowsDifferError(CourseError, ValueError):
    """An attacker's rows that are not those behind its activations."""


def inputs_from_activations(
    victim: Sequence[Seen], own: Sequence[Seen], own_rows: torch.Tensor, *, steps: int = 1000, seed: int = 0
) -> torch.Tensor:
    """The inputs behind a victim's activations, (rows, features), in the order in which they came.

        with sy.attacks.watch(claire) as view:     # claire has the next part; dan, who helps her, sent rows too
            net(dans_rows), net(alices_rows)
        sy.attacks.inputs_from_activations(view.received("alice"), view.received("dan"), rows_of_dan)

    1. The attacker has rows of its own, and sees what the same first part makes of them.
    2. Train a decoder from those activations to those rows.
    3. Apply it to the activations of the victim.

    The receiver gets its own rows through the first part by being a data owner too, or by helping one. It needs rows
    of the same kind as the victim's, not the parameters of the first part.

    He, Zhang, Lee 2019, Model Inversion Attacks Against Collaborative Inference (ACSAC 2019): the black-box attack by
    an inverse network.

    Raises RowsDifferError if there is not one own row for each of the own activations.
    """
    theirs = rows_of(check_seen(victim, "inputs_from_activations"))
    mine = rows_of(check_seen(own, "inputs_from_activations"))
    targets = own_rows.flatten(1)
    if len(targets) != len(mine):
        raise RowsDifferError(
            f"The attacker has {len(targets)} rows of its own and saw the activations of {len(mine)}: a decoder learns"
            f" from pairs, one row and what the first part made of it, in the same order. Give it the rows that were"
            f" sent, all of them."
        )
    decoder = train_decoder(mine, targets, steps, seed)
    with torch.no_grad():
        found: torch.Tensor = decoder(theirs)
    return found


def decoded_by(spy: VirtualWorker, network: SplitNN, own: torch.Tensor, hers: torch.Tensor) -> torch.Tensor:
    """A trial of the attack: what `spy`, who has one of the inner parts, makes of the owner's rows `hers`.

    The rows of both go through the network from the owner of its first part, `own` first. The spy has what arrives at
    its part, and its own rows.
    """
    owners = network.owners
    with torch.no_grad(), watch(spy) as view:
        for rows in (own, hers):
            network(rows.clone().send(owners[0]))  # type: ignore[attr-defined]
    mine, theirs = view.received(owners[owners.index(spy) - 1])
    return inputs_from_activations([theirs], [mine], own)


def train_decoder(activations: torch.Tensor, rows: torch.Tensor, steps: int, seed: int) -> nn.Module:
    """A network with one hidden layer from activations to rows, trained on random batches of them with Adam."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        decoder = nn.Sequential(nn.Linear(activations.shape[1], 256), nn.ReLU(), nn.Linear(256, rows.shape[1]))
        batches = torch.randint(len(rows), (steps, min(BATCH, len(rows))))
    optimizer = torch.optim.Adam(decoder.parameters(), lr=3e-3)
    for batch in batches:
        optimizer.zero_grad()
        F.mse_loss(decoder(activations[batch]), rows[batch]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return decoder


def rows_of(seen: Sequence[Seen]) -> torch.Tensor:
    """The activations of all messages, one row below the other."""
    return torch.cat([message.tensors[0].flatten(1) for message in seen])
