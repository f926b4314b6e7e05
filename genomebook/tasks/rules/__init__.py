"""Rules that answer a task: linear on words, motifs or composition, a small network, a frozen model."""
