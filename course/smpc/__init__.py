"""Secure multi-party computation on additive shares.

Reading order: ring, randomness, shares, dealer, parties; then the protocols: products, truncation, bits, comparison,
functions; against corrupted shares: commitments, authenticated; then apart, where each party has a process of its own.
This is the arithmetic; no worker holds a share yet.
"""
