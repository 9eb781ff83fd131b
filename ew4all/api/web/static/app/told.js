// Errors in words, where they belong.
import { html } from "./html.js";

/** A problem of the service; nothing where there is none. */
export function Told({ problem, onclose, id }) {
  if (!problem) return null;
  return html`<div class="problem" role="alert" id=${id}>
    <p>${problem.message ?? problem}</p>
    ${onclose && html`<button type="button" onClick=${onclose}>Close</button>`}
  </div>`;
}
