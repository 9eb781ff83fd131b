// Markdown of hand-outs as markup: headings, lists, tables, paragraphs, bold, code. Nothing of a text becomes markup by itself.
import { html } from "shared/html.js";

// \x60 is the backtick, which would look like the begin of a template.
const MARKS = /(\*\*[^*]+\*\*|\x60[^\x60]+\x60|\[[^\]]+\]\([^)]*\))/;

/** Marks within a line; of a link its words. */
function inline(text) {
  return text.split(MARKS).map((part) => {
    if (/^\*\*.+\*\*$/.test(part)) return html`<strong>${part.slice(2, -2)}</strong>`;
    if (/^\x60.+\x60$/.test(part)) return html`<code>${part.slice(1, -1)}</code>`;
    return /^\[.+\)$/.test(part) ? part.replace(/^\[([^\]]+)\].*$/, "$1") : part;
  });
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((one) => one.trim());

function Table({ lines }) {
  const [head, , ...rows] = lines.map(cells);
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${head.filter(Boolean).join(", ") || cells(lines[2] ?? "")[0]}><table class="log">
    <thead><tr>${head.map((one, i) => html`<th key=${i} scope="col">${inline(one)}</th>`)}</tr></thead>
    <tbody>${rows.map((row, k) => html`<tr key=${k}>${row.map((one, i) => html`<td key=${i}>${inline(one)}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** Blocks of a text: `{kind, lines}`. */
function blocksOf(text) {
  const out = [];
  for (const line of text.split("\n")) {
    const last = out.at(-1);
    const kind = !line.trim() ? "gap" : /^#{1,6} /.test(line) ? "head" : /^\s*[-*] /.test(line) ? "list" : /^\s*\d+\. /.test(line) ? "steps" : /^\s*\|/.test(line) ? "table" : "text";
    if (kind === "text" && (last?.kind === "list" || last?.kind === "steps")) last.lines.push(`${last.lines.pop()} ${line.trim()}`);
    else if (last?.kind === kind && kind !== "head") last.lines.push(line);
    else out.push({ kind, lines: [line] });
  }
  return out.filter(({ kind }) => kind !== "gap");
}

export function Markdown({ text }) {
  const item = (line) => line.replace(/^\s*([-*]|\d+\.) /, "");
  return html`<div class="handout" dir="auto">${blocksOf(text).map(({ kind, lines }, i) => {
    if (kind === "head") return html`<h4 key=${i}>${inline(lines[0].replace(/^#+ /, ""))}</h4>`;
    if (kind === "list") return html`<ul key=${i}>${lines.map((one, k) => html`<li key=${k}>${inline(item(one))}</li>`)}</ul>`;
    if (kind === "steps") return html`<ol key=${i}>${lines.map((one, k) => html`<li key=${k}>${inline(item(one))}</li>`)}</ol>`;
    if (kind === "table" && lines.length > 2) return html`<${Table} key=${i} lines=${lines} />`;
    return html`<p key=${i}>${inline(lines.join(" "))}</p>`;
  })}</div>`;
}
