"""Variants of one copy of the chromosome, told together, beside bcftools csq on phased genotypes."""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.common.table import table
from benchmarks.variants import csq
from benchmarks.variants.side_by_side import CONTIG, GENES, ORIGIN, RECORD, made_allele, read_stretch
from benchmarks.variants.translation import agrees, translated
from genomebook.annotation.variants.alleles import VariantAllele
from genomebook.annotation.variants.consequences import TranscriptConsequence, consequence
from genomebook.annotation.variants.neighbours import REACH, joint_variants
from genomebook.annotation.variants.spliced import SplicedTranscript
from genomebook.book.transcript import Transcript
from genomebook.genome.names import LENGTHS

NUMBER, SEED, APART = 150, 14, 45
"""Cases of each kind; letters of coding sequence between two changes of a case, at most."""

KINDS = {
    "codon": "two SNVs in one codon",
    "split": "two SNVs in a codon that an intron splits",
    "restored": "an insertion or deletion, and one that restores the frame",
    "shifted": "a shift of the frame, and an SNV behind it",
    "inframe": "an insertion or deletion of 3 letters, and an SNV beside it",
    "apart": "two SNVs in neighbouring codons",
}


FIRST = frozenset({0})
"""The copy of the chromosome that has the alleles."""


def run(quick: bool = False) -> dict[str, Any]:
    """Make cases, run both programs on them, and compare.

    Returns
    -------
    dict
        ``source``, ``program`` and ``kinds`` (`compared`).
    """
    shared = os.environ.get("GENOMEBOOK_SHARED")
    if not shared:
        raise SystemExit("GENOMEBOOK_SHARED is not set: this benchmark needs the real data")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        letters, transcripts = read_stretch(Path(shared), folder)
        length = LENGTHS[f"chr{CONTIG}"]
        csq.write_padded(folder / "whole.fa", CONTIG, length, ORIGIN, letters)
        csq.write_genes(Path(shared) / GENES, folder / "genes.gff3")
        made = list(cases(transcripts, letters, NUMBER // (10 if quick else 1)))
        write_phased(folder / "phased.vcf", CONTIG, length, made)
        said = said_by_csq(folder / "whole.fa", folder / "genes.gff3", folder / "phased.vcf")
    return {
        "source": f"GRCh38 {RECORD}, {Path(GENES).name}",
        "program": csq.version(),
        "kinds": compared(letters, transcripts, made, said),
    }


class Case(NamedTuple):
    """Two changes of one copy, made for a transcript."""

    kind: str
    alleles: tuple[VariantAllele, VariantAllele]


def cases(transcripts: Sequence[Transcript], letters: str, number: int) -> Iterator[Case]:
    """Make random cases in the coding sequence of transcripts that are whole.

    Parameters
    ----------
    transcripts : sequence of Transcript
        Of the stretch.
    letters : str
        Of the stretch, upper case.
    number : int
        Of each kind.
    """
    draw = random.Random(SEED)
    coding = [one for one in transcripts if one.coding and not one.clipped]
    for kind in KINDS:
        made: set[tuple[tuple[int, str, str], ...]] = set()
        for _ in range(200 * number):
            if len(made) == number:
                break
            of = draw.choice(coding)
            changes = _changes(kind, of, letters, draw)
            if changes is not None:
                made.add(changes)
        for one, other in sorted(made):
            yield Case(
                kind, (replace(made_allele(*one), copies=FIRST), replace(made_allele(*other), copies=FIRST))
            )


def _changes(
    kind: str, of: Transcript, letters: str, draw: random.Random
) -> tuple[tuple[int, str, str], ...] | None:
    """Two changes of a kind, ascending; None where the place that was drawn does not allow them."""
    places = [at for start, end in of.coding for at in range(start, end)]
    places = places[::-1] if of.is_minus else places
    whole = (len(places) - of.phase) // 3
    codon = draw.randrange(2, max(whole - 40, 3))
    if codon >= whole - 2:
        return None
    begin = of.phase + 3 * codon
    if kind in ("codon", "split"):
        one, other = sorted(draw.sample(range(3), 2))
        ends = places[begin + one], places[begin + other]
        is_split = abs(ends[0] - ends[1]) != other - one
        changes = [_snv(at, letters, draw) for at in ends] if is_split == (kind == "split") else []
    elif kind == "apart":
        changes = [_snv(places[begin + 3 * n + draw.randrange(3)], letters, draw) for n in (0, 1)]
    elif kind == "restored":
        size = draw.choice((1, 2, -1, -2))
        second = draw.choice((-size, 3 - size if size > 0 else -3 - size))
        gap = draw.randrange(8, APART)
        changes = [
            _indel(places[begin], size, letters, draw),
            _indel(places[begin + gap], second, letters, draw),
        ]
    elif kind == "shifted":
        changes = [
            _indel(places[begin], draw.choice((1, 2, -1, -2)), letters, draw),
            _snv(places[begin + draw.randrange(6, APART)], letters, draw),
        ]
    else:
        at = places[begin + 1]
        changes = [
            _indel(at, draw.choice((3, -3)), letters, draw),
            _snv(places[begin + draw.choice((-1, 0, 4, 5))], letters, draw),
        ]
    both = sorted(changes)
    if len(both) < 2 or not all(_is_inside(of, change) for change in both):
        return None
    return tuple(both) if both[0][0] + len(both[0][1]) < both[1][0] else None


def _snv(at: int, letters: str, draw: random.Random) -> tuple[int, str, str]:
    return at, letters[at], draw.choice([base for base in "ACGT" if base != letters[at]])


def _indel(at: int, size: int, letters: str, draw: random.Random) -> tuple[int, str, str]:
    """Insert so many letters before a position, or delete them from it on, with the letter before them."""
    anchor = letters[at - 1]
    if size < 0:
        return at - 1, letters[at - 1 : at - size], anchor
    return at - 1, anchor, anchor + "".join(draw.choices("ACGT", k=size))


def _is_inside(of: Transcript, change: tuple[int, str, str]) -> bool:
    """Whether a change lies in one coding span, two letters from its ends where it is longer than one."""
    start, ref, alt = change
    edge = 0 if len(ref) == len(alt) else 2
    return any(low + edge <= start and start + len(ref) <= high - edge for low, high in of.coding)


def write_phased(path: Path, name: str, length: int, made: Sequence[Case]) -> None:
    """Write the cases as a phased VCF: a sample for each, which has its alleles on the first copy."""
    carriers: dict[tuple[int, str, str], list[int]] = {}
    for number, case in enumerate(made):
        for one in case.alleles:
            carriers.setdefault((one.position, one.file_ref, one.file_alt), []).append(number)
    with path.open("w") as file:
        file.write(csq.HEAD.format(name=name, length=length))
        file.write('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n')
        samples = "\t".join(f"c{number}" for number in range(len(made)))
        file.write(csq.COLUMNS.rstrip("\n") + f"\tFORMAT\t{samples}\n")
        for (position, ref, alt), who in sorted(carriers.items()):
            cells = ["0|0"] * len(made)
            for number in who:
                cells[number] = "1|0"
            row = "\t".join(cells)
            file.write(f"{name}\t{position}\t.\t{ref}\t{alt}\t.\t.\t.\tGT\t{row}\n")


def said_by_csq(fasta: Path, genes: Path, vcf: Path) -> dict[int, dict[str, list[list[str]]]]:
    """Run ``bcftools csq`` on phased genotypes.

    Returns
    -------
    dict
        By number of the sample and by transcript, the parts of each consequence.
    """
    output = vcf.with_suffix(".csq.bcf")
    command = [
        "bcftools",
        "csq",
        "--ncsq",
        "500",
        "-f",
        str(fasta),
        "-g",
        str(genes),
        str(vcf),
        "-Ob",
        "-o",
        str(output),
    ]
    subprocess.run(command, check=True, capture_output=True)
    query = ["bcftools", "query", "-i", 'GT="alt"', "-f", "[%SAMPLE\t%TBCSQ{0}\n]", str(output)]
    text = subprocess.run(query, check=True, capture_output=True, text=True).stdout
    held: dict[int, dict[str, list[list[str]]]] = {}
    for line in text.splitlines():
        sample, _, entries = line.partition("\t")
        for entry in entries.split(","):
            parts = entry.split("|")
            if len(parts) > 2 and not entry.startswith("@"):
                held.setdefault(int(sample[1:]), {}).setdefault(parts[2], []).append(parts)
    return held


def compared(
    letters: str,
    transcripts: Sequence[Transcript],
    made: Sequence[Case],
    said: dict[int, dict[str, list[list[str]]]],
) -> dict[str, Any]:
    """Count agreement for each case and each transcript that has both changes in its coding sequence.

    Returns
    -------
    dict
        By kind: ``cases``, ``pairs`` (case and transcript); pairs whose changes both programs tell
        ``together`` or ``apart``, or one together (``alone``, ``csq_alone``; ``separate``: of those, the two
        descriptions one after the other lead to the protein of Biopython); of those told together
        ``proteins`` that are described, and how many Biopython confirms (``confirmed``, ``csq_confirmed``);
        ``examples`` of others.
    """
    encoded = letters.encode()

    def sequence(start: int, end: int) -> bytes:
        return encoded[max(start, 0) : max(end, 0)]

    coding = [SplicedTranscript(one, sequence) for one in transcripts if one.coding and not one.clipped]
    proteins = {one.transcript.transcript_id: translated(one.transcript, letters) for one in coding}
    counts: dict[str, dict[str, Any]] = {kind: dict.fromkeys(COUNTED, 0) | {"examples": []} for kind in KINDS}
    for number, case in enumerate(made):
        row = counts[case.kind]
        row["cases"] += 1
        for spliced in coding:
            of = spliced.transcript
            if not all(_is_coding(of, one) for one in case.alleles):
                continue
            theirs = _their_residues(said.get(number, {}).get(of.transcript_id.partition(".")[0], []))
            one, other = case.alleles
            call = next((each.together for each in joint_variants(one, [other], spliced)), None)
            row["pairs"] += 1
            row[SAID[call is not None, theirs is not None]] += 1
            both = translated(of, letters, one, other)
            if call is not None and theirs is not None:
                _count(row, call, theirs, proteins[of.transcript_id], both, of)
            elif theirs is not None:
                row["separate"] += _is_separate(spliced, case, letters, both)
    for row in counts.values():
        row["examples"] = row["examples"][:3]
    return counts


SAID = {(True, True): "together", (True, False): "alone", (False, True): "csq_alone", (False, False): "apart"}
"""Which program tells two changes together: this one, csq."""

COUNTED = ("cases", "pairs", *SAID.values(), "separate", "proteins", "confirmed", "csq_confirmed")


def _is_coding(of: Transcript, one: VariantAllele) -> bool:
    return any(start <= one.start and one.end <= end for start, end in of.coding)


def _their_residues(entries: Sequence[Sequence[str]]) -> str | None:
    """Residues that csq gives for both changes together; None where it tells them one by one."""
    return next((parts[5] for parts in entries if len(parts) > 6 and "+" in parts[6]), None)


def _count(
    row: dict[str, Any], call: TranscriptConsequence, theirs: str, old: str, new: str, of: Transcript
) -> None:
    """Count whose description leads to the protein that Biopython translates."""
    if not call.hgvs_p.startswith("p.(") or "Met1?" in call.hgvs_p:
        return
    ours, csq_too = (
        agrees(call.hgvs_p, old, new, of.first_residue),
        _leads(theirs, old, new, of.first_residue),
    )
    row["proteins"] += 1
    row["confirmed"] += ours
    row["csq_confirmed"] += csq_too
    if not (ours and csq_too):
        row["examples"].append([*call.aminos, theirs, call.hgvs_p])


def _is_separate(spliced: SplicedTranscript, case: Case, letters: str, both: str) -> bool:
    """Whether the 5' change, described alone, leads from the protein with the other to that with both."""
    of = spliced.transcript
    first, second = case.alleles[::-1] if of.is_minus else case.alleles
    encoded = letters.encode()
    call = consequence(spliced, first.placement, lambda start, end: encoded[max(start, 0) : max(end, 0)])
    return agrees(call.hgvs_p, translated(of, letters, second), both, of.first_residue)


def _leads(theirs: str, old: str, new: str, first: int) -> bool:
    """Whether ``238PER>238RT`` leads from one protein to the other, as far as it says."""
    before, after = (side.lstrip("0123456789") for side in (theirs + ">" + theirs).split(">")[:2])
    at = int(theirs[: len(theirs.split(">")[0]) - len(before)]) - first
    changed = old[:at] + after + old[at + len(before) :]
    changed = changed[: changed.index("*") + 1] if "*" in changed else changed
    return old[at : at + len(before)] == before and changed == new


def lines(result: dict[str, Any]) -> list[str]:
    """Table for the docs."""
    rows = [
        [
            KINDS[kind],
            *(f"{row[name]:,}" for name in ("cases", "pairs", "together", "apart", "alone", "csq_alone")),
            *(f"{row[name]:,} of {row['proteins']:,}" for name in ("confirmed", "csq_confirmed")),
        ]
        for kind, row in result["kinds"].items()
    ]
    kinds = result["kinds"].values()
    alone, separate = (sum(row[name] for row in kinds) for name in ("csq_alone", "separate"))
    return [
        f"Beside {result['program']} `csq` on phased genotypes: random pairs of changes in the coding exons, "
        "on one copy. *Pairs*: of a case and a transcript that has both changes in its coding sequence. "
        "*Confirmed*: of those that both programs tell together, the description leads to the protein which "
        "Biopython translates from the changed letters, spliced.",
        "",
        *table(
            [
                "",
                "cases",
                "pairs",
                "together",
                "apart",
                "only here",
                "only csq",
                "confirmed",
                "csq confirmed",
            ],
            rows,
        ),
        "",
        "*Only here*: an insertion or deletion whose description may name the codon beside it, and a start "
        f"codon. *Only csq*: a shift more than {REACH} letters before the other change; in {separate:,} of "
        f"{alone:,} the descriptions one by one lead to the protein of Biopython.",
    ]
