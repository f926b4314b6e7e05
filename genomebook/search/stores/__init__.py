"""Stores of vectors: the protocol, one module for each store, and a registry that opens them by name."""
