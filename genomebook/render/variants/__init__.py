"""What is said of a variant: consequences, words, sentence ends, links."""
