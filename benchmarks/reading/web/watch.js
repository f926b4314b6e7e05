// Says when letters and amino acids are on the screen, whether as text in the document or on a canvas.
(() => {
  const canvases = new Map();
  const note = (context, text) => {
    const letter = String(text).trim();
    if (/^[A-Za-z*]$/.test(letter)) canvases.set(context.canvas, (canvases.get(context.canvas) ?? "") + letter);
  };
  for (const kind of [window.CanvasRenderingContext2D, window.OffscreenCanvasRenderingContext2D]) {
    if (!kind) continue;
    for (const name of ["fillText", "strokeText"]) {
      const plain = kind.prototype[name];
      kind.prototype[name] = function (text, ...rest) {
        note(this, text);
        return plain.call(this, text, ...rest);
      };
    }
  }
  const inDocument = () => [
    [...document.querySelectorAll("svg text")].map((one) => one.textContent.trim()).filter((one) => one.length === 1).join(""),
    [...document.querySelectorAll(".gr .text .w")].map((one) => one.textContent).join("").toUpperCase(),
    [...document.querySelectorAll(".gr .text [data-aa]")].map((one) => one.dataset.aa).join(""),
  ];
  // Browsers draw in blocks, so that a piece may be cut: one of several is enough.
  const isShown = (pieces, texts) => pieces.some((piece) => texts.some((text) => text.includes(piece)));

  // Milliseconds, since the page began, of the frame after the one in which each text was there: one of its pieces.
  window.watch = (wanted, since = 0) => {
    canvases.clear();
    window.seen = { began: since || performance.now() };
    const look = () => {
      const texts = [...inDocument(), ...[...canvases.values()].map((text) => text.toUpperCase())];
      for (const [name, pieces] of Object.entries(wanted))
        if (!(name in window.seen) && isShown(pieces, texts)) {
          window.seen[name] = 0;
          requestAnimationFrame(() => (window.seen[name] = performance.now()));
        }
      if (Object.keys(wanted).some((name) => !window.seen[name])) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  };

  // The time from a key to the frame after the text of the reader was another.
  window.turned = () => {
    window.turn = { began: 0, painted: 0 };
    addEventListener("keydown", () => (window.turn.began = performance.now()), { capture: true, once: true });
    const text = document.querySelector(".gr .text");
    const observer = new MutationObserver(() => {
      observer.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => (window.turn.painted = performance.now())));
    });
    observer.observe(text, { childList: true });
  };

  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts += one.value;
  }).observe({ type: "layout-shift", buffered: true });

  // What the first screen holds.
  window.firstScreen = () => {
    const isIn = (box) => box.top >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;
    const words = [...document.querySelectorAll(".gr .text .w")];
    const shown = words.filter((one) => isIn(one.getBoundingClientRect()));
    const asked = document.querySelector(".gr .text .asked, .gr .text .asked-first");
    return {
      letters: shown.reduce((sum, one) => sum + one.textContent.length, 0),
      top: words.length ? words[0].getBoundingClientRect().top + scrollY : null,
      landing: asked ? asked.getBoundingClientRect().top : null,
      shifts: window.shifts,
    };
  };
})();
