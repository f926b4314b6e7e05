"""Boundaries and titles beside their controls."""
