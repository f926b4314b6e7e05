"""GFF3 and GTF: genes of a gene file, every feature of any other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

import bioframe
import pandas as pd

from genomebook.annotation.class_names import FEATURES
from genomebook.annotation.formats.source import Declared, Source, completed, numbered, text_lines
from genomebook.annotation.text_files import text_columns
from genomebook.errors import AnnotationError

_GENE = re.compile(r"(?:.*_)?(?:pseudo)?gene")
_WHOLE = ("chromosome", "region", "scaffold", "supercontig", "contig")
_COLUMNS = ["chrom", "feature", "start", "end", "score", "strand", "attributes"]
_NAMES = ("Name", "gene_name", "external_name", "gene", "gene_id", "ID")
_NOTES = ("description", "product", "Note", "note")
_TYPES = ("biotype", "gene_biotype", "gene_type", "feature_type", "regulatory_class")
_REGION = re.compile(r"##sequence-region\s+(\S+)\s+[0-9]+\s+([0-9]{1,15})")
_CIRCLE = re.compile(r"(?:^|;)\s*Is_circular=true", re.I)


def is_gene_feature(feature: str) -> bool:
    """Whether a feature type is that of a gene."""
    return bool(_GENE.fullmatch(feature))


def read_gff(source: Source, declared: Declared) -> Iterator[pd.DataFrame]:
    """Yield the features of a GFF3 or GTF file.

    Yields
    ------
    DataFrame
        See `genomebook.annotation.formats.source.completed`, and ``feature`` (the type) and ``parent``
        (bool: part of another feature). group is the biotype if there is one, else the type.

    Raises
    ------
    AnnotationError
        A line has fewer than 9 columns, or no numbers as its place.
    """
    declared.exact = False
    with text_lines(source, "GFF3", declared) as lines:
        for comment in declared.comments:
            if region := _REGION.match(comment):
                declared.lengths[region[1]] = int(region[2])
        for chunk in text_columns(source, "GFF3 or GTF", lines, bioframe.SCHEMAS["gff"], _COLUMNS):
            short = chunk.index[(chunk["strand"] == "") | (chunk["attributes"] == "")]
            if len(short):
                raise AnnotationError(
                    f"{source}: line {short[0]} has fewer than 9 columns, so this is not GFF3 or GTF; "
                    "correct the line or name the file by its format"
                )
            _note_lengths(chunk, declared)
            rows = chunk[~chunk["feature"].isin(_WHOLE)]
            if len(rows):
                yield _features(source, rows)


def _note_lengths(chunk: pd.DataFrame, declared: Declared) -> None:
    """Whole sequences have a line of their own, which says how long they are."""
    whole = chunk[chunk["feature"].isin(_WHOLE) & (chunk["start"] == "1")]
    for contig, end, attributes in zip(whole["chrom"], whole["end"], whole["attributes"], strict=True):
        if end.isdecimal():
            declared.lengths[contig] = int(end)
            if _CIRCLE.search(attributes):
                declared.circular[contig] = int(end)


def _features(source: Source, rows: pd.DataFrame) -> pd.DataFrame:
    attributes = rows["attributes"]
    gtf = not attributes.str.match(r'\s*[^\s=;"]+=').any()
    name = _attribute(attributes, _NAMES, gtf).str.replace(r"^gene[:-](?=.)", "", regex=True)
    kind = _attribute(attributes, _TYPES, gtf)
    note = _attribute(attributes, _NOTES, gtf)
    if gtf:
        part = ~rows["feature"].map(is_gene_feature) & attributes.str.contains("gene_id")
    else:
        part = attributes.str.contains(r"(?:^|;)\s*Parent=", regex=True)
    placed = rows.rename(columns={"chrom": "contig"}).drop(columns="attributes")
    placed = placed.assign(name=name, group=kind.where(kind != "", rows["feature"]), note=note, parent=part)
    return completed(numbered(placed, source, "GFF3 or GTF", first_base=1))


def _attribute(attributes: pd.Series[str], keys: tuple[str, ...], gtf: bool) -> pd.Series[str]:
    """Value of the first of some attributes that each row has; equals signs tell GFF3 from GTF."""
    value = pd.Series("", index=attributes.index, dtype="str")
    for key in keys:
        missing = value == ""
        if not missing.any():
            break
        pattern = rf'(?:^|;)\s*{key}\s+("[^"]*"|[^";]*)' if gtf else rf"(?:^|;)\s*{key}=([^;]*)"
        value[missing] = attributes[missing].str.extract(pattern, expand=False).fillna("").str.strip(' "')
    encoded = value.str.contains("%") & (not gtf)
    value[encoded] = value[encoded].map(unquote)
    return value.str.strip()


def is_gene_part(features: pd.Series[str]) -> pd.Series[bool]:
    """Whether feature types are those of genes, or parts of transcripts (exon, CDS, UTR)."""
    known = {feature: feature in FEATURES or is_gene_feature(feature) for feature in features.unique()}
    return features.map(known).astype(bool)
