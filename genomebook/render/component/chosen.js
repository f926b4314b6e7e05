// What can be done with a selection.
import { button } from "./dom.js";
import { address, letters, reverseComplement, translate } from "./text.js";

// Buttons for what is selected: letters, proteins, and where else to go with them.
export function selectionButtons(reader, similar) {
  const { start, end } = reader.selection;
  const dna = letters(reader.page, start, end);
  const read = reader.strand === "-" ? reverseComplement(dna) : dna;
  const keep = (label, text, does) => button(label, text, does, { onmousedown: (event) => event.preventDefault() });
  const place = address(reader.page.volume, start, end);
  return [
    keep("Copy the DNA of the selection", "DNA", () => reader.copy(read)),
    keep("Copy the reverse complement", "Reverse complement", () => reader.copy(reverseComplement(read))),
    ...[0, 1, 2].map((frame) => keep(`Copy the protein, frame ${frame + 1}, genetic code ${reader.page.volume.genetic_code}`, frame ? `${frame + 1}` : "Protein 1", () => reader.copy(translate(read, reader.page.volume.aminos, frame)))),
    reader.settings.searchable && end - start >= reader.settings.shortest ? keep(similar, "Find like this", () => reader.leave("search", { loc: place })) : "",
    keep("Ask a question about the selection", "Ask", () => reader.leave("ask", { loc: place })),
    end - start >= 3 && end - start <= 60 ? keep("Look for this motif in the whole book", "Motif", () => reader.go(`motif:${read.toUpperCase()}`)) : "",
  ].filter(Boolean);
}
