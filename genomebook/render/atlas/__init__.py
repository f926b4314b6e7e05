"""Maps of the atlas."""
