// @ts-check
/**
 * An invitation's link ends in "#" and its token. Browsers send that part to nobody; this page
 * puts it into its form, takes it out of the address and out of the history, and sends the form.
 */

const form = document.querySelector("form[data-join]");
const token = location.hash.slice(1);

if (form instanceof HTMLFormElement && token) {
  const field = form.elements.namedItem("token");
  if (field instanceof HTMLInputElement) {
    history.replaceState(null, "", location.pathname);
    field.value = token;
    form.requestSubmit();
  }
}
