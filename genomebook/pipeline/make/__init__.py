"""From nothing to a finished book: download, build and all that is added, step by step."""
