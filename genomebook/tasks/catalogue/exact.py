"""Questions with an exact answer: GC content, protein, reverse, complement, reverse complement."""

from __future__ import annotations

from genomebook.tasks.task import DataSheet, Metric, Published, Task

_SHEET = DataSheet(
    "Any sequence: the answer is computed", "none needed", True, (), "None: nothing is learnt."
)
_TABLE = "GenomicLLM repository (2024)"


def _generated(value: float, rows: int) -> tuple[Published, ...]:
    why = f"{rows:,} prompts of its own; a model writes the answer letter by letter, ours is computed"
    return (Published("GenomicLLM", "exact match", value, _TABLE, False, why),)


def _task(
    name: str,
    title: str,
    questions: tuple[str, ...],
    metric: Metric,
    about: str,
    published: tuple[Published, ...],
) -> Task:
    return Task(
        name, title, "Exact", questions, (), metric, (2, 1_000_000), 0, _SHEET, None, about, published
    )


TASKS = (
    _task(
        "gc-content",
        "GC content",
        (
            "what is the GC content?",
            "how much GC?",
            "GC content",
            "GC percentage",
            "compute the GC fraction",
            "how GC rich is it?",
            "what share of the letters is G or C?",
            "how many G and C are in it?",
            "base composition",
            "ratio of GC to AT",
            "guanine and cytosine content",
            "what percentage of the bases are guanine or cytosine?",
            "percent GC",
            "calculate GC",
        ),
        "error",
        "The share of G and C among the letters. GC pairs are held by three hydrogen bonds, AT pairs by two.",
        (),
    ),
    _task(
        "protein",
        "Protein from DNA",
        (
            "translate",
            "translate frame 2",
            "what is the protein?",
            "translate with table 2",
            "translate this into protein",
            "what protein does this encode?",
            "amino acid sequence",
            "which amino acids does it code for?",
            "what peptide does this make?",
            "turn the codons into amino acids",
            "conceptual translation",
            "which protein would a ribosome make?",
            "DNA to protein",
            "translate with the mitochondrial code",
            "translate the reverse strand",
        ),
        "exact match",
        "Three letters of DNA (a codon) stand for an amino acid. Six frames are possible, three on each "
        "strand.",
        _generated(0.993, 1716),
    ),
    _task(
        "reverse",
        "Reverse",
        (
            "reverse",
            "write this backwards",
            "reverse this sequence",
            "read it from the end to the start",
            "flip the order of the letters",
            "reversed sequence",
            "what is it backwards?",
            "invert the order of the bases",
            "last letter first",
            "spell it backwards",
            "turn it around",
        ),
        "exact match",
        "The same letters from last to first. It is no strand of the double helix.",
        _generated(1.0, 4309),
    ),
    _task(
        "complement",
        "Complement",
        (
            "complement",
            "what is the complement?",
            "complementary sequence",
            "which bases pair with these?",
            "complementary bases",
            "base pairing partner of each letter",
            "write the complement without reversing",
            "complement of the bases, not reversed",
        ),
        "exact match",
        "A pairs with T and C with G: the letters across, in the same order.",
        _generated(0.9993, 4250),
    ),
    _task(
        "reverse-complement",
        "Reverse complement",
        (
            "reverse complement",
            "what does the other strand say?",
            "give the reverse complement",
            "revcomp",
            "opposite strand 5' to 3'",
            "the minus strand of this",
            "antisense strand",
            "what is the other strand?",
            "what is on the opposite strand?",
            "rev comp",
            "flip to the other strand",
            "sequence of the opposite strand",
        ),
        "exact match",
        "The other strand as it is read: the complement from last to first.",
        _generated(1.0, 4382),
    ),
    _task(
        "orfs",
        "Open reading frames",
        (
            "find open reading frames",
            "what is the longest ORF?",
            "which reading frame is open?",
            "in which frame is the longest ORF?",
            "is there an open reading frame?",
            "find ORFs of at least 100 letters",
            "list all ORFs",
            "where are the open reading frames?",
            "longest stretch without a stop codon",
            "start and stop codons in the same frame",
            "find all ORFs",
            "any ORF?",
            "show ORFs longer than 300 letters",
            "list open reading frames on both strands",
        ),
        "exact match",
        "A stretch from a start codon (ATG) to the next stop codon in the same frame, on either strand. Long "
        "ones may be genes: by chance alone a stop comes after 21 codons on average.",
        (),
    ),
)
