"""Sequence in: FASTA, names and aliases, digests, regions, download."""
