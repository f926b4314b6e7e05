// Pages at hand: what was sent stays in memory, so that a turned page is painted at once.

export const CACHED_PAGES = 24;

export class Pages {
  constructor(limit = CACHED_PAGES) {
    this.limit = limit;
    this.kept = new Map();
  }

  put(page, name = page.address) {
    this.kept.delete(name);
    this.kept.set(name, page);
    while (this.kept.size > this.limit) this.kept.delete(this.kept.keys().next().value);
  }

  get(name) {
    const page = this.kept.get(name);
    if (page) this.put(page, name);
    return page;
  }

  names() {
    return [...this.kept.keys()];
  }

  clear() {
    this.kept.clear();
  }
}

// What to do with an answer: an older one than the last question only fills the memory.
export const isStale = (answer, asked) => answer.serial < asked;

// Where a turn leads: "next" on the minus strand is towards smaller positions.
export function turn(page, where, strand) {
  const minus = { previous: "next", next: "previous", previous_paragraph: "next_paragraph", next_paragraph: "previous_paragraph", exon_before: "exon_after", exon_after: "exon_before" };
  return page.around[strand === "-" ? minus[where] : where];
}

// The next exon in a direction of reading, from a position: on the page [its 5' letter, true], else [place, false].
export function exonStep(page, where, strand, from) {
  const isUp = (where === "exon_after") === (strand !== "-");
  const letters = page.transcripts.filter((transcript) => transcript.is_shown)
    .flatMap((transcript) => transcript.exons.map(([start, end]) => (strand === "-" ? end - 1 : start)))
    .filter((at) => at >= page.start && at < page.end && (isUp ? at > from : at < from));
  return letters.length ? [isUp ? Math.min(...letters) : Math.max(...letters), true] : [turn(page, where, strand), false];
}
