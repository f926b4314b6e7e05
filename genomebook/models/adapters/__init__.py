"""Checkpoints of other projects, family by family."""
