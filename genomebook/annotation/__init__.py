"""Annotation tracks in: genes, enrichment, evidence."""
