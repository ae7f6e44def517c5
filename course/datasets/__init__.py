"""The course's data sets: credit approval and digits (always offline), MNIST (downloaded once).

Each loader returns a `Dataset` with `.features`, `.labels` and a `.card` that says where the data comes from,
what one may do with it and what to beware of. Importing this package loads neither pandas nor scikit-learn.
"""

from course.datasets.card import Card
from course.datasets.credit import credit_approval, credit_frame, normalised
from course.datasets.dataset import Dataset
from course.datasets.digits_8x8 import digits
from course.datasets.errors import DamagedFileError, DatasetError, DownloadError
from course.datasets.mnist_28x28 import mnist

__all__ = [
    "Card",
    "DamagedFileError",
    "Dataset",
    "DatasetError",
    "DownloadError",
    "cards",
    "credit_approval",
    "credit_frame",
    "digits",
    "mnist",
    "normalised",
]


def cards() -> tuple[Card, ...]:
    """The cards of all data sets, without loading any of them."""
    from course.datasets import credit, digits_8x8, mnist_28x28

    return (credit.CARD, digits_8x8.CARD, mnist_28x28.CARD)
