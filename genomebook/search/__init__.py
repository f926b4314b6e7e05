"""Finding similar DNA: by wording (spaced seeds and alignment) and by meaning (vectors of sentences)."""
