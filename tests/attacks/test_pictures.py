"""Images as SVG: every pixel is there, in its grey."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course.attacks.pictures import GAP, LETTER, PIXEL, TOP, pictures

SVG = "{http://www.w3.org/2000/svg}"


@given(st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), st.integers(0, 999))
def test_each_pixel_has_its_grey(images: int, height: int, width: int, seed: int) -> None:
    torch.manual_seed(seed)
    given = torch.randint(-1, 4, (images, height, width)) / 2  # some below 0 and above 1
    root = ElementTree.fromstring(pictures({"true": given}).svg)
    greys = given.clamp(0, 1).mul(255).round().int()
    first = GAP + LETTER * len("true")
    drawn = torch.full_like(greys, -1)
    for rect in root.iter(f"{SVG}rect"):
        left, top, wide, high = (int(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        n, column = divmod(left - first, width * PIXEL + GAP)
        grey = int(rect.get("fill", "#000000")[1:3], 16)
        y, x = (top - TOP) // PIXEL, column // PIXEL
        drawn[n, y : y + high // PIXEL, x : x + wide // PIXEL] = grey
    assert torch.equal(drawn, greys)


def test_rows_have_their_names_and_the_drawing_a_description() -> None:
    picture = pictures({"true": torch.zeros(2, 1, 4, 4), "found <by me>": torch.ones(1, 4, 4)})
    assert re.findall(r"<text[^>]*>([^<]*)</text>", picture.svg) == ["true", "found &lt;by me&gt;"]
    assert 'aria-label="Images: true, found &lt;by me&gt;"' in picture.svg
    assert picture._repr_html_() == picture.svg
    assert repr(picture) == "a picture: a notebook shows it, and its attribute `svg` is its text"


def test_rows_of_numbers_are_no_images() -> None:
    with pytest.raises(ValueError) as error:
        pictures({"found": torch.ones(3, 64)})
    assert str(error.value) == (
        "'found' has the shape (3, 64), and images have (images, height, width), or (images, 1, height, width): reshape"
        " them, x.reshape(-1, 8, 8) for digits"
    )
    with pytest.raises(ValueError, match="at least one row of images"):
        pictures({})
