"""The human genome as a book: lossless DNA words, sentences, paragraphs and chapters."""

__version__ = "0.1.0"
