// Streamlit keeps the theme that a visitor chose for each page by itself: here there is one for all pages.
for (const name of ["getItem", "setItem"]) {
  const plain = Storage.prototype[name];
  Storage.prototype[name] = function (key, ...rest) {
    return plain.call(this, /^stActiveTheme-.*-v\d+$/.test(key) ? "genomebook.theme" : key, ...rest);
  };
}
