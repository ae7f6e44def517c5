"""Notebook 01, "Tensors that live somewhere else": pointers, remote computing, gradients, and operands apart."""
