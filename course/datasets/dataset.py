"""What every loader returns."""

from dataclasses import dataclass
from html import escape

from torch import Tensor
from torch.utils.data import Dataset as TorchDataset

from course.datasets.card import Card


@dataclass(frozen=True, eq=False, repr=False)
class Dataset(TorchDataset[tuple[Tensor, Tensor]]):
    """Features, labels and the card of a data set. Each load makes new tensors: no change lasts longer.

    features: float32, the rows along the first dimension.
    labels: int64, one class number for each row.
    columns: names of the features, where they have names.
    classes: `classes[label]` is the name of a label.

    `len(d)` and `d[i]`, a (features, label) pair, are what `torch.utils.data.DataLoader` asks for.
    """

    features: Tensor
    labels: Tensor
    columns: tuple[str, ...]
    classes: tuple[str, ...]
    card: Card

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.features[index], self.labels[index]

    def __repr__(self) -> str:
        features, labels = _describe(self.features), _describe(self.labels)
        return f"<Dataset {self.card.name}: features {features}, labels {labels}>"

    def _repr_html_(self) -> str:
        return f"<p><code>{escape(repr(self))}</code></p>{self.card._repr_html_()}"


def _describe(tensor: Tensor) -> str:
    return f"{' x '.join(map(str, tensor.shape))} {str(tensor.dtype).removeprefix('torch.')}"
