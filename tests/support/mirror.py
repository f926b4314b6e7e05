"""A small made-up genome and its annotation, laid out like the folders of UCSC, NCBI and Ensembl."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

from tests.support import books
from tests.support.web import FileServer

SIZE = 30_000
NAMES = {"chr21": ("21", "CM000683.2"), "chr22": ("22", "CM000684.2")}
"""UCSC name to those of Ensembl and NCBI."""

GOLDEN = "/goldenPath/hg38"
UCSC_FASTA = f"{GOLDEN}/chromosomes/chr21.fa.gz"
CPG = f"{GOLDEN}/database/cpgIslandExt.txt.gz"
OUT = f"{GOLDEN}/bigZips/hg38.fa.out.gz"
GENES = "/gencode/gencode.v49.basic.annotation.gff3.gz"


def _packed(text: bytes) -> bytes:
    return gzip.compress(text, mtime=0)


def _sum(content: bytes) -> str:
    register = 0
    for byte in content:
        register = ((register >> 1) + ((register & 1) << 15) + byte) & 0xFFFF
    return f"{register:05d} {-(-len(content) // 1024):5d}"


def sequence(name: str) -> bytes:
    """Letters of a made-up chromosome: the first half twice, some in lower case, a gap."""
    half = books.letters(SIZE // 2, list(NAMES).index(name) + 1)
    return half[:5000] + b"N" * 500 + half[5500:6000].lower() + half[6000:] + half


def gff(names: list[str]) -> bytes:
    """Genes with exons, on every chromosome."""
    lines = ["##gff-version 3"]
    for name in names:
        for number in range(8):
            start, gene = 1000 + 3000 * number, f"{name}G{number}"
            lines.append(f"{name}\tmade\tgene\t{start}\t{start + 900}\t.\t+\t.\tID={gene};gene_name={gene}")
            lines.append(
                f"{name}\tmade\ttranscript\t{start}\t{start + 900}\t.\t+\t.\tID={gene}.1;Parent={gene}"
            )
            lines.append(
                f"{name}\tmade\texon\t{start}\t{start + 300}\t.\t+\t.\tID={gene}.1.1;Parent={gene}.1"
            )
    return ("\n".join(lines) + "\n").encode()


def repeats(names: list[str]) -> bytes:
    """RepeatMasker's output."""
    rows = [
        f"  463   1.3  0.6  1.7  {name}  {at + 1}  {at + 280}  (100)  +  AluY  SINE/Alu  1  280  (0)  {n}\n"
        for name in names
        for n, at in enumerate(range(200, SIZE - 400, 1500), 1)
    ]
    head = "   SW  perc perc perc  query  position in query  matching repeat  position in  repeat\n"
    return (
        head
        + "score  div. del. ins.  sequence begin end (left) repeat class/family begin end (left) ID\n\n"
        + "".join(rows)
    ).encode()


def islands(names: list[str]) -> bytes:
    """UCSC's table of CpG islands."""
    rows = [
        f"585\t{name}\t{at}\t{at + 400}\tCpG: 40\t400\t40\t280\t20\t70\t0.8\n"
        for name in names
        for at in range(900, SIZE - 600, 4000)
    ]
    return "".join(rows).encode()


def mirror(server: FileServer, folder: Path, names: tuple[str, ...] = ("chr21", "chr22")) -> Path:
    """Put everything on a server; gives the table of its addresses.

    chr1 has annotation but no sequence: rows that no book of these chromosomes has.
    """
    files = server.files
    of = {name: sequence(name) for name in names}
    for name, (plain, accession) in NAMES.items():
        if name in names:
            files[f"{GOLDEN}/chromosomes/{name}.fa.gz"] = _packed(books.fasta({name: of[name]}))
            files[f"/ncbi/Primary/FASTA/{name}.fna.gz"] = _packed(
                books.fasta({f"{accession} Homo sapiens chromosome {plain}": of[name]})
            )
            files[f"/ensembl/dna/Homo_sapiens.GRCh38.dna_sm.chromosome.{plain}.fa.gz"] = _packed(
                books.fasta({f"{plain} dna_sm:chromosome": of[name]})
            )
    files[f"{GOLDEN}/bigZips/hg38.fa.gz"] = _packed(books.fasta(of))
    files[OUT] = _packed(repeats([*names, "chr1"]))
    files[CPG] = _packed(islands([*names, "chr1"]))
    files[GENES] = _packed(gff([*names, "chr1"]))
    list_all(files)
    table = folder / "addresses.toml"
    table.write_text(_TABLE.replace("ROOT", server.root))
    return table


def list_all(files: dict[str, bytes]) -> None:
    """Write the lists of checksums as each source publishes them."""

    def listed(under: str, marker: str = "") -> list[tuple[str, bytes]]:
        known = [path for path in files if path.startswith(under) and not path.endswith((".txt", "SUMS"))]
        return [(marker + path.removeprefix(under), files[path]) for path in sorted(known)]

    def md5(rows: list[tuple[str, bytes]]) -> bytes:
        return "".join(f"{hashlib.md5(body).hexdigest()}  {name}\n" for name, body in rows).encode()

    for under in (f"{GOLDEN}/chromosomes/", f"{GOLDEN}/bigZips/"):
        files[under + "md5sum.txt"] = md5(listed(under))
    files["/gencode/MD5SUMS"] = md5(listed("/gencode/"))
    files["/ncbi/md5checksums.txt"] = md5(listed("/ncbi/", "./"))
    files["/ensembl/dna/CHECKSUMS"] = "".join(
        f"{_sum(body)} {name}\n" for name, body in listed("/ensembl/dna/")
    ).encode()


_TABLE = """
[GRCh38.sequence.ucsc.whole]
url = "ROOT/goldenPath/hg38/bigZips/hg38.fa.gz"
checksums = "ROOT/goldenPath/hg38/bigZips/md5sum.txt"
[GRCh38.sequence.ucsc.chromosome]
url = "ROOT/goldenPath/hg38/chromosomes/{name}.fa.gz"
checksums = "ROOT/goldenPath/hg38/chromosomes/md5sum.txt"
[GRCh38.sequence.ncbi.whole]
url = "ROOT/ncbi/whole.fna.gz"
[GRCh38.sequence.ncbi.chromosome]
url = "ROOT/ncbi/Primary/FASTA/{name}.fna.gz"
checksums = "ROOT/ncbi/md5checksums.txt"
[GRCh38.sequence.ensembl.whole]
url = "ROOT/ensembl/dna/whole.fa.gz"
[GRCh38.sequence.ensembl.chromosome]
url = "ROOT/ensembl/dna/Homo_sapiens.GRCh38.dna_sm.chromosome.{plain}.fa.gz"
checksums = "ROOT/ensembl/dna/CHECKSUMS"
[GRCh38.tracks.gencode]
kind = "genes"
label = "GENCODE genes"
url = "ROOT/gencode/gencode.v49.basic.annotation.gff3.gz"
checksums = "ROOT/gencode/MD5SUMS"
[GRCh38.tracks.repeats]
kind = "track"
label = "repeats"
url = "ROOT/goldenPath/hg38/bigZips/hg38.fa.out.gz"
checksums = "ROOT/goldenPath/hg38/bigZips/md5sum.txt"
[GRCh38.tracks.cpg]
kind = "track"
label = "CpG islands"
url = "ROOT/goldenPath/hg38/database/cpgIslandExt.txt.gz"
"""
