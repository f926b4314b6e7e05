"""Building, reading and checking books."""
