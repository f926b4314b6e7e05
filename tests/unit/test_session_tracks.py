"""An uploaded track is read into memory as the same file is into a book, within bounds."""

from __future__ import annotations

import dataclasses
import gzip
import shutil
import tempfile
from pathlib import Path

import pybigtools  # type: ignore[import-untyped]
import pysam
import pytest

from genomebook.annotation import session_tracks
from genomebook.annotation.formats import source
from genomebook.annotation.session_tracks import read_session_track
from genomebook.book import Book
from genomebook.errors import AnnotationError
from genomebook.genome.regions import Region
from genomebook.pipeline.annotate import TrackInput, annotate
from genomebook.render.page.make import PageMaker, PageOptions
from tests.support.track_files import written

BED = "chrM\t100\t200\tone\t7\t-\nchrM\t50\t60\ttwo\t0\t+\nchr1\t1\t2\n"
HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.bed", BED),
        (
            "a.gff3",
            "MT\tx\tenhancer\t5\t9\t.\t+\t.\tID=e;Note=%3Cb%3E\nMT\tx\tenhancer\t2\t3\t.\t-\t.\tID=f\n",
        ),
        ("a.gtf", 'chrM\tx\tgene\t5\t9\t.\t+\t.\tgene_id "g";\n'),
        ("a.vcf", f"{HEAD}MT\t1\trs1\tG\tA\t.\t.\t.\n"),
        ("a.bedGraph", "chrM\t0\t9\t1.5\n"),
    ],
)
def test_an_upload_is_what_the_file_is_in_a_book(
    chrm_book: Path, tmp_path: Path, name: str, content: str
) -> None:
    copied = Path(shutil.copytree(chrm_book, tmp_path / "m.book"))
    annotate(copied, [TrackInput(written(tmp_path, name, content), "a")])
    features = Book.open(copied).features
    for data in (content.encode(), gzip.compress(content.encode())):
        session = read_session_track(Book.open(chrm_book), name, data)
        assert session.track.kind == features.tracks[0].kind
        assert session.track.name == "own:a"
        ours, theirs = (known.overlapping("chrM", 0, 500) for known in (session.features, features))
        assert [dataclasses.replace(feature, track="a") for feature in ours] == theirs
        shares, expected = (
            known.values(name, "chrM", 0, 90, 9)
            for known, name in ((session.features, "own:a"), (features, "a"))
        )
        assert shares.tolist() == pytest.approx(expected.tolist(), nan_ok=True)


def test_what_is_left_out_is_said(chrm_book: Path) -> None:
    session = read_session_track(Book.open(chrm_book), "a.bed", BED.encode())
    assert session.notes == ("a.bed: 1 of 3 rows are on sequences that the book does not have",)


def test_uploads_are_bounded(chrm_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book.open(chrm_book)
    monkeypatch.setattr(source, "MAX_UNPACKED", 1_000_000)
    bomb = gzip.compress(b"chrM\t1\t2\n" * 1_000_000)
    with pytest.raises(AnnotationError, match=r"^a\.bed\.gz: unpacks to too much"):
        read_session_track(book, "a.bed.gz", bomb)
    monkeypatch.setattr(session_tracks, "MAX_ROWS", 2)
    with pytest.raises(AnnotationError, match=r"^a\.bed: has more than 2 rows"):
        read_session_track(book, "a.bed", BED.encode())
    monkeypatch.setattr(session_tracks, "MAX_BYTES", 10)
    with pytest.raises(AnnotationError, match=r"^a\.bed: has 0 MB, 0 MB at most"):
        read_session_track(book, "a.bed", BED.encode())


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.bed", b"", "holds no lines of BED"),
        ("a.bed", b"\xff\xfe\x00", "not a BED text file"),
        ("a.bb", b"x", r"^a\.bb: cannot be read as bigBed or bigWig"),
        ("a.bw", b"\x26\xfc\x8f\x88" + bytes(200), r"^a\.bw: "),
        ("a.bcf", b"x", r"^a\.bcf: cannot be read as BCF"),
        ("a.bcf", gzip.compress(b"BCF\2\2" + bytes(40), mtime=0), r"^a\.bcf: cannot be read as BCF"),
        ("a.exe", b"x", "not a known format of tracks"),
        ("../../etc/a.bed", b"chrM\t1\t99999\n", "beyond the end"),
        ("<b>\x1b[31m.bed", b"chr9\t1\t2\n", "is for other sequences than this book"),
        ("a.bed.gz", gzip.compress(BED.encode(), mtime=0)[:-9], "cut short"),
    ],
)
def test_bad_uploads_are_refused_in_one_line(chrm_book: Path, name: str, content: bytes, why: str) -> None:
    with pytest.raises(AnnotationError, match=why) as error:
        read_session_track(Book.open(chrm_book), name, content)
    assert str(error.value).isprintable()


