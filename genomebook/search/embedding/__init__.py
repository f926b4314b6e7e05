"""Embedding search: vectors of sentences, and their neighbours."""
