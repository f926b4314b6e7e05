"""Sequence search: seeds, chains, alignment, significance."""
