// The view for the room: what can be read from the last row.
import { html } from "shared/html.js";
import { useApp } from "shared/state.js";
import { may } from "./exercise.js";
import { Counters } from "./figures.js";
import { Banner, Clock, LanguageChoice } from "./head.js";
import { titleOf } from "./headlines.js";
import { Missed } from "./missed.js";
import { Stage } from "./stage.js";
import { clockAt } from "./times.js";
import { number, t } from "./words.js";

function Latest() {
  const { messages = [], alerts = [] } = useApp();
  const told = [...messages.map((one) => ({ time_s: one.time_s, text: one.title || one.text })), ...alerts.filter((one) => one.issued_s != null).map((one) => ({ time_s: one.issued_s, text: titleOf(one) }))];
  told.sort((a, b) => b.time_s - a.time_s);
  return html`<section class="latest" aria-labelledby="wall-latest"><h2 id="wall-latest">${t("wall.latest")}</h2>
    <ol>${told.slice(0, 6).map((one, i) => html`<li key=${i}><span dir="ltr">${clockAt(one.time_s).short}</span> <span dir="auto">${one.text}</span></li>`)}</ol></section>`;
}

function Network() {
  const { network } = useApp();
  if (!network?.sites) return null;
  return html`<dl class="counters big"><div><dt>${t("map.down")}</dt><dd>${number(network.sites_out ?? 0)} <small>/ ${number(network.sites)}</small></dd></div>
    ${network.reported_s !== undefined && html`<div><dt>${t("network.reported")}</dt><dd dir="ltr">${clockAt(network.reported_s).short}</dd></div>`}</dl>`;
}

export function Wall() {
  const { exercise } = useApp();
  return html`<${Banner} />
    <div class="wall"><header><h1 dir="auto">${exercise.title}</h1><${Clock} big /><${LanguageChoice} /></header>
      <main id="panel" tabindex="0"><${Missed} />${may("truth") ? html`<${Counters} big />` : html`<${Network} />`}<${Latest} /></main>
      <${Stage} /></div>`;
}
