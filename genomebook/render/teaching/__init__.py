"""The page Class as HTML: a stop of the tour, a round of the game, a score, the glossary."""
