"""Learning and choosing vocabularies of DNA words."""
