"""Notebook 12, "Secure aggregation": means without anybody to trust, masks, dropouts, range, and what a sum tells."""
