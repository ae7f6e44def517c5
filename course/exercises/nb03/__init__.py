"""Notebook 03, "Pointer chains and hand-overs": chains read link by link, hand-overs, means made elsewhere."""
