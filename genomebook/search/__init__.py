"""Search for similar DNA: by sequence (spaced seeds, alignment) and by embedding (vectors of sentences)."""
