"""Products of two secrets: Beaver triples.

D. Beaver, "Efficient multiparty protocols using circuit randomization", CRYPTO 1991.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from course.smpc import ring
from course.smpc.parties import Parties
from course.smpc.randomness import Draws
from course.smpc.shares import split, total

__all__ = [
    "Product",
    "Square",
    "Triple",
    "aligned",
    "conv2d",
    "conv2d_input",
    "conv2d_weight",
    "matmul",
    "multiply",
    "square",
]

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Product:
    """Which product is meant: any map of two tensors that is linear in each.

    "multiply" (element by element), "matmul", "conv2d" with its stride and padding, and the two that its gradient
    needs: "conv2d_input" (gradient, weight; `size`: height and width of the input) and "conv2d_weight" (input,
    gradient; `size`: those of the weight).
    """

    name: str = "multiply"
    stride: int = 1
    padding: int = 0
    size: tuple[int, ...] = ()

    def of(self, x: Tensor, y: Tensor) -> Tensor:
        """The product of two public or local tensors, modulo 2**64."""
        match self.name:
            case "matmul":
                return ring.matmul(x, y)
            case "conv2d":
                return ring.conv2d(x, y, self.stride, self.padding)
            case "conv2d_input":
                return ring.conv2d_input(x, y, self.size, self.stride, self.padding)
            case "conv2d_weight":
                return ring.conv2d_weight(x, y, self.size, self.stride, self.padding)
        return x * y


@dataclass(frozen=True)
class Triple:
    """A Beaver triple for a product: shares of a and b, uniform, and of c, their product."""

    x: Shape
    y: Shape
    product: Product = Product()

    def make(self, count: int, draws: Draws) -> tuple[Tensor, Tensor, Tensor]:
        a, b = draws.uniform((count, *self.x)), draws.uniform((count, *self.y))
        return a, b, split(self.product.of(total(a), total(b)), count, draws)


@dataclass(frozen=True)
class Square:
    """Shares of a, uniform, and of its square."""

    x: Shape

    def make(self, count: int, draws: Draws) -> tuple[Tensor, Tensor]:
        a = draws.uniform((count, *self.x))
        return a, split(total(a) ** 2, count, draws)


def multiply(parties: Parties, x: Tensor, y: Tensor) -> Tensor:
    """Shares of x * y, element by element, broadcast as torch does: one round."""
    a, b, c, e, f = _masked(parties, x, y, Product())
    return parties.add_product_(c.addcmul_(e, b).addcmul_(a, f), e, f)


def matmul(parties: Parties, x: Tensor, y: Tensor) -> Tensor:
    """Shares of the matrix product x @ y, (..., i, k) @ (..., k, j): one round."""
    return _bilinear(parties, x, y, Product("matmul"))


def conv2d(parties: Parties, x: Tensor, weight: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """Shares of the convolution of x (rows, channels, h, w) by weight (out, channels, kh, kw): one round."""
    return _bilinear(parties, x, weight, Product("conv2d", stride, padding))


def conv2d_input(
    parties: Parties, gradient: Tensor, weight: Tensor, size: tuple[int, int], stride: int = 1, padding: int = 0
) -> Tensor:
    """Shares of the gradient of a convolution for its input, whose height and width are `size`: one round."""
    return _bilinear(parties, gradient, weight, Product("conv2d_input", stride, padding, tuple(size)))


def conv2d_weight(
    parties: Parties, x: Tensor, gradient: Tensor, size: tuple[int, int], stride: int = 1, padding: int = 0
) -> Tensor:
    """Shares of the gradient of a convolution for its weight, whose height and width are `size`: one round."""
    return _bilinear(parties, x, gradient, Product("conv2d_weight", stride, padding, tuple(size)))


def square(parties: Parties, x: Tensor) -> Tensor:
    """Shares of x * x: one round, half of a product's opening.

    1. The dealer hands out shares of a and of a^2.
    2. Open e = x - a, which is uniform whatever x is.
    3. x^2 = a^2 + 2 e a + e^2: the first party adds e^2.
    """
    a, squared = parties.deal(Square(tuple(x.shape[parties.axes :])))
    (e,) = parties.open("x - a", x - a)
    return parties.add_product_(squared.addcmul_(e, a, value=2), e, e)


def _masked(parties: Parties, x: Tensor, y: Tensor, product: Product) -> tuple[Tensor, ...]:
    """The steps that all products share.

    1. The dealer hands out shares of a, b and c, where a and b are uniform and c is their product.
    2. Open e = x - a and f = y - b together: uniform and independent, whatever x and y are.
    3. (to be done by the caller)  x y = c + e b + a f + e f: each party computes its part, the first adds e f.
    """
    x, y = aligned(x, y, parties.axes)
    a, b, c = parties.deal(Triple(tuple(x.shape[parties.axes :]), tuple(y.shape[parties.axes :]), product))
    e, f = parties.open("x - a, y - b", x - a, y - b)
    return a, b, c, e, f


def _bilinear(parties: Parties, x: Tensor, y: Tensor, product: Product) -> Tensor:
    """Step 3 for any product: e (b + f) + a f, where f is added to b as public: by the first party."""
    a, b, c, e, f = _masked(parties, x, y, product)
    # What each party holds of these; with MACs, each part for itself.
    held = [part.flatten(0, parties.axes - 1) for part in (a, parties.add_public_(b, f), c)]
    for own_a, own_b, own_c in zip(*held, strict=True):
        own_c += product.of(e, own_b)
        own_c += product.of(own_a, f)
    return c


def aligned(x: Tensor, y: Tensor, axes: int = 1) -> tuple[Tensor, Tensor]:
    """Shares of equally many dimensions, so that the axis of the parties meets itself when they are broadcast."""
    while x.dim() < y.dim():
        x = x.unsqueeze(axes)
    while y.dim() < x.dim():
        y = y.unsqueeze(axes)
    return x, y
