"""The page Ask as HTML and SVG: an answer, what decided it, how far to trust it, scans, claims."""
