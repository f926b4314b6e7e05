"""Names of annotation classes: from file names, repeat families, feature types and biotypes."""

from __future__ import annotations

import re

import pandas as pd

from genomebook.annotation.grounded_titles import plain

REPEAT = "repeat"
SOFT_MASK = "soft-masked repeat"
PROMOTER = "promoter"
INTERGENIC = "intergenic"
INTRON = "intron"
EXON = "exon"
CODING = "CDS"
STRANDS = {"+": "gene, + strand", "-": "gene, − strand"}
"""Classes of the bases inside genes of one strand."""

FEATURES = {
    "exon": EXON,
    "CDS": CODING,
    "five_prime_UTR": "5' UTR",
    "five_prime_utr": "5' UTR",
    "three_prime_UTR": "3' UTR",
    "three_prime_utr": "3' UTR",
    "UTR": "UTR",
}
"""Classes by the feature types of gene annotation."""

_FILES = (
    (r"cpg[ _-]?(?:island|ext)", "CpG island"),
    (r"rampage|cage[ _-]?peak|tss", "TSS peak"),
    (r"(?<![a-z])pls(?![a-z])|promoter", PROMOTER),
    (r"enhancer|(?<![a-z])[pd]?els(?![a-z])", "enhancer"),
    (r"dnase|(?<![a-z])dhs|atac", "open chromatin"),
    (r"ctcf", "CTCF site"),
    (r"black[ _-]?list|exclu(?:de|sion)", "blacklist"),
    (r"soft[ _-]?mask", SOFT_MASK),
    (r"seg(?:mental)?[ _-]?dup|superdup", "segmental duplication"),
    (r"(?<![a-z])exons?(?![a-z])", EXON),
    (r"(?<![a-z])cds(?![a-z])", CODING),
    (r"(?<![a-z])introns?(?![a-z])", INTRON),
    (r"ccres?(?![a-z])|ccrecombined", "regulatory element"),
)
"""Patterns of file names; the first match gives the class."""

_GENES = r"(?<![a-z])genes?(?![a-z])"

REPEATS = re.compile(
    r"(?:SINE|LINE|LTR|DNA|RC|Retroposon|Satellite|Simple_repeat|Low_complexity|Unknown|Other|"
    r"dust|trf)(?:/[^\t/]+)?\??"
)
"""Repeat classes of RepeatMasker, UCSC and Ensembl; not RNA, which may be genes."""

_FAMILIES = (
    (r"simple_repeat|trf|tandem repeats?", "simple repeat"),
    (r"low_complexity|dust", "low complexity"),
    (r"satellite.*", "satellite"),
    (r"(?:.*/)?alu.*", "Alu"),
    (r"(?:.*/)?mir", "MIR"),
    (r"(?:.*/)?sva.*", "SVA"),
    (r"line/l1.*", "L1"),
    (r"line/l2.*", "L2"),
    (r"ltr/(?:ervl-)?malr", "ERVL-MaLR"),
    (r"ltr/erv1.*", "ERV1"),
    (r"ltr/ervk.*", "ERVK"),
    (r"ltr/ervl.*", "ERVL"),
    (r"ltr.*", "other LTR"),
    (r"sine.*", "other SINE"),
    (r"line.*", "other LINE"),
    (r"dna.*", "DNA transposon"),
    (r"rc.*", "Helitron"),
    (r"(?:sc|sn|srp|r|t)?rna", "RNA repeat"),
)

FAMILIES = frozenset(name for _, name in _FAMILIES)
"""Classes that are families of repeats."""

BROAD = frozenset({REPEAT, SOFT_MASK, INTERGENIC, INTRON, "blacklist", *STRANDS.values()})
"""Classes that cover much of a genome and so say little; so do the genes of a biotype (`is_broad`)."""


def class_of_file(stem: str) -> str:
    """Class of the intervals of a file, by its name without format suffixes."""
    return next((name for pattern, name in _FILES if re.search(pattern, stem, re.I)), plain(stem))


def is_gene_file(stem: str) -> bool:
    """Whether the name of a file of intervals says that they are genes."""
    return class_of_file(stem) == plain(stem) and bool(re.search(_GENES, stem, re.I))


def repeat_classes(rest: pd.Series[str]) -> pd.Series[str] | None:
    """Family of each row of a repeat file, from the columns after the third.

    Parameters
    ----------
    rest : Series of str
        Columns joined by tabs, the same number in each row.

    Returns
    -------
    Series of str or None
        ``Alu``, ``L1``, ..., ``""`` for no family; None if no column has a repeat class in at least half of
        the rows.
    """
    columns = rest.str.split("\t", expand=True)
    kinds = {text: bool(REPEATS.fullmatch(text)) for column in columns for text in columns[column].unique()}
    known = [float(columns[column].map(kinds).mean()) for column in columns]
    best = max(range(len(known)), key=lambda column: known[column])
    if known[best] < 0.5:
        return None
    kind = columns[best]
    if best + 1 < columns.shape[1] and not kind.str.contains("/").any():
        kind = kind + "/" + columns[best + 1]
    return kind.map({text: _family(text) for text in kind.unique()})


def _family(text: str) -> str:
    """``LINE/L1`` to L1; by the class alone if the family is not known."""
    text = text.rstrip("?")
    for tried in (text, text.partition("/")[0]):
        for pattern, name in _FAMILIES:
            if re.fullmatch(pattern, tried, re.I):
                return name
    return ""


def class_of_biotype(biotype: str) -> str:
    """``protein_coding`` to protein-coding gene, ``processed_pseudogene`` to processed pseudogene."""
    text = plain(biotype.replace("_", " ").replace("protein coding", "protein-coding"))
    return text if text.endswith("gene") else f"{text} gene"


def is_broad(name: str) -> bool:
    """Whether a class is so broad that a narrower one says more about a word."""
    return name in BROAD or name.endswith("gene")
