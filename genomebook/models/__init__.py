"""Readers: models that score a book."""
