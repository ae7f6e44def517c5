"""Notebook 13, "Encrypted inference and training": a network on shares, its loss, its steps, its costs."""
