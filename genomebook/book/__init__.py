"""The book on disk: schema, write, read, verify."""

from genomebook.book.read import Book, Place, Volume, Words

__all__ = ["Book", "Place", "Volume", "Words"]
