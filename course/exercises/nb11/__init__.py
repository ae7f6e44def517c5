"""Notebook 11, "Multiplying and comparing secrets": triples, a product's scale, comparison, an encrypted database."""
