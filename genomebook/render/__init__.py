"""What a page, a terminal or a figure shows."""
