"""What workers make of torch's own sample inputs, and why they refuse what they do not run.

The whole of it is `python benchmarks/operations.py`; here is a sample of that, which takes seconds.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch

import course as sy
from benchmarks import operations as samples
from course.reviewed import TELLS

pytest.importorskip("expecttest", reason="torch's sample inputs need it")
if tuple(map(int, torch.__version__.split(".")[:2])) < (2, 13):
    pytest.skip("the table was reviewed on the samples of torch 2.13", allow_module_level=True)

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # torch's own, on both sides
    pytest.mark.xdist_group("torch's samples"),  # which take some seconds to read
]

infos = cache(samples.torch_operations)
DTYPES = [torch.float32, torch.int64]


@pytest.mark.parametrize("part", range(4))
def test_samples_of_every_operation_are_equal_or_refused_with_a_reason(part: int) -> None:
    tally = samples.measure(infos()[part::4], DTYPES if part else [torch.complex64, torch.bool], most=1)
    wrong = [outcome for outcome in tally.samples if outcome.startswith((samples.WRONG, samples.CRASHED))]
    assert [(outcome, tally.examples[outcome]) for outcome in wrong] == []
    reasons = set(tally.samples) - {samples.EQUAL, samples.SAME_ERROR}
    assert reasons <= TELLS | samples.LACKS
    assert tally.share > 0.95


REFUSALS: dict[str, Callable[[Any], Any]] = {
    "how many values it found": torch.nonzero,
    "how many different values": torch.unique,
    "the largest value": torch.bincount,
    "which|looked up": lambda x: x.to_sparse().coalesce() if not isinstance(x, sy.PointerTensor) else x.coalesce(),
    "nobody has cleared.*zeros_like": torch.empty_like,
    "nobody has cleared.*reshape": lambda x: x.resize_(7),
    "beyond the tensor.*linalg.solve": lambda x: torch.linalg.lu_solve(x, x, x),
    "runs code": lambda x: x.apply_(abs),
    "outside the worker's store": lambda x: x.share_memory_(),
    "only dense tensors": lambda x: x.to_sparse(),
    "an inner step of torch": lambda x: torch.ops.aten.slice.Tensor(x),
    "a private function of torch": lambda x: torch._softmax_backward_data(x, x, 0, torch.float32),
    "with a plain number n runs": lambda x: torch.repeat_interleave(x, x.long()),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_the_error_says_the_reason(reason: str, hook: sy.TorchHook) -> None:
    bob = sy.VirtualWorker(hook, id="bob")
    with pytest.raises(sy.OperationNotReviewedError, match=reason):
        REFUSALS[reason](torch.ones(2, 2).send(bob))
