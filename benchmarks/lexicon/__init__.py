"""Words, glosses, grounding and maps."""
