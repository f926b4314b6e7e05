"""Links to a place, a gene or a variant at UCSC, Ensembl and NCBI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlencode

from genomebook.genome.assemblies import ASSEMBLIES, assembly_of, facts

_RS = re.compile(r"rs[1-9][0-9]{0,14}")
_ENSEMBL_GENE = re.compile(r"ENS[A-Z]{0,4}G[0-9]{11}")
_NCBI_GENE = re.compile(r"(?:GeneID:)?([1-9][0-9]{0,11})")


class _Sites(NamedTuple):
    """Where an assembly is at Ensembl (host and species) and NCBI (accession); the organism."""

    host: str
    species: str
    accession: str
    organism: str


_SITES = {
    "GRCh38": _Sites("www.ensembl.org", "Homo_sapiens", "GCF_000001405.40", "human"),
    "GRCh37": _Sites("grch37.ensembl.org", "Homo_sapiens", "GCF_000001405.25", "human"),
    "CHM13": _Sites("", "", "GCF_009914755.1", "human"),
    "GRCm39": _Sites("www.ensembl.org", "Mus_musculus", "GCF_000001635.27", "mouse"),
    "GRCm38": _Sites("", "", "GCF_000001635.26", "mouse"),
}


@dataclass(frozen=True)
class OutLink:
    """A link to another site.

    Attributes
    ----------
    site : str
        ``UCSC``, ``Ensembl``, ``NCBI`` or ``dbSNP``.
    url : str
        Address, with https; what comes from a book is quoted in it.
    hint : str
        What opens, in a few words.
    """

    site: str
    url: str
    hint: str


def place_links(assembly: str, contig: str, start: int, end: int) -> list[OutLink]:
    """Links to a place.

    Parameters
    ----------
    assembly : str
        Of the book, under any name.
    contig : str
        Any name of the sequence.
    start, end : int
        0-based half-open on the contig.

    Returns
    -------
    list of OutLink
        Empty unless the assembly is known and has the sequence.
    """
    own = assembly_of(assembly)
    if own not in ASSEMBLIES or contig not in facts(own).called:
        return []
    ucsc = facts(own).called[contig]
    span, site = f"{start + 1}-{max(end, start + 1)}", _SITES[own]
    query = urlencode({"db": ASSEMBLIES[own], "position": f"{ucsc}:{span}"})
    links = [OutLink("UCSC", f"https://genome.ucsc.edu/cgi-bin/hgTracks?{query}", "this place at UCSC")]
    plain = _plain(ucsc)
    if plain is None:
        return links
    if site.host and not (own == "GRCh37" and ucsc == "chrM"):  # another mitochondrion at UCSC than elsewhere
        url = f"https://{site.host}/{site.species}/Location/View?r={quote(plain)}:{span}"
        links.append(OutLink("Ensembl", url, "this place at Ensembl"))
    query = urlencode({"id": site.accession, "chr": plain, "from": start + 1, "to": max(end, start + 1)})
    url = f"https://www.ncbi.nlm.nih.gov/gdv/browser/genome/?{query}"
    return [*links, OutLink("NCBI", url, "this place in the Genome Data Viewer of NCBI")]


def _plain(ucsc: str) -> str | None:
    """Name at Ensembl of a chromosome; None for other sequences."""
    name = ucsc.removeprefix("chr")
    return {"M": "MT"}.get(name, name) if re.fullmatch(r"[0-9]{1,2}|[XYM]", name) else None


def gene_links(assembly: str, symbol: str, gene_id: str = "") -> list[OutLink]:
    """Links to a gene.

    Parameters
    ----------
    assembly : str
        Of the book, under any name.
    symbol : str
        ``APP``; ``""`` if the gene has none.
    gene_id : str
        Of Ensembl (version ignored) or of NCBI; others are not used.

    Returns
    -------
    list of OutLink
        Empty unless the assembly is known.
    """
    own = assembly_of(assembly)
    if own not in _SITES:
        return []
    site, links = _SITES[own], []
    ensembl, ncbi = _ENSEMBL_GENE.match(gene_id), _NCBI_GENE.fullmatch(gene_id)
    if site.host and (ensembl or symbol):
        query = urlencode({"g": ensembl[0] if ensembl else symbol})
        url = f"https://{site.host}/{site.species}/Gene/Summary?{query}"
        links.append(OutLink("Ensembl", url, "this gene at Ensembl"))
    if ncbi:
        url = f"https://www.ncbi.nlm.nih.gov/gene/{ncbi[1]}"
        links.append(OutLink("NCBI", url, "this gene at NCBI"))
    elif symbol:
        query = urlencode({"term": f"{symbol}[sym] AND {site.organism}[orgn]"})
        links.append(OutLink("NCBI", f"https://www.ncbi.nlm.nih.gov/gene/?{query}", "this gene at NCBI"))
    return links


def variant_links(assembly: str, identifier: str) -> list[OutLink]:
    """Links to dbSNP for each rs number of an ID; none unless the book is a human assembly."""
    own = assembly_of(assembly)
    if own not in _SITES or _SITES[own].organism != "human":
        return []
    numbers = [name for name in identifier.split(";") if _RS.fullmatch(name)]
    base = "https://www.ncbi.nlm.nih.gov/snp/"
    return [OutLink("dbSNP", f"{base}{name}", f"{name} in dbSNP") for name in numbers]
