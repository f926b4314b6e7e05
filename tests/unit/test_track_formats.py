"""Every format of tracks is read into the same rows; what cannot be is refused in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pybigtools  # type: ignore[import-untyped]
import pysam
import pytest

from genomebook.annotation.formats.source import Upload
from genomebook.annotation.track_reading import TrackReading, left_out_notes
from genomebook.errors import AnnotationError
from genomebook.genome.regions import Contig
from tests.support.track_files import CONTIGS, letters, read, written

PLACE = ("start", "end", "strand", "name", "group")


@pytest.mark.parametrize(
    ("name", "content", "kind", "expected"),
    [
        ("a.bed", "chrA\t10\t20\n", "other", (10, 20, ".", "", "")),
        ("a.bed4", "chrB\t0\t5\tone\n", "other", (2000, 2005, ".", "one", "")),
        ("a.bed.gz", "chrA 10 20 one 7 -\n", "other", (10, 20, "-", "one", "")),
        ("r.bed", "chrA\t10\t20\tAluSx\t7\t-\tSINE\tAlu\n", "repeat", (10, 20, "-", "AluSx", "SINE/Alu")),
        ("r.bed", "chrA\t1\t9\tL2\t0\t+\tType I Transposons/LINE\n", "repeat", (1, 9, "+", "L2", "LINE")),
        ("exons.bed", "chrA\t10\t20\t+\tGENE1\tENSG1\n", "other", (10, 20, "+", "GENE1", "")),
        ("pls.bed", "chrA\t1\t9\tE1\t0\t.\t1\t9\t255,0,0\tPLS\n", "regulatory", (1, 9, ".", "E1", "PLS")),
        ("genes.bed", "chrA\t1\t9\tG\t0\t+\ttRNA\n", "gene", (1, 9, "+", "G", "tRNA")),
        ("p.narrowPeak", "chrA\t1\t9\tp\t5\t.\t2.5\t4\t3\t4\n", "peak", (1, 9, ".", "p", "")),
        ("p.broadPeak", "chrA\t1\t9\tp\t5\t.\t2.5\t4\t-1\n", "peak", (1, 9, ".", "p", "")),
        ("cytoBand.txt", "chrA\t0\t900\tp1.1\tgpos50\n", "cytoband", (0, 900, ".", "p1.1", "gpos50")),
        (
            "rmsk.txt",
            "585\t463\t13\t6\t17\tchrA\t10\t60\t-9\t+\tAluY\tSINE\tAlu\t1\t50\t-9\t1\n",
            "repeat",
            (10, 60, "+", "AluY", "SINE/Alu"),
        ),
        (
            "cpgIslandExt.txt.gz",
            "585\tchrA\t10\t60\tCpG: 5\t50\t5\t30\t20\t60.5\t0.85\n",
            "cpg",
            (10, 60, ".", "CpG: 5", ""),
        ),
        (
            "refGene.txt",
            "585\tNM_1\tchrA\t-\t10\t60\t20\t50\t2\t10,40,\t30,60,\t0\tGENE1\tcmpl\tcmpl\t0,0,\n",
            "gene",
            (10, 60, "-", "GENE1", ""),
        ),
        (
            "x.genePred",
            "NM_1\tchrA\t-\t10\t60\t20\t50\t2\t10,40,\t30,60,\t0\tGENE1\tcmpl\tcmpl\t0,0,\n",
            "gene",
            (10, 60, "-", "GENE1", ""),
        ),
        ("bands.tsv", "chrom\tstart\tend\tname\nchrA\t11\t20\tone\n", "other", (10, 20, ".", "one", "")),
        (
            "a.fa.out",
            "   SW  perc ..\nscore  div. ..\n\n 463 1.3 0.6 1.7 chrA 11 60 (94) C AluY SINE/Alu (0) 9 1 1\n",
            "repeat",
            (10, 60, "-", "AluY", "SINE/Alu"),
        ),
        (
            "reg.gff3",
            "chrA\tR\tenhancer\t11\t20\t.\t.\t.\tID=enhancer:E1\n",
            "regulatory",
            (10, 20, ".", "enhancer:E1", "enhancer"),
        ),
        (
            "g.gff3",
            "chrA\tx\tbiological_region\t1\t9\t.\t.\t.\texternal_name=oe\n"
            "chrA\tx\tgene\t11\t20\t.\t-\t.\tID=gene:G1;Name=ABC;biotype=lncRNA\n"
            "chrA\tx\texon\t11\t20\t.\t-\t.\tParent=transcript:T1\n",
            "gene",
            (10, 20, "-", "ABC", "lncRNA"),
        ),
        (
            "g.gtf",
            'chrA\tx\tgene\t11\t20\t.\t+\t.\tgene_id "G1"; gene_name "ABC"; gene_type "lncRNA";\n'
            'chrA\tx\texon\t11\t20\t.\t+\t.\tgene_id "G1"; gene_name "ABC";\n',
            "gene",
            (10, 20, "+", "ABC", "lncRNA"),
        ),
        (
            "v.vcf",
            "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
            "chrA\t11\trs1\tGT\tG\t50\tPASS\t.\n",
            "variant",
            (10, 12, ".", "rs1", "deletion"),
        ),
    ],
)  # fmt: skip
def test_each_format(
    tmp_path: Path, name: str, content: str, kind: str, expected: tuple[object, ...]
) -> None:
    track = read(written(tmp_path, name, content))
    assert track.reading.file.kind == kind
    assert track.tuples(*PLACE) == [expected]


def test_scores_and_notes_are_kept(tmp_path: Path) -> None:
    peak = read(written(tmp_path, "p.narrowPeak", "chrA\t1\t9\tp\t5\t.\t2.5\t4\t3\t4\n"))
    assert peak.tuples("score", "note") == [(2.5, "signal 2.5, −log10 q 3, summit 4 letters in")]
    line = "585\t463\t13\t6\t17\tchrA\t10\t60\t-9\t+\tAluY\tSINE\tAlu\t1\t50\t-9\t1\n"
    repeat = read(written(tmp_path, "rmsk.txt", line))
    assert repeat.tuples("score", "note") == [
        (463, "1.3 % different from the consensus, letters 1 to 50 of the consensus")
    ]
    line = "585\tchrA\t10\t60\tCpG: 5\t50\t5\t30\t20\t60.5\t0.85\n"
    island = read(written(tmp_path, "cpgIslandExt.txt", line))
    assert island.tuples("note") == [("5 CpG, 60.5 % G and C, 0.85 of the CpG that chance gives",)]


def test_a_signal_is_its_values(tmp_path: Path) -> None:
    graph = read(written(tmp_path, "s.bedGraph", "track type=bedGraph\nchrA\t0\t10\t1.5\nchrB\t0\t5\t-2\n"))
    assert graph.reading.file.kind == "signal"
    assert graph.tuples("start", "end", "score") == [(0, 10, 1.5), (2000, 2005, -2)]


def test_bigwig_and_bigbed(tmp_path: Path) -> None:
    sizes = {contig.name: contig.length for contig in CONTIGS}
    wig, bed = tmp_path / "s.bw", tmp_path / "r.bb"
    pybigtools.open(str(wig), "w").write(sizes, iter([("chrA", 0, 10, 1.5), ("chrB", 5, 9, 2.5)]))
    pybigtools.open(str(bed), "w").write(sizes, iter([("chrA", 10, 20, "AluSx\t7\t-\tSINE\tAlu")]))
    assert read(wig).tuples("start", "end", "score") == [(0, 10, 1.5), (2005, 2009, 2.5)]
    assert read(bed).tuples("start", "end") == [(10, 20)]
    other = [Contig("chrA", 2_001, "chrA", 0), Contig("chrB", 1_000, "chrB", 0)]
    with pytest.raises(
        AnnotationError, match=r"1 of its 1 sequences .* \(chrA has 2,000 letters, chrA 2,001"
    ):
        read(bed, other)
    damaged = written(tmp_path, "cut.bb", bed.read_bytes()[:200])
    with pytest.raises(AnnotationError, match=r"cut\.bb: cannot be read as bigBed or bigWig"):
        read(damaged)


def test_a_damaged_bigbed_is_refused_or_read(tmp_path: Path) -> None:
    sizes = {contig.name: contig.length for contig in CONTIGS}
    bed = tmp_path / "r.bb"
    rows = [("chrA", n, n + 5, f"name{n}") for n in range(0, 1_900, 2)]
    pybigtools.open(str(bed), "w").write(sizes, iter(rows))
    whole, random = bed.read_bytes(), np.random.Generator(np.random.PCG64(1))
    refused = 0
    for _ in range(60):
        content = bytearray(whole)
        for at in random.integers(0, len(whole), 20).tolist():
            content[at] ^= 0x55
        try:
            read(written(tmp_path, "d.bb", bytes(content)))
        except AnnotationError as error:
            refused += "\n" not in str(error)
    assert refused > 0


def test_bcf_reads_as_vcf(tmp_path: Path) -> None:
    text = (
        "##fileformat=VCFv4.2\n##contig=<ID=chrA,length=2000>\n"
        '##INFO=<ID=END,Number=1,Type=Integer,Description="End">\n'
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        "chrA\t11\trs1\tGT\tG\t50\tPASS\t.\nchrA\t13\t.\tA\t<DEL>\t.\t.\tEND=40\n"
    )
    vcf = written(tmp_path, "v.vcf", text)
    bcf = tmp_path / "v.bcf"
    with (
        pysam.VariantFile(str(vcf)) as source,
        pysam.VariantFile(str(bcf), "wb", header=source.header) as made,
    ):
        for record in source:
            made.write(record)
    columns = (*PLACE, "note")
    assert read(bcf).tuples(*columns) == read(vcf).tuples(*columns)
    assert read(bcf).tuples("start", "end", "group") == [(10, 12, "deletion"), (12, 40, "DEL")]
    with pytest.raises(AnnotationError, match=r"cut\.bcf: cannot be read as BCF"):
        read(written(tmp_path, "cut.bcf", bcf.read_bytes()[:60]))


VCF = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.mark.parametrize(
    ("ref", "alt", "group", "name"),
    [
        ("A", "C", "SNV", "A>C"),
        ("A", "C,G", "SNV", "A>C,G"),
        ("AC", "GG", "MNV", "AC>GG"),
        ("A", "AT", "insertion", "A>AT"),
        ("A", "CT", "indel", "A>CT"),
        ("A", "C,AT", "mixed", "A>C,AT"),
        ("A", "]chrB:5]A", "breakend", "A>]chrB:5]A"),
        ("A", "<DUP>", "DUP", "A><DUP>"),
        ("A", "A" + "T" * 10_000, "insertion", "A>ATTTTTTT… (10001)"),
    ],
)
def test_types_of_variants(tmp_path: Path, ref: str, alt: str, group: str, name: str) -> None:
    track = read(written(tmp_path, "v.vcf", f"{VCF}chrA\t1\t.\t{ref}\t{alt}\t.\t.\t.\n"))
    assert track.tuples("group", "name") == [(group, name)]


def test_records_without_a_variant_are_left_out(tmp_path: Path) -> None:
    lines = "chrA\t1\t.\tA\t<NON_REF>\t.\t.\tEND=90\nchrA\t5\t.\tA\t.\t.\t.\t.\nchrA\t9\t.\tA\tC\t.\tq10\t.\n"
    assert read(written(tmp_path, "v.vcf", VCF + lines)).tuples("start", "note") == [(8, "A>C; filter q10")]


def test_the_alleles_of_a_variant_are_in_its_note(tmp_path: Path) -> None:
    lines = "chrA\t1\trs1\tACGT\tA,AC\t.\t.\tCLNSIG=Likely_benign\nchrA\t5\t.\tA\t<DEL>\t.\t.\t.\n"
    lines += f"chrA\t9\t.\tA\tA{'C' * 80}\t.\t.\t.\n"
    notes = read(written(tmp_path, "v.vcf", VCF + lines)).rows["note"].tolist()
    assert notes == ["ACGT>A,AC; Likely benign", "A><DEL>", "A>ACCCCCCC… (81)"]


def test_a_vcf_whose_letters_differ_is_of_another_assembly(tmp_path: Path) -> None:
    right = "".join(f"chrA\t{n}\t.\tA\tC\t.\t.\t.\n" for n in range(1, 2000, 4))
    wrong = "chrA\t2\t.\tG\tA\t.\t.\t.\nchrB\t1\t.\tC\tA\t.\t.\t.\n"
    track = read(written(tmp_path, "v.vcf", VCF + right + wrong))
    assert len(track.rows) == 500
    assert left_out_notes(track.reading.file.source, track.reading.counted) == [
        f"{tmp_path}/v.vcf: 2 of 502 rows have a REF that is not what the book has there and are left out, "
        "first chrA:2 G"
    ]
    bad = "".join(f"chrA\t{n}\t.\tA\tC\t.\t.\t.\n" for n in range(1, 9))
    with pytest.raises(
        AnnotationError,
        match=r"REF of 6 of 8 variants .*first chrA:2 A; chrA:3 A; chrA:4 A; .*another assembly",
    ):
        read(written(tmp_path, "v.vcf", VCF + bad))


def test_lengths_in_the_head_of_a_file_tell_the_assembly(tmp_path: Path) -> None:
    vcf = VCF.replace("#CHROM", "##contig=<ID=A,length=1999>\n#CHROM")
    book = [Contig("chr21", 46_709_983, "chr21", 0)]
    head = vcf.replace("ID=A,length=1999", "ID=21,length=48129895,assembly=b37")
    with pytest.raises(AnnotationError, match=r"21 has 48,129,895 letters, chr21 46,709,983"):
        read(written(tmp_path, "v.vcf", head + "21\t1\t.\tA\tC\t.\t.\t.\n"), book)
    gff = "##sequence-region 21 1 48129895\n21\tx\tgene\t1\t9\t.\t+\t.\tID=g\n"
    with pytest.raises(AnnotationError, match=r"21 has 48,129,895 letters, chr21 46,709,983"):
        read(written(tmp_path, "g.gff3", gff), book)
    part = "##sequence-region 21 1 9000\n21\tx\tgene\t1\t9\t.\t+\t.\tID=g\n"
    assert read(written(tmp_path, "g.gff3", part), book).tuples("name") == [("g",)]


def test_rows_that_cannot_be_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    track = read(written(tmp_path, "a.bed", "chrA\t5\t9\nchrA\t9\t5\nchrX\t1\t2\nchrA\t-1\t5\nchrA\t7\t7\n"))
    assert track.tuples("start", "end") == [(5, 9), (7, 7)]
    notes = left_out_notes(track.reading.file.source, track.reading.counted)
    assert notes[0].endswith("1 of 5 rows are on sequences that the book does not have")
    assert notes[1].endswith(
        "2 of 5 rows end before they start or start below 1 and are left out, first line 2, chrA:10-5"
    )
    assert "1 of 5 rows have no letters" in notes[2]
    assert notes[2].endswith("first line 5")
    beyond = "".join(f"chrA\t{n}\t{n + 500}\n" for n in range(1_000, 2_000, 100))
    with pytest.raises(
        AnnotationError, match=r"5 of 10 rows lie beyond the end .*first line 6, chrA:1501-2000"
    ):
        read(written(tmp_path, "a.bed", beyond), [Contig("chrA", 1_999, "chrA", 0)])


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.bed", "", r"holds no lines of BED"),
        ("a.bed", "# only\ntrack name=x\n", r"holds no lines of BED"),
        ("a.bed", "chrA\tx\t20\n", r"line 1 has no number as its start"),
        ("a.bed", "chrA\t10\n", r"line 1 has fewer than 3 columns"),
        ("a.bed", "chrZ\t10\t20\n", r"it has chrZ, the book has chrA, chrB;"),
        ("a.doc", "chrA\t10\t20\n", r"not a known format of tracks"),
        ("a.narrowPeak", "chrA\t10\t20\n", r"has 3 columns, a narrowPeak has 10"),
        ("a.bedGraph", "chrA\t10\t20\tx\n", r"is not contig, start, end and a number"),
        ("a.gff3", "chrA\t10\t20\n", r"line 1 has fewer than 9 columns"),
        ("a.fa.out", "chrA 10 20\n", r"line 1 has fewer than 11 columns"),
        ("a.vcf", "chrA\t1\t.\tA\tC\t.\t.\t.\n", r"does not begin with ##fileformat=VCF"),
        ("a.vcf", VCF + "chrA\t1\n", r"line 3 has fewer than 8 columns"),
        ("a.vcf", VCF + "chrA\tx\t.\tA\tC\t.\t.\t.\n", r"line 3 has no number as its position"),
        ("a.bw", "no", r"cannot be read as bigBed or bigWig"),
        ("a.bcf", "no", r"cannot be read as BCF"),
        ("hg19.bed", "chrA\t10\t20\n", r"is for GRCh37, the book is GRCh38"),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, name: str, content: str, why: str) -> None:
    with pytest.raises(AnnotationError, match=why) as error:
        read(written(tmp_path, name, content), assembly="GRCh38")
    assert "\n" not in str(error.value)
    assert str(tmp_path / name) in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for name in ("a.bed", "a.bb", "a.bcf", "a.vcf"):
        with pytest.raises(AnnotationError, match=rf"{name}: no such file"):
            read(tmp_path / name)


def test_bgzip_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    plain = tmp_path / "a.bed"
    plain.write_text("".join(f"chrA\t{n}\t{n + 1}\n" for n in range(1, 1_900)))
    packed = tmp_path / "b.bed.gz"
    pysam.tabix_compress(str(plain), str(packed))
    assert len(read(packed).rows) == 1_899
    whole = packed.read_bytes()
    for cut in (whole[:-28], whole[: len(whole) // 2]):
        with pytest.raises(AnnotationError, match="cut short"):
            read(written(tmp_path, "c.bed", cut))


def test_markup_in_attributes_stays_text_and_plumbing_goes(tmp_path: Path) -> None:
    line = (
        "chrA\tx\tgene\t1\t9\t.\t+\t.\tID=g;Name=A%3Cb%3E;"
        "description=a <script>alert(1)</script>%2C b [Source:HGNC Symbol%3BAcc:HGNC:620]\n"
    )
    assert read(written(tmp_path, "g.gff3", line)).tuples("name", "note") == [
        ("A<b>", "a <script>alert(1)</script>, b")
    ]


def test_slices_get_their_part_and_names_have_aliases(tmp_path: Path) -> None:
    book = [Contig("chr21:101-200", 100, "chr21", 100), Contig("chr21:301-400", 100, "chr21", 300)]
    path = written(tmp_path, "a.bed", "NC_000021.9\t50\t150\ta\n21\t150\t320\tb\nchr21\t500\t600\tc\n")
    track = read(path, book, "GRCh38")
    assert track.tuples("start", "end", "name") == [(0, 50, "a"), (50, 100, "b"), (100, 120, "b")]
    assert track.reading.known == {0, 1}
    assert track.reading.counted.number["outside"] == 1


def test_an_upload_is_read_as_the_file_is(tmp_path: Path) -> None:
    content = b"chrA\t10\t20\tone\t7\t-\n"
    reading = TrackReading(Upload("a.bed", content), CONTIGS, "", letters)
    (rows,) = reading.chunks()
    assert rows[["start", "end", "name"]].values.tolist() == [[10, 20, "one"]]
    with pytest.raises(AnnotationError, match=r"a\.bb: cannot be read as bigBed or bigWig"):
        list(TrackReading(Upload("a.bb", content), CONTIGS, "", letters).chunks())


def test_a_gtf_without_genes_has_its_transcripts(tmp_path: Path) -> None:
    rows = "".join(
        f'chrA\tstringtie\t{kind}\t{start}\t{start + 9}\t.\t+\t.\tgene_id "G"; transcript_id "T{start}";\n'
        for start in (11, 41)
        for kind in ("transcript", "exon")
    )
    track = read(written(tmp_path, "s.gtf", rows))
    assert track.reading.file.kind == "gene"
    assert track.tuples("start", "end") == [(10, 20), (40, 50)]
    without = "".join(line + "\n" for line in rows.splitlines() if "\ttranscript\t" not in line)
    assert read(written(tmp_path, "e.gtf", without)).tuples("start") == [(10,), (40,)]


def test_tabix_indexed_files_are_read_whole(tmp_path: Path) -> None:
    plain = tmp_path / "a.vcf"
    plain.write_text(VCF + "chrA\t1\t.\tA\tC\t.\t.\t.\nchrA\t5\t.\tA\tC\t.\t.\t.\n")
    pysam.tabix_index(str(plain), preset="vcf", keep_original=True)
    assert (tmp_path / "a.vcf.gz.tbi").exists()
    assert np.array_equal(read(tmp_path / "a.vcf.gz").rows["start"], [0, 4])
