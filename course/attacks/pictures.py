"""Grey images as SVG, to lay what an attack found beside the truth. No plotting library is needed."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import torch

__all__ = ["Picture", "pictures"]

PIXEL, GAP, LETTER, TOP = 6, 8, 7, 12  # in SVG units: a pixel, between images, a letter of a name, above the first row


class Picture:
    """A drawing that a notebook shows: `svg` is its text."""

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def _repr_html_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return "a picture: a notebook shows it, and its attribute `svg` is its text"


def pictures(rows: Mapping[str, torch.Tensor], title: str = "") -> Picture:
    """One row of images for each name: (images, height, width), or with a dimension of 1 for the grey; 0 is black.

    Values below 0 are black, above 1 white. ValueError for what is no image.
    """
    stacks = {name: grey(name, images) for name, images in rows.items()}
    if not stacks:
        raise ValueError("pictures() needs at least one row of images, such as {'true': x, 'found': found}")
    count = max(len(images) for images in stacks.values())
    wide = max(images.shape[2] for images in stacks.values()) * PIXEL + GAP
    top, left, drawn = TOP, GAP + LETTER * max(map(len, stacks)), []
    for name, images in stacks.items():
        middle = top + images.shape[1] * PIXEL / 2
        drawn.append(f'<text x="0" y="{middle:g}" dominant-baseline="middle" fill="currentColor">{escape(name)}</text>')
        drawn += [image_at(image, left + n * wide, top) for n, image in enumerate(images)]
        top += images.shape[1] * PIXEL + GAP
    label = escape(title or "Images: " + ", ".join(stacks))
    return Picture(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + count * wide} {top}"'
        f' width="{left + count * wide}" role="img" aria-label="{label}" style="max-width:100%;font:12px sans-serif">'
        f"<title>{label}</title>{''.join(drawn)}</svg>"
    )


def grey(name: str, images: torch.Tensor) -> torch.Tensor:
    """(images, height, width) from 0 to 255. ValueError for other shapes."""
    if images.dim() == 4 and images.shape[1] == 1:
        images = images[:, 0]
    if images.dim() != 3:
        raise ValueError(
            f"{name!r} has the shape {tuple(images.shape)}, and images have (images, height, width), or"
            f" (images, 1, height, width): reshape them, x.reshape(-1, 8, 8) for digits"
        )
    return (images.detach().double().clamp(0, 1) * 255).round().int()


def image_at(image: torch.Tensor, left: int, top: int) -> str:
    """The pixels of one image; runs of one grey in a line are one rectangle, and black is the ground."""
    height, width = image.shape
    drawn = [f'<rect x="{left}" y="{top}" width="{width * PIXEL}" height="{height * PIXEL}"/>']
    for y, line in enumerate(image.tolist()):
        x = 0
        while x < width:
            end = next((n for n in range(x, width) if line[n] != line[x]), width)
            if line[x]:
                drawn.append(
                    f'<rect x="{left + x * PIXEL}" y="{top + y * PIXEL}" width="{(end - x) * PIXEL}"'
                    f' height="{PIXEL}" fill="#{line[x]:02x}{line[x]:02x}{line[x]:02x}"/>'
                )
            x = end
    return f'<g shape-rendering="crispEdges">{"".join(drawn)}</g>'
