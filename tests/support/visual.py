"""What a browser says of a page that was drawn: how far it moved while it loaded, and what axe-core finds."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = "axe.min.js"
"""Part of the package axe-playwright-python."""

OUTLINE = ("heading-order", "landmark-unique", "page-has-heading-one", "empty-heading")
"""Rules about headings and landmarks, by which a page is looked through without seeing it."""

SHIFTS = """() => new Promise((done) => {
  let worst = 0, sum = 0, first = 0, last = 0;
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
      if (shift.hadRecentInput) continue;
      const isNew = shift.startTime - last > 1000 || shift.startTime - first > 5000;
      if (isNew) { sum = 0; first = shift.startTime; }
      last = shift.startTime;
      sum += shift.value;
      worst = Math.max(worst, sum);
    }
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(worst), 200);
})"""
"""Cumulative layout shift: the largest sum of shifts at most a second apart, within five seconds."""


def layout_shift(page: Page) -> float:
    """Cumulative layout shift of a page since it was opened."""
    return float(page.evaluate(SHIFTS))


def violations(
    page: Page, impacts: tuple[str, ...] = ("serious", "critical"), rules: tuple[str, ...] = OUTLINE
) -> list[str]:
    """Rules of axe-core that a page breaks, by impact or by name, with the first elements that do."""
    package = find_spec("axe_playwright_python")
    assert package is not None
    assert package.origin is not None
    page.evaluate(Path(package.origin).with_name(AXE).read_text(encoding="utf-8") + "; 0")
    found: list[dict[str, Any]] = page.evaluate(
        "() => axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)"
    )
    return [
        f"{rule['id']} at {[node['target'] for node in rule['nodes'][:3]]}: "
        f"{rule['nodes'][0]['failureSummary']}"
        for rule in found
        if rule["impact"] in impacts or rule["id"] in rules
    ]
