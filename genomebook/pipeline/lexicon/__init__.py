"""From a book to what is known of its words."""
