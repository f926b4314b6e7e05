"""Pairs of sentences that belong together, and what learns from them."""
