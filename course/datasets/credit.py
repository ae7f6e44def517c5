"""Credit approval: 690 applications for a credit card, shipped with the package."""

from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING

import torch

from course.datasets.card import Card
from course.datasets.dataset import Dataset
from course.datasets.errors import DamagedFileError

if TYPE_CHECKING:
    import pandas as pd

SHA256 = "fff49bc186cbddb3ace7371d40d9fbbb3af4f126019c13ff3f562249b1454f4d"
COLUMNS = [*(f"A{i}" for i in range(1, 16)), "label"]
# Fixed codes, not "by order of appearance": a subset of the rows must mean the same as the whole.
CODES = {
    "A1": {"b": 0, "a": 1},
    "A9": {"t": 0, "f": 1},
    "A10": {"t": 0, "f": 1},
    "A12": {"f": 0, "t": 1},
    "label": {"+": 0, "-": 1},
}
ONE_HOT = ["A4", "A5", "A6", "A7", "A13"]
NUMBERS = ["A2", "A3", "A8", "A11", "A14", "A15"]

CARD = Card(
    name="Credit approval",
    rows="690 applications, 653 of them complete (37 miss at least one value)",
    columns="15 answers A1 to A15: 6 numbers, 4 with two values, 5 categories; 42 columns after one-hot",
    labels="0 approved (+), 1 refused (-); of the 653 complete rows 296 are approved, 357 refused",
    source="J. R. Quinlan (1987). Credit Approval. UCI Machine Learning Repository. doi:10.24432/C5FS30",
    url="https://archive.ics.uci.edu/dataset/27/credit+approval",
    licence="Creative Commons Attribution 4.0 International (CC BY 4.0); ships unchanged with this package",
    uses="teaching: small tables about people, one applicant per owner; never a decision about a real person",
    caveats=(
        "Real applications: names and values were replaced by meaningless symbols before publication, so"
        " nobody can say what A1 to A15 mean, nor check them for unfair use of sex, age or origin.",
        "Label 0 is the approval and 1 the refusal: the order in which they first appear, kept from the"
        " lesson whose figures this course repeats.",
        "The columns are not scaled (A15 reaches 100 000). Scale with statistics of the training rows only.",
        "The two-valued columns A9 and A10 code t as 0, A12 codes f as 0, A1 codes b as 0.",
        "Old (before 1987), small, and not a sample of anyone who applies now.",
    ),
)


def credit_frame() -> "pd.DataFrame":
    """The file as it was published: 690 rows, columns A1 to A15 and label; a missing value ("?") is NaN.

    Raises DamagedFileError when the file in the package is not the published one.
    """
    import pandas as pd

    return pd.read_csv(BytesIO(_file()), names=COLUMNS, na_values=["?"], keep_default_na=False)


def credit_approval(*, numbers_first: bool = False) -> Dataset:
    """The 653 complete applications: features 653 x 42 float32, labels 653 int64 (0 approved, 1 refused).

    Row i is row `credit_frame().dropna().index[i]` of the file. `numbers_first`: the columns that are numbers, and not
    yes or no, are the first six.
    Raises DamagedFileError when the file in the package is not the published one.
    """
    table = _prepare(credit_frame().dropna())
    labels = torch.tensor(table.pop("label").to_numpy("int64"))
    if numbers_first:
        table = table[[*NUMBERS, *(name for name in table.columns if name not in NUMBERS)]]
    features = torch.tensor(table.to_numpy("float32"))
    return Dataset(features, labels, tuple(table.columns), ("approved", "refused"), CARD)


def normalised(rows: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Rows with their numbers at mean 0 and deviation 1, as the rows `known` have them; yes and no stay as they are.

    Both are features of `credit_approval(numbers_first=True)`, people x 42; so is what comes back.
    """
    count = len(NUMBERS)
    numbers = (rows[:, :count] - known[:, :count].mean(0)) / known[:, :count].std(0, unbiased=False)
    return torch.cat([numbers, rows[:, count:]], dim=1)


def _prepare(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Two-valued columns as 0 and 1, categories one-hot at the end, all numbers."""
    import pandas as pd

    coded = frame.assign(**{column: frame[column].map(code) for column, code in CODES.items()})
    one_hot = pd.get_dummies(coded[ONE_HOT], dtype=int)
    return coded.drop(columns=ONE_HOT).join(one_hot)


def _file() -> bytes:
    content = files("course.datasets").joinpath("crx.data").read_bytes()
    if sha256(content).hexdigest() != SHA256:
        raise DamagedFileError(
            "The credit file in this package (course/datasets/crx.data) is no longer the published one: its"
            " sha256 differs. Figures from a changed file cannot be compared with others, so it is not"
            " used. Install the package again, or take the file back from the repository"
            " (git checkout -- course/datasets/crx.data)."
        )
    return content