def test_the_rows_of_a_track_can_be_stepped_through(chrm_book: Path) -> None:
    rows = [(n * 10, n * 10 + 5) for n in range(1_000)]
    content = "".join(f"chrM\t{a}\t{b}\tn{a}\n" for a, b in reversed(rows)).encode()
    features = read_session_track(Book.open(chrm_book), "a.bed", content).features
    seen, position = [], -1
    while step := features.step("own:a", "chrM", position):
        assert step.volume == "chrM"
        assert step.number == len(seen)
        seen.append((step.feature.start, step.feature.end))
        position = step.feature.start
    assert seen == rows
    back = features.step("own:a", "chrM", position, forward=False)
    assert back is not None
    assert back.feature.start == 9_980
    assert features.step("own:a", "chrM", 0, forward=False) is None


def test_a_step_leads_to_the_next_volume(equipped_book: Path) -> None:
    features = read_session_track(
        Book.open(equipped_book), "a.bed", b"chr1\t5\t9\tone\nchr2\t0\t4\ttwo\n"
    ).features
    step = features.step("own:a", "chr1", 5)
    assert step is not None
    assert (step.volume, step.feature.start, step.feature.name, step.number) == ("chr2", 0, "two", 1)
    back = features.step("own:a", "chr2", 0, forward=False)
    assert back is not None
    assert (back.volume, back.feature.start) == ("chr1", 5)


def test_features_are_found_by_name(equipped_book: Path) -> None:
    content = b"chr1\t5\t9\trs12\nchr2\t0\t4\tRS12\nchr1\t1\t2\trs1\nchr1\t0\t4\n"
    features = read_session_track(
        Book.open(equipped_book), "a.bed", content.replace(b"4\n", b"4\t.\n")
    ).features
    found = [(volume, feature.start, feature.name) for volume, feature in features.named("rs12")]
    assert found == [("chr1", 5, "rs12"), ("chr2", 0, "RS12")]
    assert len(features.named("Rs12", limit=1)) == 1
    assert features.named("rs") == features.named("") == []
    repeats = b"chr1\t5\t9\tAluY\t0\t+\tSINE/Alu\n"
    assert read_session_track(Book.open(equipped_book), "r.bed", repeats).features.named("AluY") == []


def binary(tmp_path: Path, name: str) -> bytes:
    """A small bigBed, bigWig or BCF of chrM."""
    path, sizes = tmp_path / name, {"chrM": 16_569}
    if name.endswith("bb"):
        pybigtools.open(str(path), "w").write(
            sizes, iter([("chrM", 10, 20, "one\t7\t-"), ("chrM", 30, 40, "two\t0\t+")])
        )
    elif name.endswith("bw"):
        pybigtools.open(str(path), "w").write(sizes, iter([("chrM", 0, 10, 1.5), ("chrM", 20, 30, 2.5)]))
    else:
        contig = "##contig=<ID=chrM,length=16569>\n"
        lines = HEAD.replace("#CHROM", f"{contig}#CHROM") + "chrM\t1\trs1\tG\tA\t.\t.\t.\n"
        text = written(tmp_path, "t.vcf", lines)
        with (
            pysam.VariantFile(str(text)) as read,
            pysam.VariantFile(str(path), "wb", header=read.header) as out,
        ):
            for record in read:
                out.write(record)
    return path.read_bytes()


