"""What a chosen variant of Read does: found in the tracks, told by the library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import streamlit as st

from genomebook.annotation.variants.alleles import VariantAllele
from genomebook.annotation.variants.features import alleles_of, remark
from genomebook.book import Book
from genomebook.book.features import Feature, Features
from genomebook.errors import GenomebookError
from genomebook.render.page.interlinear import clean
from genomebook.render.templating import render
from genomebook.render.variants.detail import VariantDetails, detail_html
from pages._shared import changed_at, without_folders

MAX_NEAR = 50
"""Rows of the track that are looked at for neighbours."""


class ReaderVariant(msgspec.Struct):
    """A variant that was chosen; it comes from the browser, so it is looked up, not believed."""

    serial: int
    volume: str
    track: str
    start: int
    name: str


@st.cache_resource(max_entries=2, show_spinner=False)
def _details(path: str, changed: int, _book: Book) -> VariantDetails:
    return VariantDetails(_book)


def variant_answer(book: Book, features: Features, said: ReaderVariant) -> dict[str, Any]:
    """Answer with what a variant does, as HTML; one sentence where that is not known."""
    details = _details(str(book.path), changed_at(book.path), book)
    feature = _feature(book, features, said)
    if feature is None:
        html = render("variant_missing.j2", why="This variant is not in the tracks of the page any more.")
    else:
        try:
            alleles = alleles_of(book, said.volume, feature, details.letters)
            near = _near(book, features, said, feature, alleles, details)
            html = detail_html(details.of(alleles, clean(remark(feature)), near))
        except GenomebookError as error:
            html = render("variant_missing.j2", why=without_folders(str(error)))
    return {"serial": said.serial, "html": str(html)}


def _feature(book: Book, features: Features, said: ReaderVariant) -> Feature | None:
    """The feature that is meant, as the book has it."""
    kinds = {track.name: track.kind for track in features.tracks}
    if kinds.get(said.track) != "variant" or said.volume not in book.volumes:
        return None
    if not 0 <= said.start < book.volumes[said.volume].length:
        return None
    here = features.overlapping(said.volume, said.start, said.start + 1, [said.track])
    return next((row for row in here if row.start == said.start and clean(row.name) == said.name), None)


def _near(
    book: Book,
    features: Features,
    said: ReaderVariant,
    feature: Feature,
    alleles: Sequence[VariantAllele],
    details: VariantDetails,
) -> list[VariantAllele]:
    """Alleles of the other variants of the track that may have to be read with those of one."""
    spans = sorted({span for allele in alleles for span in details.near(allele)})
    rows = [
        row
        for start, end in spans
        for row in features.overlapping(said.volume, max(0, start - 1), end + 1, [said.track], MAX_NEAR)
    ]
    others = dict.fromkeys(row for row in rows if row != feature)
    return [allele for row in others for allele in alleles_of(book, said.volume, row, details.letters)]
