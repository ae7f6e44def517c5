"""Secure multi-party computation on additive shares.

Reading order: ring, randomness, shares, dealer, parties, products, truncation, comparison, bits, functions; then engine,
fixed and shared (what you hold of a secret), and apart (each party in a process of its own).
"""
