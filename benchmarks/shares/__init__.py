"""What shares cost by engine, and what is lost when workers are killed."""
