// Links of the text to pages of the app open without a reload: Streamlit follows the history of the browser.
addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
  if (!link?.closest(".gb, .term") || link.origin !== location.origin || link.hasAttribute("download")) return;
  const page = (place) => place.pathname.split("/").at(-1);
  if (!PAGES.includes(page(link))) return;
  if (page(link) === page(location) && link.search === location.search) return; // a place on this page
  event.preventDefault();
  history.pushState({}, "", link.href);
  dispatchEvent(new PopStateEvent("popstate"));
  document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
});
