// Errors in words, where they belong; and small parts that many views take.
import { html } from "shared/html.js";
import { has, t } from "./words.js";

/** What a problem says: in the language of the page where it is one that the page knows, else in the words of the service. */
export function wordsOf(problem) {
  if (typeof problem === "string") return problem;
  if (has(`problem.${problem.code}`)) return t(`problem.${problem.code}`);
  const parts = (problem.errors ?? []).map((one) => one.detail).filter((one) => one && one !== problem.message);
  return t("problem.failed", { told: [problem.message, ...parts].join(" ") });
}

export function Told({ problem, onclose, id }) {
  if (!problem) return null;
  return html`<div class="problem" role="alert" id=${id}>
    <p dir="auto">${wordsOf(problem)}</p>
    ${onclose && html`<button type="button" onClick=${onclose}>${t("close")}</button>`}
  </div>`;
}

/** A field with its label, and what is wrong with it. */
export function Field({ id, label, fault, note, children }) {
  return html`<div class="field"><label for=${id}>${label}${note && html` <small>(${note})</small>`}</label>${children}
    ${fault && html`<p class="problem" role="alert" id=${`${id}-told`}>${fault}</p>`}</div>`;
}

/** An arrow from one to another, which runs as the text does. */
export const To = () => html`<span class="to" aria-hidden="true">→</span>`;

/** A file of this machine. The button is ours: that of a browser speaks the language of the browser. */
export function FileField({ id, label, accept, file, onchange, isBusy }) {
  return html`<div class="field"><span id=${`${id}-label`}>${label}</span>
    <div class="pair"><label class="button">${t("file.choose")}<input id=${id} type="file" class="unseen" accept=${accept} aria-labelledby=${`${id}-label`} disabled=${isBusy} onChange=${onchange} /></label>
      <span dir="auto">${file?.name ?? t("file.none")}</span></div></div>`;
}

/** A choice among things. */
export function Choice({ id, label, value, onchange, options, note }) {
  return html`<${Field} id=${id} label=${label} note=${note}>
    <select id=${id} value=${value} onChange=${(event) => onchange(event.target.value)}>
      ${options.map(([of, name]) => html`<option key=${of} value=${of}>${name}</option>`)}
    </select><//>`;
}

/** Boxes of which any number may be ticked. */
export function Boxes({ legend, chosen, onchange, options, id, fault }) {
  const turn = (of) => onchange(chosen.includes(of) ? chosen.filter((one) => one !== of) : [...chosen, of]);
  return html`<fieldset class="boxes" id=${id} aria-describedby=${fault ? `${id}-told` : undefined}><legend>${legend}</legend>
    ${options.map(([of, name]) => html`<label key=${of}><input type="checkbox" checked=${chosen.includes(of)} onChange=${() => turn(of)} /> ${name}</label>`)}
    ${fault && html`<p class="problem" role="alert" id=${`${id}-told`}>${fault}</p>`}
  </fieldset>`;
}
