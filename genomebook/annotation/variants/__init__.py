"""Variants: VCF onto the volumes of a book, consequences for transcripts, change of the text."""
