"""Evidence: text, tables and plots."""
