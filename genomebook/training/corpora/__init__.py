"""Training texts, English and DNA."""
