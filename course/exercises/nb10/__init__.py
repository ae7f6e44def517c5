"""Notebook 10, "Splitting secrets": shares, arithmetic on them, fixed precision, and what a coalition learns."""
