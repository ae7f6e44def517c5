"""Notebook 04, "What an update gives away": a row from two models, a label, a gradient that fits, and what defends.

The oracle of every check is plain torch on the secret itself, which the check knows and the answer does not.
"""