@pytest.mark.parametrize("name", ["a.bb", "a.bw", "a.bcf"])
def test_a_binary_upload_is_what_the_file_is_in_a_book(
    chrm_book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    content = binary(tmp_path, name)
    copied = Path(shutil.copytree(chrm_book, tmp_path / "m.book"))
    annotate(copied, [TrackInput(tmp_path / name, "a")])
    features = Book.open(copied).features
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    session = read_session_track(Book.open(chrm_book), name, content)
    assert list(scratch.iterdir()) == []
    assert session.track.kind == features.tracks[0].kind
    ours, theirs = (known.overlapping("chrM", 0, 500) for known in (session.features, features))
    assert len(ours) > 0 or name == "a.bw"
    assert [dataclasses.replace(feature, track="a") for feature in ours] == theirs
    shares = [
        known.values(track, "chrM", 0, 90, 9)
        for known, track in ((session.features, "own:a"), (features, "a"))
    ]
    assert shares[0].tolist() == pytest.approx(shares[1].tolist(), nan_ok=True)
    monkeypatch.setattr(source, "MAX_UNPACKED", 10)
    with pytest.raises(AnnotationError, match=rf"^{name}: unpacks to too much"):
        read_session_track(Book.open(chrm_book), name, content)
    assert list(scratch.iterdir()) == []


GENES = {
    "g.gff3": (
        "MT\tx\tgene\t3307\t4262\t.\t+\t.\tID=gene:G;Name=MINE\n"
        "MT\tx\tmRNA\t3307\t4262\t.\t+\t.\tID=transcript:T;Parent=gene:G\n"
        "MT\tx\texon\t3307\t4262\t.\t+\t.\tParent=transcript:T\n"
        "MT\tx\tCDS\t3307\t4262\t.\t+\t0\tID=CDS:P;Parent=transcript:T;protein_id=P\n"
        "chr9\tx\texon\t1\t5\t.\t+\t.\tParent=transcript:U\n"
    ),
    "g.gtf": "".join(
        f'MT\tx\t{kind}\t3307\t4262\t.\t+\t{frame}\tgene_id "G"; transcript_id "T"; gene_name "MINE";\n'
        for kind, frame in (("transcript", "."), ("exon", "."), ("CDS", "0"))
    ),
    "g.bed": "MT\t3306\t4262\tT\t0\t+\t3306\t4262\t0\t2\t100,856,\t0,100,\n",
    "g.genePred": "T\tMT\t+\t3306\t4262\t3306\t4262\t1\t3306,\t4262,\n",
}


@pytest.mark.parametrize("name", GENES)
def test_uploaded_genes_are_transcripts_with_amino_acids(chrm_book: Path, name: str) -> None:
    book = Book.open(chrm_book)
    session = read_session_track(book, name, gzip.compress(GENES[name].encode()))
    assert len(session.transcripts) == 1
    kept = session.transcripts.by_id("T")
    assert kept is not None
    assert session.transcripts.overlapping("chrM", 4_261, 4_262) == [kept]
    assert session.transcripts.overlapping("chrM", 4_262, 9_000) == []
    assert session.transcripts.overlapping("elsewhere", 0, 9) == []
    page = PageMaker(book).page(
        Region("chrM", 3_306, 3_400),
        PageOptions(own=(session.features,), own_transcripts=(session.transcripts,)),
    )
    assert page.transcripts[0].id == "T"
    assert next(run.letters[:8] for run in page.residues if run.transcript == "T") == "MPMANLLL"
    assert sum("on contigs that the book" in note for note in session.notes) == 0


def test_intervals_that_are_no_genes_have_no_transcripts(chrm_book: Path) -> None:
    assert not read_session_track(Book.open(chrm_book), "a.bed", BED.encode()).transcripts


def test_what_is_wrong_with_uploaded_genes_is_said(chrm_book: Path) -> None:
    bad = GENES["g.gff3"].replace("\t0\tID=CDS", "\t.\tID=CDS")
    notes = read_session_track(Book.open(chrm_book), "g.gff3", bad.encode()).notes
    assert any("coding rows have no phase" in note for note in notes)
