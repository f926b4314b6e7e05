"""Tasks beside published systems."""
