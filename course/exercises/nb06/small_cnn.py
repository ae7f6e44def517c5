"""What the exercises of notebook 06 share: a very small convolutional network for images of 1 x 4 x 4."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from course.learn.plain import Plain


def cnn(weights: Sequence[torch.Tensor]) -> nn.Module:
    """A convolution and a linear layer with these weights."""
    kernel, _, last, _ = weights
    channels, classes = kernel.shape[0], last.shape[0]
    model = nn.Sequential(nn.Conv2d(1, channels, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * channels, classes))
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), weights, strict=True):
            parameter.copy_(value)
    return model


def size_of(weights: Sequence[torch.Tensor]) -> int:
    """How many numbers it has."""
    return sum(value.numel() for value in weights)


def tensors_of(model: nn.Module) -> dict[str, Plain]:
    """Its parameters by name, as plain data."""
    return {name: value.detach().clone() for name, value in model.named_parameters()}


def read_right(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """The share of the images that it reads right."""
    with torch.no_grad():
        return float((model(images).argmax(dim=1) == labels).float().mean())
