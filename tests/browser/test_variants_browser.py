"""Variants on Read in a real browser: marked in the text, told in a panel by mouse and keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import books
from tests.support.browser import serve
from tests.support.visit import visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

GENE = "chrM\tmade\t{}\t3307\t4262\t.\t+\t{}\t{};transl_table=2\n"
ROWS = (
    ("gene", ".", "ID=gene:g;Name=MT-ND1;gene_id=g;biotype=protein_coding"),
    ("mRNA", ".", "ID=transcript:t;Parent=gene:g;transcript_id=t;biotype=protein_coding"),
    ("exon", ".", "Parent=transcript:t"),
    ("CDS", "0", "ID=CDS:p;Parent=transcript:t;protein_id=p"),
)
CALLS = """##fileformat=VCFv4.2
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
chrM\t3460\trs199476118\tG\tA\t.\t.\t.
chrM\t3500\t<b>x</b>\tC\tCTC,<DEL>\t.\t.\t.
"""


@pytest.fixture(scope="module")
def url(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("variants")
    shutil.copytree(chrm_book, folder / "a.book")
    (folder / "calls.vcf").write_text(CALLS)
    (folder / "genes.gff3").write_text("##gff-version 3\n" + "".join(GENE.format(*row) for row in ROWS))
    tracks = [f"--track={folder / name}" for name in ("genes.gff3", "calls.vcf")]
    done = books.run(["annotate", folder / "a.book", *tracks], folder)
    assert done.returncode == 0, done.stderr
    with serve(folder / "a.book") as address:
        yield address


@pytest.mark.parametrize("width", [400, 1280])
def test_a_variant_is_told_in_a_panel(url: str, browser: Browser, width: int) -> None:
    faults: list[str] = []
    page = visit(browser, f"{url}/read?loc=chrM:3440-3520", faults, width=width)
    marks = page.locator(".f-variant[data-at]")
    marks.first.wait_for()
    assert marks.all_inner_texts() == ["G", "C"]
    marks.first.click()
    panel = page.locator(".about-variant")
    panel.wait_for()
    said = panel.inner_text()
    assert "chrM:3,460 G>A rs199476118" in said
    assert "missense in MT-ND1: Ala52Thr" in said
    assert "c.154G>A" in said
    assert "sentence end" in said
    page.get_by_role("button", name="Next variant").click()
    page.locator(".about-variant", has_text="Not assessed: symbolic allele.").wait_for()
    assert "frameshift in MT-ND1" in panel.inner_text()
    assert "<b>x</b>" in panel.inner_text()
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    assert faults == []
    page.close()
