"""The DNA language: alphabet, content-defined cuts, words."""
