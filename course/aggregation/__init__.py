"""Secure aggregation: the mean of updates for federated averaging, computed by servers who see none of them.

Two ways. `masked`: one server, updates under pairwise masks, and clients who may leave (Bonawitz et al. 2017).
`shared`: several aggregators, of whom not all collude, and each update split among them.

Reading order: shamir and keys (the cryptography), fixed (numbers in Z_2^64, and the range budget), client and server
(the protocol with masks, each from its own side); then how it runs on workers: form (what an update is made of), roll
(who is still there), sums, masking, sharing. What crosses between workers are ordinary messages, so the transcript
answers what the server saw.
"""

from course.aggregation.masking import Masked, masked
from course.aggregation.sharing import Shared, shared

__all__ = ["Masked", "Shared", "masked", "shared"]
