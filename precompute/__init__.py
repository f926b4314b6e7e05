"""Offline stages that make a book, each a function from files to files, and what runs them."""
