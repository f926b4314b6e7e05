"""Consequences beside bcftools csq: every SNV of the coding exons of a stretch, and 1,000 indels in them."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from string import ascii_letters
from typing import Any

from benchmarks.common.data import shared_data
from benchmarks.common.table import table
from benchmarks.variants import csq
from benchmarks.variants.translation import agrees, translated
from genomebook.annotation.transcript_files import read_transcripts
from genomebook.annotation.variants.alleles import LettersOf, VariantAllele, trimmed
from genomebook.annotation.variants.consequences import TranscriptConsequence, consequence
from genomebook.annotation.variants.spliced import SplicedTranscript
from genomebook.book.transcript import Transcript
from genomebook.book.transcript_writer import add_transcripts
from genomebook.export.variants import write_variants
from genomebook.genome.fasta import Genome, unpack
from genomebook.genome.names import LENGTHS
from genomebook.genome.regions import Contig
from genomebook.pipeline.book.build import Options, build

RECORD, CONTIG, ORIGIN = "chr21:24985581-26000306", "21", 24_985_580
GENES = "annotation/chr21_GRCh38_ensembl.gff3.gz"
GENOME = "genome/GRCh38_regions.fa.gz"
AROUND = 8
"""Letters around a coding exon of which SNVs are made."""

INDELS, SEED = 1000, 14
SIZES = (1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 9, 12)
REGION = "splice_region_variant"
SITES = {"splice_donor_variant", "splice_acceptor_variant"}
SILENT = {
    "intron_variant",
    "non_coding_transcript_exon_variant",
    "3_prime_UTR_variant",
    "5_prime_UTR_variant",
}

REASONS = {
    "silent": "csq says nothing of an intron, a UTR or a non-coding exon beside another consequence",
    "beside splice region": "csq leaves out intron, UTR or non-coding exon beside splice region",
    "at a splice site": "csq adds the reading frame to a lost splice site; here the protein is p.?",
    "stop at once": "a frameshift whose first new residue is a stop: stop gained too, here",
    "end not known": "a coding sequence whose end is not known: any stop is gained for csq",
    "at the border": "at the border of an exon or a splice region: on its other side for csq",
    "beyond the stretch": "a codon or splice site that the end of the stretch cuts off: csq has N there",
    "at the stop codon": "csq adds UTR, frame or stop kept to a changed stop codon, or does not see it kept",
    "start not known": "a coding sequence whose start is not known: csq says nothing",
    "other protein": "csq predicts another protein",
}
"""Classes of disagreement, for people."""


def run(quick: bool = False) -> dict[str, Any]:
    """Compare and time.

    Returns
    -------
    dict
        ``source``, ``program``; for ``snv`` and ``indel``: ``alleles``, ``pairs`` (allele and transcript),
        ``same``, ``classes`` (number, example, and of how many Biopython confirms ours), ``proteins`` and
        ``confirmed`` (HGVS p. checked against Biopython), ``residues`` and ``same_residues`` (beside csq);
        ``seconds`` of the processor; ``table``: alleles and seconds of the whole command.
    """
    data = shared_data()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        letters, transcripts = read_stretch(data, folder)
        csq.write_padded(folder / "whole.fa", CONTIG, LENGTHS[f"chr{CONTIG}"], ORIGIN, letters)
        snvs = list(substitutions(letters, transcripts))
        indels = list(insertions_and_deletions(letters, transcripts, INDELS))
        sets = {"snv": snvs[:: 40 if quick else 1], "indel": indels[:: 10 if quick else 1]}
        result: dict[str, Any] = {"source": f"GRCh38 {RECORD}, {Path(GENES).name}", "program": csq.version()}
        csq.write_genes(data / GENES, folder / "genes.gff3")
        for kind, alleles in sets.items():
            csq.write_vcf(folder / f"{kind}.vcf", CONTIG, LENGTHS[f"chr{CONTIG}"], alleles)
            said, seconds = csq.run(folder / "whole.fa", folder / "genes.gff3", folder / f"{kind}.vcf")
            result[kind] = compared(letters, transcripts, alleles, said) | {"csq_seconds": seconds}
        result["table"] = _timed(folder, transcripts)
    return result


def read_stretch(data: Path, folder: Path) -> tuple[str, list[Transcript]]:
    """Letters of the stretch, upper case, and the transcripts in it, those that go on beyond it clipped."""
    (folder / "genome").mkdir()
    unpack(data / GENOME, folder / "genome")
    with Genome(folder / "genome") as genome:
        letters = genome.letters(RECORD).tobytes().decode()
    (folder / "a.fa").write_text(f">{RECORD}\n{letters}\n")
    contig = Contig(RECORD, len(letters), "chr21", ORIGIN)
    return letters.upper(), read_transcripts(data / GENES, [contig], "GRCh38")


def made_allele(start: int, ref: str, alt: str) -> VariantAllele:
    at, old, new = trimmed(start, ref, alt)
    position = ORIGIN + start + 1
    return VariantAllele(RECORD, at, at + len(old), old, new, 0, "", CONTIG, position, ref, alt)


def _coding(transcripts: Sequence[Transcript], around: int) -> list[int]:
    """Positions of the coding exons, and of so many letters around them."""
    spans = {span for transcript in transcripts for span in transcript.coding}
    return sorted({at for start, end in spans for at in range(start - around, end + around)})


def substitutions(letters: str, transcripts: Sequence[Transcript]) -> Iterator[VariantAllele]:
    """Three substitutions at each letter of the coding exons and around them."""
    for at in _coding(transcripts, AROUND):
        yield from (made_allele(at, letters[at], base) for base in "ACGT" if base != letters[at])


def insertions_and_deletions(
    letters: str, transcripts: Sequence[Transcript], count: int
) -> list[VariantAllele]:
    """Random insertions and deletions that begin in a coding exon, by position, as many of each."""
    draw, places = random.Random(SEED), _coding(transcripts, 0)
    made: set[tuple[int, str, str]] = set()
    while len(made) < count:
        at, size = draw.choice(places), draw.choice(SIZES)
        anchor = letters[at - 1]
        if draw.random() < 0.5:
            made.add((at - 1, letters[at - 1 : at + size], anchor))
        else:
            made.add((at - 1, anchor, anchor + "".join(draw.choices("ACGT", k=size))))
    return [made_allele(*change) for change in sorted(made)]


def compared(
    letters: str,
    transcripts: Sequence[Transcript],
    alleles: Sequence[VariantAllele],
    said: Sequence[dict[str, csq.Said]],
) -> dict[str, Any]:
    """Count agreement with csq for each allele and transcript, and with Biopython for each protein."""
    encoded = letters.encode()

    def sequence(start: int, end: int) -> bytes:
        return encoded[max(start, 0) : max(end, 0)]

    pairs = list(_pairs(transcripts, alleles, said))
    began = time.process_time()
    calls = _called(pairs, sequence)
    seconds = time.process_time() - began
    proteins = {row.transcript_id: translated(row, letters) for row in transcripts if row.coding}
    out: dict[str, Any] = {"alleles": len(alleles), "pairs": len(pairs), "same": 0, "classes": {}}
    out |= {"proteins": 0, "confirmed": 0, "residues": 0, "same_residues": 0, "seconds": seconds}
    for (allele, of, theirs), call in zip(pairs, calls, strict=True):
        right = None
        if call.hgvs_p.startswith("p.(") and "Met1?" not in call.hgvs_p and spliceable(of, allele):
            old = proteins[of.transcript_id]
            right = agrees(call.hgvs_p, old, translated(of, letters, allele), of.first_residue)
            out["proteins"] += 1
            out["confirmed"] += right
        if call.aminos[0] and theirs.residues and len(allele.ref) == len(allele.alt) == 1:
            out["residues"] += 1
            out["same_residues"] += _residues(call) == theirs.residues
        ours = frozenset(term.value for term in call.terms)
        if ours == theirs.terms:
            out["same"] += 1
            continue
        row = out["classes"].setdefault(
            reason(ours, theirs, of.clipped), {"number": 0, "checked": 0, "confirmed": 0}
        )
        row["number"] += 1
        row["checked"] += right is not None
        row["confirmed"] += right is True
        row.setdefault("example", [
            allele.shown, of.transcript_id, call.hgvs_c, call.hgvs_p, sorted(ours), sorted(theirs.terms),
            theirs.residues[:40],
        ])  # fmt: skip
    return out


def _pairs(
    transcripts: Sequence[Transcript], alleles: Sequence[VariantAllele], said: Sequence[dict[str, csq.Said]]
) -> Iterator[tuple[VariantAllele, Transcript, csq.Said]]:
    """Alleles with each transcript that they touch and that csq reads."""
    known = [row for row in transcripts if row.biotype != "TEC"]
    nothing = csq.Said(frozenset(), "")
    for allele, theirs in zip(alleles, said, strict=True):
        for of in known:
            inserted = allele.start == allele.end
            if (
                of.start < allele.end
                and of.end > allele.start
                and not (inserted and of.start == allele.start)
            ):
                yield allele, of, theirs.get(of.transcript_id.partition(".")[0], nothing)


def _called(
    pairs: Sequence[tuple[VariantAllele, Transcript, csq.Said]], sequence: LettersOf
) -> list[TranscriptConsequence]:
    spliced: dict[str, SplicedTranscript] = {}
    calls = []
    for allele, of, _ in pairs:
        known = spliced.get(of.transcript_id) or SplicedTranscript(of, sequence)
        spliced[of.transcript_id] = known
        calls.append(consequence(known, allele.placement, sequence))
    return calls


def spliceable(of: Transcript, allele: VariantAllele) -> bool:
    """Whether an allele lies inside one exon, away from its ends: then the spliced letters are known."""
    return any(start < allele.start and allele.end < end for start, end in of.exons)


def _residues(call: TranscriptConsequence) -> str:
    """Residues of an SNV as csq writes them: ``717V>717I``, ``54L`` where they stay."""
    number = "".join(takewhile(str.isdigit, call.hgvs_p.lstrip("p.()" + ascii_letters)))
    old, new = call.aminos
    return f"{number}{old}" if old == new else f"{number}{old}>{number}{new}"


def reason(ours: frozenset[str], said: csq.Said, clipped: bool) -> str:
    """Class of a disagreement (`REASONS`)."""
    theirs = said.terms
    extra, lacking = ours - theirs, theirs - ours
    if not theirs:
        return "silent" if ours <= SILENT | SITES | {REGION} else "start not known"
    if clipped and ("coding_sequence_variant" in ours or (not extra and lacking == {REGION})):
        return "beyond the stretch"
    if ours & SITES and ours & SITES == theirs & SITES:
        return "at a splice site"
    if REGION in theirs and not lacking and extra <= SILENT:
        return "beside splice region"
    if extra == {"stop_gained"} and "frameshift_variant" in theirs and not lacking:
        return "stop at once"
    if (
        not extra
        and lacking <= {"stop_gained", "stop_retained_variant"}
        and "*" not in said.residues.split(">")[0]
    ):
        return "end not known"
    if extra ^ lacking == {REGION} or lacking & SITES:
        return "at the border"
    stops = {"stop_lost", "stop_retained_variant"}
    return "at the stop codon" if stops & (ours | theirs) else "other protein"


def _timed(folder: Path, transcripts: Sequence[Transcript]) -> dict[str, Any]:
    """Time the whole command on all SNVs: alleles, seconds of the processor."""
    book = build(Options(folder / "a.fa", folder / "a.book", assembly="GRCh38"))
    add_transcripts(book.path, transcripts, {volume.name: volume.length for volume in book})
    fresh = type(book).open(book.path)
    write_variants(fresh, folder / "indel.vcf", folder / "warm.tsv")
    began = time.process_time()
    tally = write_variants(fresh, folder / "snv.vcf", folder / "table.tsv")
    return {"alleles": tally.assessed, "seconds": time.process_time() - began}


def _of(number: int, total: int) -> str:
    return f"{number:,} of {total:,}" if total else ""


def lines(result: dict[str, Any]) -> list[str]:
    """Tables for the docs."""
    rows, classes = [], []
    for kind, name in (("snv", "SNVs"), ("indel", "insertions and deletions")):
        one = result[kind]
        classed = one["same"] + sum(
            row["number"] for key, row in one["classes"].items() if key in ("silent", "beside splice region")
        )
        rows.append(
            [
                name, f"{one['alleles']:,}", f"{one['pairs']:,}", f"{one['same'] / one['pairs']:.2%}",
                f"{classed / one['pairs']:.2%}", _of(one["same_residues"], one["residues"]),
                _of(one["confirmed"], one["proteins"]),
                f"{one['pairs'] / one['seconds']:,.0f}",
            ]
        )  # fmt: skip
        for key, row in sorted(one["classes"].items(), key=lambda item: -item[1]["number"]):
            shown = row["example"]
            checked = _of(row["confirmed"], row["checked"])
            example = f"{shown[0]}: {shown[2]} {shown[3]}; csq: {', '.join(shown[5]) or 'nothing'}"
            classes.append([name, REASONS[key], f"{row['number']:,}", checked, example.replace("|", "/")])
    head = ["", "alleles", "pairs", "same terms", "or left out", "same residues", "confirmed", "pairs/s"]
    whole = result["table"]
    return [
        f"Beside {result['program']} `csq --local-csq`: every SNV of the coding exons and {AROUND} letters "
        f"around them, and {INDELS:,} random insertions and deletions in them. *Pairs*: of an allele and a "
        "transcript that it touches. *Same terms*: all terms are equal; *or left out*: what csq leaves out "
        "beside another consequence counts as the same. *Same residues*: of the SNVs for which csq gives "
        "residues. *Confirmed*: HGVS p. that leads to the protein which Biopython translates from the "
        "changed letters, spliced.",
        "",
        *table(head, rows),
        "",
        "Disagreements, and for how many Biopython confirms the protein given here:",
        "",
        *table(["", "why", "pairs", "confirmed", "the first"], classes),
        "",
        "The whole command (consequences of all transcripts, HGVS, words, table): "
        f"{whole['alleles']:,} alleles in {whole['seconds']:.1f} s of one processor, "
        f"{whole['alleles'] / whole['seconds']:,.0f} a second.",
    ]
