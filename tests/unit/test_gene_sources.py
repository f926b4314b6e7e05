"""Two files of genes side by side: both kept and named, one gene shown once, names of both understood."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from genomebook.book import Book, transcripts
from genomebook.book.transcript import Transcript, by_gene, shown
from genomebook.book.transcript_writer import add_transcripts
from genomebook.book.verify import problems
from genomebook.errors import OptionError
from genomebook.genome.regions import Region
from genomebook.pipeline.annotate import TrackInput, annotate
from genomebook.render.page.make import PageMaker, PageOptions
from genomebook.search.answers import PlaceAnswer
from genomebook.search.box import understand
from genomebook.search.suggestions import suggest
from tests.support.books import program
from tests.support.track_files import written

ENSEMBL = """\
MT\tx\tgene\t1001\t1300\t.\t+\t.\tID=gene:ENSG1;Name=ALPHA;description=a [Source:HGNC Symbol%3BAcc:HGNC:5]
MT\tx\tmRNA\t1001\t1300\t.\t+\t.\tID=transcript:ENST1;Parent=gene:ENSG1;tag=Ensembl_canonical
MT\tx\texon\t1001\t1300\t.\t+\t.\tParent=transcript:ENST1
MT\tx\tCDS\t1031\t1060\t.\t+\t0\tParent=transcript:ENST1;protein_id=ENSP1
MT\tx\tgene\t2001\t2300\t.\t-\t.\tID=gene:ENSG2;Name=OLDNAME;description=b [Source:HGNC Symbol%3BAcc:HGNC:6]
MT\tx\tmRNA\t2001\t2300\t.\t-\t.\tID=transcript:ENST2;Parent=gene:ENSG2
MT\tx\texon\t2001\t2300\t.\t-\t.\tParent=transcript:ENST2
"""

REFSEQ = """\
MT\tx\tgene\t1011\t1400\t.\t+\t.\tID=gene-ALPHA;Name=ALPHA;Dbxref=GeneID:1,HGNC:HGNC:5
MT\tx\tmRNA\t1011\t1400\t.\t+\t.\tID=rna-NM_1.1;Parent=gene-ALPHA;transcript_id=NM_1.1;tag=MANE Select
MT\tx\texon\t1011\t1400\t.\t+\t.\tParent=rna-NM_1.1
MT\tx\tCDS\t1041\t1100\t.\t+\t0\tParent=rna-NM_1.1;protein_id=NP_1.1
MT\tx\tgene\t2001\t2300\t.\t-\t.\tID=gene-NEWNAME;Name=NEWNAME;Dbxref=GeneID:2,HGNC:HGNC:6
MT\tx\tmRNA\t2001\t2290\t.\t-\t.\tID=rna-NM_2.1;Parent=gene-NEWNAME;transcript_id=NM_2.1
MT\tx\texon\t2001\t2290\t.\t-\t.\tParent=rna-NM_2.1
MT\tx\tgene\t1101\t1200\t.\t+\t.\tID=gene-LOC9;Name=LOC9;Dbxref=GeneID:9
MT\tx\tmRNA\t1101\t1200\t.\t+\t.\tID=rna-XM_9.1;Parent=gene-LOC9;transcript_id=XM_9.1
MT\tx\texon\t1101\t1200\t.\t+\t.\tParent=rna-XM_9.1
"""


@pytest.fixture
def files(tmp_path: Path) -> list[TrackInput]:
    head = "##gff-version 3\n"
    return [
        TrackInput(written(tmp_path, "Ensembl.gff3", head + ENSEMBL)),
        TrackInput(written(tmp_path, "refseq.gff3", head + REFSEQ), "RefSeq"),
    ]


@pytest.fixture
def path(chrm_book: Path, tmp_path: Path) -> Path:
    copied = Path(shutil.copytree(chrm_book, tmp_path / "m.book"))
    (copied / "transcripts").exists() and shutil.rmtree(copied / "transcripts")
    return copied


def ids(book: Book) -> dict[str, list[str]]:
    """Transcripts of the files in this test, by file."""
    held: dict[str, list[str]] = {}
    for row in book.transcripts.all():
        held.setdefault(row.source, []).append(row.transcript_id)
    return held


BOTH = {"Ensembl": ["ENST1", "ENST2"], "RefSeq": ["NM_1.1", "XM_9.1", "NM_2.1"]}


def test_files_are_kept_side_by_side_in_one_command_or_in_two(path: Path, files: list[TrackInput]) -> None:
    digest = Book.open(path).digest
    assert annotate(path, files).transcripts == 5
    assert ids(Book.open(path)) == BOTH
    together = (path / "transcripts" / "transcripts.i32").read_bytes()
    assert annotate(path, files, anew=True).transcripts == 5
    annotate(path, files[:1], anew=True)
    assert ids(Book.open(path)) == {"Ensembl": BOTH["Ensembl"]}
    assert annotate(path, files[1:]).transcripts == 5
    assert (path / "transcripts" / "transcripts.i32").read_bytes() == together
    assert annotate(path, files[1:]).transcripts == 5  # a track of the same name is replaced
    assert problems(Book.open(path)) == []
    assert annotate(path, remove=["Ensembl"]).transcripts == 3
    assert ids(Book.open(path)) == {"RefSeq": BOTH["RefSeq"]}
    assert annotate(path, remove=["RefSeq"]).transcripts == 0
    with pytest.raises(OptionError, match="has no track RefSeq"):
        annotate(path, remove=["RefSeq"])
    assert Book.open(path).digest == digest


def test_transcripts_without_the_name_of_a_file_stay_too(path: Path, files: list[TrackInput]) -> None:
    old = Transcript("chrM", "+", "OLD", "G0", "T0", "", "", "", "", ((5, 50),))
    add_transcripts(path, [old], {"chrM": 16_569})
    annotate(path, files[1:])
    assert ids(Book.open(path)) == {"genes": ["T0"], "RefSeq": BOTH["RefSeq"]}
    annotate(path, remove=["genes"])
    assert ids(Book.open(path)) == {"RefSeq": BOTH["RefSeq"]}


def test_a_gene_of_both_is_one_gene(path: Path, files: list[TrackInput]) -> None:
    annotate(path, files)
    book = Book.open(path)
    genes = by_gene(book.transcripts.all())
    named = [sorted(row.transcript_id for row in gene) for gene in genes]
    assert sorted(named) == [["ENST1", "NM_1.1"], ["ENST2", "NM_2.1"], ["XM_9.1"]]
    assert {row.transcript_id for row in shown(book.transcripts.all())} == {"NM_1.1", "XM_9.1", "ENST2"}
    for name in ("ALPHA", "ENSG1"):
        assert [row.transcript_id for row in book.transcripts.of_gene(name)] == ["NM_1.1", "ENST1"], name


def test_a_gene_of_both_is_given_once_where_no_transcript_is_kept(
    path: Path, files: list[TrackInput], monkeypatch: pytest.MonkeyPatch
) -> None:
    annotate(path, files)
    monkeypatch.setattr(transcripts, "_CACHED", 0)
    given = Book.open(path).transcripts.of_gene("ALPHA")
    assert [row.transcript_id for row in given] == ["NM_1.1", "ENST1"]


def test_genes_that_lie_apart_or_on_the_other_strand_are_two() -> None:
    one = Transcript("v", "+", "A", "1", "T1", "", "", "", "", ((5, 50),), source="a")
    other = replace(one, gene_id="2", transcript_id="T2", source="b")
    assert len(by_gene([one, other])) == 1
    assert len(by_gene([one, replace(other, source="a")])) == 2
    assert len(by_gene([one, replace(other, strand="-")])) == 2
    assert len(by_gene([one, replace(other, exons=((50, 60),))])) == 2
    assert len(by_gene([one, replace(other, gene="B")])) == 2
    assert len(by_gene([one, other, replace(other, gene_id="3", source="c")])) == 1


def test_the_reader_chooses_the_file_whose_transcripts_are_shown(path: Path, files: list[TrackInput]) -> None:
    annotate(path, files)
    maker = PageMaker(Book.open(path))
    region = Region("chrM", 1000, 1400)

    def drawn(**options: object) -> tuple[list[str], set[str]]:
        page = maker.page(region, PageOptions(**options))  # type: ignore[arg-type]
        assert page.sources == ["Ensembl", "RefSeq"]
        here = [one for one in page.transcripts if one.is_shown]
        return [one.id for one in here], {run.transcript for run in page.residues}

    assert drawn() == (["NM_1.1", "XM_9.1", "ENST2"], {"NM_1.1"})
    assert drawn(source="Ensembl") == (["ENST1", "ENST2"], {"ENST1"})
    assert drawn(source="RefSeq") == (["NM_1.1", "XM_9.1", "NM_2.1"], {"NM_1.1"})
    assert drawn(source="RefSeq", transcripts=("ENST1",))[0][0] == "ENST1"
    assert drawn(source="<b>") == drawn()


def test_the_box_finds_the_names_of_both(path: Path, files: list[TrackInput]) -> None:
    annotate(path, files)
    book = Book.open(path)
    places = {
        "ALPHA": (1000, 1400), "ENSG1": (1000, 1400), "OLDNAME": (2000, 2300), "NEWNAME": (2000, 2300),
        "LOC9": (1100, 1200), "NM_1": (1010, 1400), "ENST1": (1000, 1300), "NP_1": (1010, 1400),
        "ALPHA exon 1": (1010, 1400),
    }  # fmt: skip
    for name, place in places.items():
        answer = understand(book, name)
        assert isinstance(answer, PlaceAnswer), name
        assert (answer.region.start, answer.region.end) == place, name
    assert [one.text for one in suggest(book, "ALPH")] == ["ALPHA"]
    assert {one.text for one in suggest(book, "NEWNAM")} == {"NEWNAME"}


def test_the_command_says_how_many(
    path: Path, files: list[TrackInput], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (one.path for one in files)
    said = program(capsys, "annotate", path, "--track", first, "--track", f"RefSeq={second}")
    assert said.code == 0, said.err
    assert "5 transcripts: Ensembl 2, RefSeq 3" in said.out
