"""Handwritten digits, 8 x 8: scikit-learn brings them along, so they are always offline."""

import torch

from course.datasets.card import Card
from course.datasets.dataset import Dataset

CARD = Card(
    name="Digits 8 x 8",
    rows="1797 handwritten digits",
    columns="grey images of 1 x 8 x 8 pixels, scaled from 0..16 to 0..1 (white ink on black)",
    labels="the digit, 0 to 9; 174 to 183 images of each",
    source="E. Alpaydin, C. Kaynak (1998). Optical Recognition of Handwritten Digits. UCI Machine Learning"
    " Repository. doi:10.24432/C50P49; the copy inside scikit-learn",
    url="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
    licence="Creative Commons Attribution 4.0 International (CC BY 4.0)",
    uses="teaching and quick tests: images that train in seconds without a network connection",
    caveats=(
        "These are only the test images of the UCI set, written by 13 of its 43 people. Who wrote which is"
        " not recorded, so a split by row puts the same hand on both sides.",
        "A score here says little about larger images; MNIST is the next step.",
    ),
)


def digits() -> Dataset:
    """scikit-learn's handwritten digits: features 1797 x 1 x 8 x 8 float32 in 0..1, labels 1797 int64."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    features = torch.tensor(bunch.images, dtype=torch.float32).div_(16).unsqueeze(1)
    labels = torch.tensor(bunch.target, dtype=torch.int64)
    return Dataset(features, labels, (), tuple("0123456789"), CARD)
