"""Hits of a search."""
