"""Notebook 05, "Federated averaging": tables of people, means of models, rounds at an aggregator, a hold-out.

The oracle of every check is pandas or plain torch, with all rows at home; what may cross is read from the messages.
"""
