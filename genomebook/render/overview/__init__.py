"""The overview: a book from the whole genome down to single letters, as data and as a browser component."""
