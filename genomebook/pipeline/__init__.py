"""The stages that make a book and add to it, each a function from files to files."""
