"""Secure multi-party computation on additive shares.

Reading order: ring, randomness, shares, dealer, parties, products, truncation, comparison.
"""
