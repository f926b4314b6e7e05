"""Where vectors are kept and looked up: one protocol, one module for each store."""
