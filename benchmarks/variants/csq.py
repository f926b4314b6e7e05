"""bcftools csq on alleles of a stretch of a chromosome, and what it says for each transcript."""

from __future__ import annotations

import gzip
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from genomebook.annotation.variants.alleles import VariantAllele

TERMS = {
    "3_prime_utr": "3_prime_UTR_variant",
    "5_prime_utr": "5_prime_UTR_variant",
    "non_coding": "non_coding_transcript_exon_variant",
    "stop_gained": "stop_gained",
    "stop_lost": "stop_lost",
    "start_lost": "start_lost",
    "inframe_insertion": "inframe_insertion",
    "inframe_deletion": "inframe_deletion",
}
"""Terms of the Sequence Ontology for those of csq; all others get ``_variant``."""

HEAD = "##fileformat=VCFv4.2\n##contig=<ID={name},length={length}>\n"
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


class Said(NamedTuple):
    """What csq says of an allele and a transcript: terms, and residues as ``717V>717I``."""

    terms: frozenset[str]
    residues: str


def write_vcf(path: Path, name: str, length: int, alleles: Iterable[VariantAllele]) -> None:
    """Write alleles as records on a contig, in their order."""
    with path.open("w") as file:
        file.write(HEAD.format(name=name, length=length) + COLUMNS)
        file.writelines(
            f"{name}\t{row.position}\t.\t{row.file_ref}\t{row.file_alt}\t.\t.\t.\n" for row in alleles
        )


def write_padded(path: Path, name: str, length: int, origin: int, letters: str) -> None:
    """Write a FASTA of a whole contig, N but for the letters from ``origin`` on."""
    width = 10_000
    with path.open("w") as file:
        file.write(f">{name}\n")
        text = "N" * (origin % width) + letters
        blank = "N" * width + "\n"
        file.writelines(blank for _ in range(origin // width))
        text += "N" * (length - origin // width * width - len(text))
        file.writelines(text[at : at + width] + "\n" for at in range(0, len(text), width))


def write_genes(source: Path, output: Path) -> None:
    """Write a GFF3 with one parent a row: of a row with several, csq 1.16 reads the first alone."""
    with gzip.open(source, "rt") as file, output.open("w") as out:
        for line in file:
            before, key, rest = line.partition("Parent=")
            parents, mark, after = rest.partition(";")
            for parent in parents.rstrip().split(",") if key else [""]:
                out.write(before + key + parent + (mark + after if mark else "\n" if key else ""))


def run(fasta: Path, genes: Path, vcf: Path) -> tuple[list[dict[str, Said]], float]:
    """Run ``bcftools csq --local-csq``.

    Returns
    -------
    list of dict of str to Said
        For each record in order, by transcript.
    float
        Seconds of the command.
    """
    output = vcf.with_suffix(".csq.vcf")
    began = time.perf_counter()
    command = ["bcftools", "csq", "--local-csq", "-f", str(fasta), "-g", str(genes), str(vcf)]
    subprocess.run([*command, "-Ov", "-o", str(output)], check=True, capture_output=True)
    seconds = time.perf_counter() - began
    with output.open() as file:
        return [_said(line) for line in file if not line.startswith("#")], seconds


def _said(line: str) -> dict[str, Said]:
    info = line.rstrip("\n").split("\t")[7]
    found: dict[str, Said] = {}
    for terms, transcript, residues in _entries(info):
        before = found.get(transcript, Said(frozenset(), ""))
        found[transcript] = Said(before.terms | terms, residues or before.residues)
    return found


def _entries(info: str) -> Iterator[tuple[frozenset[str], str, str]]:
    for key in info.split(";"):
        if key.startswith("BCSQ="):
            for entry in key.removeprefix("BCSQ=").split(","):
                parts = entry.split("|")
                terms = frozenset(TERMS.get(term, f"{term}_variant") for term in parts[0].split("&"))
                yield terms, parts[2], parts[5] if len(parts) > 5 else ""


def version() -> str:
    """Name and version of the program."""
    said = subprocess.run(["bcftools", "--version"], check=True, capture_output=True, text=True).stdout
    return said.splitlines()[0]
