"""Checkpoints made ready for the package: graph, card, folder."""
