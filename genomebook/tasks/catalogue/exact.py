"""Tasks whose answer is computed: composition, strands, translation, open reading frames."""

from __future__ import annotations

from genomebook.tasks.task import DataSheet, Metric, Task

_SHEET = DataSheet(
    source="computed from the sequence alone",
    licence="no data",
    ships=True,
    files=(),
    leaks="Nothing is learnt.",
    coordinates=False,
)
_LENGTHS = 2, 1_000_000


def _exact(
    name: str, title: str, about: str, questions: tuple[str, ...], metric: Metric = "exact match"
) -> Task:
    return Task(name, title, "Exact answers", questions, (), metric, _LENGTHS, 0, _SHEET, None, about)


TASKS = (
    _exact(
        "gc-content",
        "GC content",
        "The share of letters that are G or C. It varies along the genome and between species.",
        (
            "what is the GC content?",
            "GC percentage",
            "compute the GC fraction of this sequence",
            "how much G and C is in it?",
            "how GC rich is it?",
            "base composition",
            "what share of the letters is G or C?",
        ),
        "error",
    ),
    _exact(
        "reverse-complement",
        "Reverse complement",
        "The other strand of the double helix, read in its own direction, 5' to 3'.",
        (
            "what is the reverse complement?",
            "reverse complement this sequence",
            "reverse-complement",
            "revcomp",
            "give me the opposite strand",
            "what does the other strand read 5' to 3'?",
            "the minus strand sequence",
            "write the antisense strand",
        ),
    ),
    _exact(
        "complement",
        "Complement",
        "The letter that pairs with each letter, A with T and C with G, in the same order.",
        (
            "what is the complement?",
            "complement this sequence",
            "complementary sequence",
            "which bases pair with these?",
            "give the complementary bases without reversing",
        ),
    ),
    _exact(
        "reverse",
        "Reverse",
        "The letters from last to first. No molecule of the cell reads so: see the reverse complement.",
        (
            "reverse the sequence",
            "what is the reverse?",
            "write it backwards",
            "reversed sequence",
            "flip the order of the letters",
            "read it from the end to the start",
        ),
    ),
    _exact(
        "translation",
        "Protein from DNA",
        "The genetic code read in steps of three letters. Each codon stands for an amino acid or a stop.",
        (
            "translate this sequence",
            "translate frame 2",
            "translate with table 2",
            "translate it into protein",
            "what protein does this encode?",
            "protein sequence",
            "what is the amino acid sequence?",
            "which amino acids does it code for?",
            "turn this DNA into amino acids",
            "what peptide does it make?",
        ),
    ),
    _exact(
        "orfs",
        "Open reading frames",
        "A stretch from a start codon (ATG) to a stop codon in the same frame. Long ones may be genes.",
        (
            "find open reading frames",
            "which open reading frames does it have?",
            "ORFs",
            "is there an open reading frame?",
            "find ORFs of at least 100 letters",
            "what is the longest ORF?",
            "does it have an open reading frame?",
            "list all ORFs",
            "where are start and stop codons in frame?",
        ),
    ),
    _exact(
        "orf-frame",
        "Frame of the longest open reading frame",
        "DNA can be read in six frames: three on each strand. The longest open one is the likeliest to code.",
        (
            "which reading frame is open?",
            "in which frame is the longest ORF?",
            "what is the reading frame?",
            "which frame codes for the protein?",
            "ORF frame",
            "which of the six frames should I use?",
        ),
    ),
)
