// Bars with their table: the picture for the eye, the table for everybody.
import { html } from "./html.js";
import { people } from "./format.js";

const ROW = 26;
const NAME = 152;
const WIDTH = 380;
const NOTE = 104;

/**
 * `rows` are `{name, value, note, cells}`; `all` is the value of a full bar, by default the largest.
 */
export function Bars({ title, rows, columns, ink, all }) {
  const most = all ?? Math.max(...rows.map((row) => row.value), 1e-9);
  const room = WIDTH - NAME - NOTE;
  const short = (name) => (name.length > 21 ? `${name.slice(0, 20)}…` : name);
  const told = rows.slice(0, 3).map((row) => `${row.name} ${people(row.value)}`).join(", ");
  return html`<figure class=${`bars ${ink}`}>
    <figcaption>${title}</figcaption>
    <svg viewBox=${`0 0 ${WIDTH} ${rows.length * ROW}`} role="img" aria-label=${`Bars. ${title}: ${told}. The table has all.`}>
      ${rows.map((row, i) => html`<g transform=${`translate(0 ${i * ROW})`}>
        <text x=${NAME - 8} y="17" text-anchor="end">${short(row.name)}</text>
        <rect class="ground" x=${NAME} y="5" width=${room} height=${ROW - 10} />
        <rect class="bar" x=${NAME} y="5" width=${Math.max(1, (room * row.value) / most)} height=${ROW - 10} />
        <text x=${NAME + room + 8} y="17">${people(row.value)}<tspan class="aside"> ${row.note}</tspan></text>
      </g>`)}
    </svg>
    <details><summary>Table</summary>
      <div class="scroll" tabindex="0" role="region" aria-label=${`Table: ${title}`}><table>
        <caption class="unseen">${title}</caption>
        <thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
        <tbody>${rows.map((row) => html`<tr><th scope="row">${row.name}</th>${row.cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
      </table></div>
    </details>
  </figure>`;
}
