"""From FASTA to a book."""
