"""Notebook 06, "Federated digits": images shared out, batches cut at their owners, a CNN that visits, skewed labels.

The oracle of every check is the same program in plain torch, with all rows at home; what may cross is read from the
messages.
"""
