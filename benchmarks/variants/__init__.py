"""Consequences of variants beside bcftools csq, and HGVS beside translations by Biopython."""
