// What Streamlit sends of a component with every answer: its script is fetched once and stays in the browser.
const { default: draw } = await import(new URL("ADDRESS", document.baseURI).href);
export default draw;
