"""Notebook 02, "Toy federated learning": a loop at home, the same loop on its way, and what travels with it.

The oracle of every check is the same program in plain torch, with all rows at home; what may cross is read from the
messages.
"""
