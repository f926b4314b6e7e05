"""Pretraining of readers."""
