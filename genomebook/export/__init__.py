"""What leaves the book: FASTA, BED, text."""
