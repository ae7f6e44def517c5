"""No attack takes what no attacker has: a model, a pointer, a tensor, nothing."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import course as sy
from course import attacks

X, Y, MODEL = torch.ones(2, 3), torch.tensor([0, 1]), nn.Linear(3, 2)

ATTACKS: dict[str, Callable[[Any], Any]] = {
    "input_from_update": attacks.input_from_update,
    "label_from_update": attacks.label_from_update,
    "label_counts": lambda given: attacks.label_counts(given, 2, 0.1, MODEL, X),
    "inputs_by_matching": lambda given: attacks.inputs_by_matching(given, MODEL, Y, (3,)),
    "update_left_out": lambda given: attacks.update_left_out(given, given, 2, 1),
    "update_of_the_rest": lambda given: attacks.update_of_the_rest(given, "theo", {"bob": 1, "alice": 1}, "bob"),
    "membership_by_loss": lambda given: attacks.membership_by_loss(given, MODEL, X, Y),
    "membership_by_lira": lambda given: attacks.membership_by_lira(given, MODEL, X, Y),
    "labels_from_cut_gradients": attacks.labels_from_cut_gradients,
    "inputs_from_activations": lambda given: attacks.inputs_from_activations(given, given, X),
}


def test_each_attack_is_tried() -> None:
    found = {name for name in attacks.__all__ if name.startswith(("input", "label", "update", "membership"))}
    assert found == ATTACKS.keys()


@pytest.mark.parametrize("given", ["model", "pointer", "tensor", "tensors", "None"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_what_no_attacker_saw_is_refused(bob: sy.VirtualWorker, attack: str, given: str) -> None:
    model, pointer = nn.Linear(3, 2), torch.ones(3).send(bob)
    secret = {"model": model, "pointer": pointer, "tensor": X, "tensors": [X, Y], "None": None}[given]
    with pytest.raises(attacks.NotSeenError, match=rf"^{attack}\(\) takes"):
        ATTACKS[attack](secret)
