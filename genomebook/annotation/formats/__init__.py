"""Readers of track files, one module for each format."""
