// An alert as phones show it, with its pages, length and identifier; and what its area means, while it is drawn.
import { html } from "shared/html.js";
import { named, number, people, t } from "./words.js";

/** The text of a language on a phone. */
export function Phone({ text }) {
  const { language, pages, most_pages, identifier, characters, alphabet, fits, not_in_gsm7, findings = [] } = text;
  return html`<figure class="phone"><figcaption>${languageName(language)}</figcaption>
    <div class="screen" lang=${language} dir="auto"><p class="over"><span aria-hidden="true">⚠</span> ${t("banner.short")}</p><p class="prose">${text.text}</p></div>
    <dl class="facts"><div><dt>${t("alert.pages.label")}</dt><dd class=${fits ? "" : "bad"}>${number(pages)} / ${number(most_pages)}</dd></div>
      <div><dt>${t("alert.length.label")}</dt><dd>${number(characters)}</dd></div>
      <div><dt>${t("alert.coding")}</dt><dd>${named("alphabet", alphabet)}</dd></div>
      <div><dt>${t("alert.identifier")}</dt><dd>${String(identifier)}</dd></div></dl>
    ${!fits && html`<p class="problem" role="alert">${t("alert.too.long", { n: pages, most: most_pages })}</p>`}
    ${not_in_gsm7 && html`<p class="note">${t("alert.not.gsm", { text: not_in_gsm7 })}</p>`}
    ${findings.length > 0 && html`<ul class="findings">${findings.map((one, i) => html`<li key=${i} dir="auto">${one.detail}</li>`)}</ul>`}
  </figure>`;
}

const OWN = { ar: "العربية", zh: "中文", en: "English", fr: "Français", ru: "Русский", es: "Español" };

/** A language in its own words, where a browser knows them. */
export function languageName(code) {
  if (OWN[code]) return OWN[code];
  try {
    return new Intl.DisplayNames([code], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

/** Missed and over-reach of the area as it is now. */
export function Meter({ preview, isWaiting, hasChannels }) {
  const { people: of = {}, channels = [], truth } = preview ?? {};
  const row = (label, value, kind) => value !== undefined && html`<div class=${kind}><dt>${label}</dt><dd>${people(value)}</dd></div>`;
  return html`<section class="meter" aria-label=${t("alert.meter")} aria-busy=${isWaiting}>
    <h3>${t("alert.meter")} ${isWaiting && html`<small>${t("alert.meter.wait")}</small>`}</h3>
    <dl class="counters">${row(t("alert.meter.inside"), of.in_area)}${row(t("alert.meter.covered"), of.covered)}${row(t("alert.meter.missed"), of.missed, "missed")}${row(t("alert.meter.over"), of.over_reach, "over_reach")}
      ${truth && html`${row(t("alert.meter.risk.in"), truth.at_risk_in_area)}${row(t("alert.meter.risk.out"), truth.at_risk_outside, "missed")}`}</dl>
    ${of.in_area !== undefined && html`<p class="note">${t("alert.meter.basis")}${!hasChannels && html` <strong>${t("alert.meter.all")}</strong>`}</p>`}
    ${channels.length > 0 && html`<details><summary>${t("table")}</summary><div class="scroll" tabindex="0" role="region" aria-label=${`${t("table")}: ${t("alert.meter")}`}><table><thead><tr><th scope="col">${t("alert.channels")}</th><th scope="col">${t("figure.reached")}</th><th scope="col">${t("alert.meter.missed.short")}</th><th scope="col">${t("figure.over_reach")}</th></tr></thead>
      <tbody>${channels.map((one) => html`<tr key=${one.name}><th scope="row">${named("channel", one.name)}</th><td>${people(one.reached)}</td><td>${people(one.missed)}</td><td>${people(one.over_reach)}</td></tr>`)}</tbody></table></div></details>`}
    ${channels.flatMap((one) => one.findings ?? []).map((one, i) => html`<p class="problem" key=${i} dir="auto">${one.detail}</p>`)}
  </section>`;
}
