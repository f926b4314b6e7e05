"""From embeddings to maps."""
