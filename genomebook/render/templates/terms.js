// Terms of the glossary: where one first stands on a page, it becomes a link that says what it means on hover, on
// focus, or at the first tap. The server marks some by itself (terms.j2); this marks the others as text arrives.
{
  const BY_FORM = new Map(TERMS.flatMap((term) => term.forms.map((form) => [form, term])));
  const either = (form) => `[${form[0].toUpperCase()}${form[0]}]${form.slice(1).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`;
  const longest = [...BY_FORM.keys()].sort((one, other) => other.length - one.length).map(either);
  const FORMS = new RegExp(`(?<![\\w-])(?:${longest.join("|")})(?![\\w-])`, "g");
  const PLACES = [
    ".gb :is(p, li, dd, dt, h2, h3, th, figcaption, caption)",
    // Of Streamlit's own, paragraphs of text alone: React sets their text anew and does not look for its nodes.
    ":is([data-testid=stCaptionContainer], [data-testid=stMarkdownContainer]) p:not(:has(*))",
  ].join();
  const NOT = "a, button, summary, label, select, svg, code, pre, kbd, [role=alert], [role=table] > caption, .am, .text, .dna, .letters, .glossary";
  const PAUSE_MS = 200;

  const termOf = (form) => BY_FORM.get(form) ?? BY_FORM.get(form[0].toLowerCase() + form.slice(1));
  const query = (term) => `?view=glossary&term=${term.anchor}`;

  function linkOf(term, text) {
    const link = document.createElement("a");
    link.className = "term";
    link.href = `class${query(term)}`;
    link.dataset.meaning = `${term.name}: ${term.meaning}`;
    link.textContent = text;
    return link;
  }

  function markText(node, seen) {
    for (let rest = node; rest; ) {
      const match = [...rest.data.matchAll(FORMS)].find(([form]) => !seen.has(query(termOf(form))));
      if (!match) return;
      const term = termOf(match[0]);
      seen.add(query(term));
      const used = rest.splitText(match.index);
      rest = used.splitText(match[0].length);
      used.replaceWith(linkOf(term, match[0]));
    }
  }

  function mark() {
    const seen = new Set([...document.querySelectorAll("a.term")].map((link) => link.search));
    for (const place of document.querySelectorAll(PLACES)) {
      if (place.closest(NOT) || !place.checkVisibility()) continue;
      const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
      const nodes = [];
      while (walker.nextNode()) nodes.push(walker.currentNode);
      for (const node of nodes) if (!node.parentElement.closest(NOT) && !node.data.startsWith("{")) markText(node, seen);
    }
  }

  let waiting = 0;
  const soon = () => {
    waiting ||= setTimeout(() => {
      waiting = 0;
      mark();
    }, PAUSE_MS);
  };

  // What a term means stays inside the window.
  function place(link) {
    const width = Math.min(20 * parseFloat(getComputedStyle(document.documentElement).fontSize), 0.7 * innerWidth);
    const left = link.getClientRects()[0]?.left ?? 0;
    link.style.setProperty("--left", `${Math.round(Math.min(0, document.documentElement.clientWidth - width - 32 - left))}px`);
  }

  const shut = (but) => {
    for (const link of document.querySelectorAll("a.term.open")) if (link !== but) link.classList.remove("open");
  };
  const termAt = (event) => event.target instanceof Element && event.target.closest("a.term");
  const show = (event) => {
    const link = termAt(event);
    if (!link) return;
    link.classList.remove("shut");
    place(link);
  };
  addEventListener("pointerover", show);
  addEventListener("focusin", show);
  let by = ""; // the pointer of a press: not every browser says it of a click
  addEventListener("pointerdown", (event) => { by = event.pointerType; }, true);
  addEventListener("click", (event) => {
    const link = termAt(event);
    shut(link);
    if (!link || by !== "touch" || link.classList.contains("open")) return;
    event.preventDefault(); // the first tap explains, the second opens the glossary
    link.classList.add("open");
  }, true);
  addEventListener("keydown", (event) => {
    by = "";
    if (event.key !== "Escape") return;
    shut();
    for (const link of document.querySelectorAll("a.term:is(:hover, :focus)")) link.classList.add("shut");
  });
  addEventListener("toggle", soon, true);
  addEventListener("DOMContentLoaded", () => {
    new MutationObserver(soon).observe(document.body, { childList: true, subtree: true, characterData: true });
    soon();
  });
}
