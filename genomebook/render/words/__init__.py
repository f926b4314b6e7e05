"""The lexicon and its words."""
