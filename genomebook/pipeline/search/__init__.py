"""From a book to its search index."""
