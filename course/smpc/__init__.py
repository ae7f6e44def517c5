"""Secure multi-party computation on additive shares.

Reading order: ring, randomness, shares, dealer, parties; then the protocols: products, truncation, bits, comparison,
functions; against corrupted shares: commitments, authenticated; against products that leave the ring: exact; programs,
which names what workers can be asked for; engine, where they run it together; fixed_precision, shared and as_torch (a
package), what you hold of a secret and what torch may do with it; sharing, how tensors and models become shared;
database, keys and values that nobody sees; cost, in rounds and bytes; and apart, a process for each party.
"""

from course.smpc import as_torch, engine, sharing
from course.smpc.database import EncryptedDatabase
from course.smpc.fixed_precision import FixedPrecisionTensor
from course.smpc.shared import SharedTensor

__all__ = ["EncryptedDatabase", "FixedPrecisionTensor", "SharedTensor", "as_torch", "engine", "sharing"]
