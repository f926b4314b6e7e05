"""From a book to the evidence about its boundaries."""
