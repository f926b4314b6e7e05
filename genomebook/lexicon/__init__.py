"""What each DNA word is: statistics, glosses, grounding, senses, occurrences. Nothing here needs torch."""
