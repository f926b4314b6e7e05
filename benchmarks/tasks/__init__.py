"""Tasks of Ask: what gives their answers away."""
