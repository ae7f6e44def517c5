"""The mean of several models: `sy.federated_avg`, computed where the models are.

The rule, for a model m_k with weight w_k:

- a parameter, and a buffer of floating-point numbers (BatchNorm's running mean and variance), becomes
  sum_k w_k x_k / sum_k w_k, added up in float64 and rounded once;
- a model of weight 0 does not count, whatever is in it;
- a buffer of whole numbers or truth values stays whole: it becomes the largest of its values, element by element.
  BatchNorm's `num_batches_tracked` then tells of the model that saw most batches, and constants stay what they are.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from course.errors import CourseError, SharedError, TensorsNotCollocatedException
from course.messages import Ask
from course.modules import location
from course.pointers import PointerTensor, send_to

__all__ = ["ModelsDifferError", "federated_avg", "mean", "named_tensors"]


class ModelsDifferError(CourseError, ValueError):
    """Averaging models that do not have the same tensors."""


def federated_avg(models: Mapping[Any, nn.Module], weights: Mapping[Any, float] | None = None) -> nn.Module:
    """The weighted mean of these models, by any keys: a new model of the class of the first, where the models are.

        mean = sy.federated_avg({"bob": bobs, "alice": alices}, weights={"bob": 100, "alice": 300})

    The weights, by the same keys, are often the numbers of rows; without them all count the same. The models stay as
    they are, and the mean has the first one's mode (train or eval). Models at an aggregator are averaged there: the
    weights go there, and nothing comes home. Parameters and buffers of floating-point numbers are averaged; buffers of
    whole numbers take the largest value.

    Raises TensorsNotCollocatedException for models in different places, ModelsDifferError for models with different
    tensors, ValueError for no models and for weights that are no weights.
    """
    if not isinstance(models, Mapping) or not models:
        raise ValueError("federated_avg needs a dict of at least one model, such as {'bob': model, 'alice': other}")
    shares = checked_weights(models, weights)
    check_together(models)
    held = [named_tensors(model) for model in models.values()]
    check_alike(models, held)
    counted = [tensors for tensors, share in zip(held, shares, strict=True) if share]
    weighed = [share for share in shares if share]
    with torch.no_grad():
        average = copy.deepcopy(next(iter(models.values())))
        place = location(average)
        beside = None if place is None else send_to(torch.tensor(weighed, dtype=torch.float64), place, True)
        for name, tensor in named_tensors(average).items():
            stacked = torch.stack([tensors[name] for tensors in counted])
            tensor.copy_(mean(stacked, weighed, None if tensor.is_complex() else beside))
    return average


def named_tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """The parameters and buffers of a model by name, each once."""
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


def mean(stacked: Any, weights: Sequence[float], beside: Any = None) -> Any:
    """sum_k w_k x_k / sum_k w_k of a stack (clients, *shape), in float64 or complex128; of whole numbers the largest.

    Of a pointer to a stack it is made there, and the weights are sent there, unless they are `beside` it already.
    """
    dtype = stacked.dtype
    if not dtype.is_floating_point and not dtype.is_complex:
        return stacked.amax(0)
    wide = torch.promote_types(dtype, torch.float64)
    if beside is None:
        shares = torch.tensor(weights, dtype=wide)
        there = isinstance(stacked, PointerTensor)
        beside = send_to(shares, stacked.location, True) if there else shares.to(stacked.device)
    return torch.tensordot(beside, stacked.to(wide), 1) / sum(weights)


def checked_weights(models: Mapping[Any, Any], weights: Mapping[Any, float] | None) -> list[float]:
    """The weights in the order of the models. ValueError unless each has one, none is negative and some count."""
    if weights is None:
        return [1.0] * len(models)
    if not isinstance(weights, Mapping) or weights.keys() != models.keys():
        raise ValueError(
            f"federated_avg needs one weight for each model, by the same keys ({', '.join(map(str, models))}), not"
            f" {weights!r}: a weight that goes to the wrong model changes the mean without a sign."
        )
    found = [float(weights[key]) for key in models]
    if not all(0 <= weight < float("inf") for weight in found) or sum(found) == 0:
        raise ValueError(f"weights are numbers of at least 0, and not all 0: {found}. Rows are a good choice.")
    return found


def check_together(models: Mapping[Any, nn.Module]) -> None:
    """TensorsNotCollocatedException unless all models are in one place, SharedError for one that is shared."""
    if any(isinstance(location(model), list) for model in models.values()):
        why = "its mean is made of its parameters' shares, and that is no model that somebody holds"
        instead = "sy.aggregation averages models that nobody may see; of shares (a.weight + b.weight) / 2 is the mean"
        raise SharedError("federated_avg of a shared model", why, instead)
    first, *others = [getattr(location(model), "id", "me") for model in models.values()]
    for other in others:
        if other != first:
            raise TensorsNotCollocatedException("federated_avg", first, other)


def check_alike(
    models: Mapping[Any, Any], held: Sequence[dict[str, torch.Tensor]], who: str = "federated_avg"
) -> None:
    """ModelsDifferError unless all models have tensors of the same names and shapes."""
    (first, *others), shapes = models, [shapes_of(tensors) for tensors in held]
    for key, other in zip(others, shapes[1:], strict=True):
        for name in [*shapes[0], *other]:
            if shapes[0].get(name) != other.get(name):
                raise ModelsDifferError(
                    f"{who} adds up models number by number, and {name!r} is {said(shapes[0].get(name))} in"
                    f" the model of {first}, {said(other.get(name))} in that of {key}. Nothing was averaged. Start all"
                    f" of them as copies of one model, model.copy()."
                )


def said(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else f"of shape {shape}"


def shapes_of(tensors: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor; of pointers to one worker in one message."""
    if not tensors or not all(isinstance(tensor, PointerTensor) for tensor in tensors.values()):
        return {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    some = next(iter(tensors.values()))
    refs = tuple([tensor.ref for tensor in tensors.values()])
    answers = some.location.network.deliver(Ask(some.owner.id, some.location.id, refs, "shape")).answer
    return dict(zip(tensors, map(tuple, answers), strict=True))
