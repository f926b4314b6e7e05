"""Tasks of Ask: what leaks, and published systems beside ours."""
