"""Models beside simpler rules."""
