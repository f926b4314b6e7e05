"""Search beside other programs."""
