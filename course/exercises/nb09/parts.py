"""What the exercises of notebook 09 share: a small network in parts, at owners or here, and its relay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from course.learn.exercise import Draw, Question, workers
from course.learn.plain import Plain, Pointer, observe
from course.pointers import PointerTensor

Rule = Callable[[torch.Tensor, torch.Tensor], Any]  # what a part differentiates, of output and gradient


def drawn(draw: Draw, widths: Sequence[int]) -> list[Plain]:
    """Weight and bias of a layer between each two of these widths."""
    pairs = zip(widths, widths[1:], strict=False)
    return [(draw.normal(after, before), draw.normal(after) / 2) for before, after in pairs]


def made(weights: Sequence[Plain]) -> list[nn.Module]:
    """A part for each layer, a linear map and a tanh, here."""
    return [_part(weight, bias) for weight, bias in weights]


def _part(weight: torch.Tensor, bias: torch.Tensor) -> nn.Module:
    linear = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        linear.weight.copy_(weight)
        linear.bias.copy_(bias)
    return nn.Sequential(linear, nn.Tanh())


def sent(weights: Sequence[Plain], places: Sequence[str]) -> list[nn.Module]:
    """The parts, each at its worker."""
    parts: list[Any] = made(weights)
    for part, place in zip(parts, places, strict=True):
        part.send(*workers(place))
    return parts


def passed(parts: Sequence[Any], x: Any) -> tuple[list[Any], list[Any]]:
    """A forward relay: what arrives at each part, and what leaves it; here or at owners."""
    inputs, outputs = [x], [parts[0](x)]
    for part in parts[1:]:
        arrived = outputs[-1].detach()
        if isinstance(arrived, PointerTensor):
            arrived = arrived.move(part.location)
        inputs.append(arrived.requires_grad_())
        outputs.append(part(inputs[-1]))
    return inputs, outputs


def squared(prediction: Any, y: Any) -> Any:
    """The loss of this notebook: the sum of squared errors."""
    return ((prediction - y) ** 2).sum()


def relayed(
    parts: Sequence[nn.Module], x: torch.Tensor, y: torch.Tensor, rule: Rule
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """A whole relay here, with this rule at each cut: the loss, and the gradients that came back to each output."""
    inputs, outputs = passed(parts, x)
    loss: Any = squared(outputs[-1], y)
    loss.backward()
    arrived: list[torch.Tensor] = []
    for i in reversed(range(len(parts) - 1)):
        gradient = inputs[i + 1].grad.clone()
        rule(outputs[i], gradient).backward()
        arrived.insert(0, gradient)
    return loss.detach(), arrived


def replay(question: Question, rule: Rule) -> tuple[list[Plain], list[torch.Tensor]]:
    """A relay of the question's network here: all gradients of parameters, and those that came back."""
    parts = made(question["weights"])
    _, arrived = relayed(parts, question["x"], question["y"], rule)
    return gradients_of(parts), arrived


def right_rule(output: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """What an owner differentiates: its gradient is that of the chain rule."""
    return (output * gradient).sum()


def old_rule(output: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """The intermediate loss of a notebook of 2019."""
    return torch.matmul(output.t(), gradient).sum()


def ones_rule(output: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """Ones in place of the gradient."""
    return output.sum()


def mean_rule(output: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """Divided by how many numbers there are."""
    return (output * gradient).mean()


def activation_rule(output: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """The activations in place of their gradients."""
    return (output * output.detach()).sum()


def parameters_of(parts: Sequence[nn.Module]) -> list[Any]:
    """All parameters, part by part."""
    return [parameter for part in parts for parameter in part.parameters()]


def gradients_of(parts: Sequence[nn.Module]) -> list[Plain]:
    """The gradient of each parameter, None where it has none."""
    found = [parameter.grad for parameter in parameters_of(parts)]
    return [None if gradient is None else gradient.detach().clone() for gradient in found]


def ways(places: Sequence[str], numbers: Sequence[int], back: bool = False) -> dict[tuple[str, str], int]:
    """How many numbers may go from each owner to the next one, `numbers` for each cut; `back`: the other way."""
    allowed: Counter[tuple[str, str]] = Counter()
    for before, after, count in zip(places, places[1:], numbers, strict=False):
        if before != after:
            allowed[(after, before) if back else (before, after)] += count
    return dict(allowed)


def are_pointers(result: Any) -> bool:
    """Whether it is two lists of pointers, equally many, with tensors at their ends."""
    if not (isinstance(result, list | tuple) and len(result) == 2 and all(isinstance(part, list) for part in result)):
        return False
    items = [observe(item) for part in result for item in part]
    return len(result[0]) == len(result[1]) and all(
        isinstance(item, Pointer) and isinstance(item.value, torch.Tensor) for item in items
    )


def place_of(seen: Plain) -> str:
    """Where something that came back is, in words."""
    if not isinstance(seen, Pointer):
        return "no pointer"
    return f"at {seen.location}" if seen.value is not None else "gone"
