"""The book on disk: schema, write, read, verify."""
