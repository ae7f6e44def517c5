"""Notebook 07, "Plans and protocols": what is recorded and what is not, one message a run, state, roles."""
