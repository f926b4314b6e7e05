"""Links to other sites: only for an assembly that is known, all text quoted."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from genomebook.genome.links import gene_links, place_links, variant_links


def test_links_of_a_place() -> None:
    links = place_links("hg38", "21", 25_891_699, 25_892_000)
    assert [link.site for link in links] == ["UCSC", "Ensembl", "NCBI"]
    ucsc, ensembl, ncbi = (link.url for link in links)
    assert parse_qs(urlsplit(ucsc).query) == {"db": ["hg38"], "position": ["chr21:25891700-25892000"]}
    assert ensembl == "https://www.ensembl.org/Homo_sapiens/Location/View?r=21:25891700-25892000"
    assert parse_qs(urlsplit(ncbi).query)["chr"] == ["21"]


@pytest.mark.parametrize(
    ("assembly", "contig", "sites"),
    [
        ("GRCh38", "NC_012920.1", ["UCSC", "Ensembl", "NCBI"]),
        ("GRCh37", "chrM", ["UCSC", "NCBI"]),
        ("GRCh38", "chr1_KI270706v1_random", ["UCSC"]),
        ("T2T-CHM13", "chr7", ["UCSC", "NCBI"]),
        ("GRCm39", "chrX", ["UCSC", "Ensembl", "NCBI"]),
        ("", "chr21", []),
        ("GRCh38", "scaffold_1", []),
        ("NCBI36", "chr1", []),
    ],
)
def test_where_a_sequence_is(assembly: str, contig: str, sites: list[str]) -> None:
    assert [link.site for link in place_links(assembly, contig, 0, 10)] == sites


def test_links_of_a_gene() -> None:
    ensembl, ncbi = gene_links("GRCh38", "APP", "ENSG00000142192.20")
    assert ensembl.url.endswith("/Homo_sapiens/Gene/Summary?g=ENSG00000142192")
    assert parse_qs(urlsplit(ncbi.url).query) == {"term": ["APP[sym] AND human[orgn]"]}
    assert gene_links("GRCm39", "App", "11820")[1].url == "https://www.ncbi.nlm.nih.gov/gene/11820"
    assert gene_links("", "APP") == []
    hostile = gene_links("GRCh38", '"><script>&g=x')
    assert all(not set(link.url) & set('"<> ') for link in hostile)
    assert parse_qs(urlsplit(hostile[0].url).query) == {"g": ['"><script>&g=x']}


def test_links_of_a_variant() -> None:
    links = variant_links("GRCh38", "rs63750264;COSM1;rs0;rs12<b>")
    assert [link.url for link in links] == ["https://www.ncbi.nlm.nih.gov/snp/rs63750264"]
    assert variant_links("", "rs63750264") == variant_links("mm39", "rs63750264") == []
