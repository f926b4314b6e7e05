"""Training of readers, vocabularies and encoders, and shipping them."""
