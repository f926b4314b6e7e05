"""Boundary signals, decoding, hierarchy."""
