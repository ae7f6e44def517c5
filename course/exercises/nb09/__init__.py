"""Notebook 09, "Split learning": relays forward and back, an oracle, turns of data owners, what activations tell."""
