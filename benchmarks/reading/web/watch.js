// What is drawn, whether as text in the document or on a canvas: counts of single letters since the last reset.
(() => {
  const drawn = { nucleotides: 0, residues: 0, first: {}, began: performance.now() };
  const note = (text) => {
    const letter = String(text).trim();
    if (!/^[A-Za-z*]$/.test(letter)) return;
    const kind = /[ACGTNacgtn]/.test(letter) ? "nucleotides" : "residues";
    drawn[kind] += 1;
  };
  for (const name of ["fillText", "strokeText"]) {
    for (const kind of [window.CanvasRenderingContext2D, window.OffscreenCanvasRenderingContext2D]) {
      if (!kind) continue;
      const plain = kind.prototype[name];
      kind.prototype[name] = function (text, ...rest) {
        note(text);
        return plain.call(this, text, ...rest);
      };
    }
  }
  window.drawn = drawn;
  window.resetDrawn = () => {
    drawn.nucleotides = drawn.residues = 0;
    drawn.began = performance.now();
  };
})();
