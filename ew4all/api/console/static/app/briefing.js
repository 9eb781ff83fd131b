// What a team knows when it begins: the purpose, its brief, the hand-outs.
import { address, key, save } from "shared/api.js";
import { html } from "shared/html.js";
import { put, useApp } from "shared/state.js";
import { since } from "./times.js";
import { t } from "./words.js";

/** A file of the exercise: a link shows no token, so with one it is fetched first. */
export function File({ href, title, name }) {
  if (!href) return html`<span dir="auto">${title}</span>`;
  const path = href.startsWith(address("")) ? href.slice(address("").length) : href;
  const fetching = (event) => {
    if (!key.get()) return;
    event.preventDefault();
    save(path, name ?? path.split("/").at(-1)).catch((problem) => put({ problem }));
  };
  return html`<a href=${/^https?:/.test(path) ? path : address(path)} onClick=${fetching} dir="auto">${title}</a>`;
}

export function Briefing() {
  const { exercise, me } = useApp();
  const own = exercise.teams.filter((one) => !me.team || one.id === me.team);
  return html`<h2>${t("tab.briefing")}</h2>
    ${exercise.purpose && html`<p dir="auto" class="prose">${exercise.purpose}</p>`}
    ${own.filter((one) => one.brief || one.agency).map((one) => html`<section key=${one.id}><h3 dir="auto">${one.name}</h3>${one.agency && one.agency !== one.name && html`<p class="facts" dir="auto">${one.agency}</p>`}<p dir="auto" class="prose">${one.brief}</p></section>`)}
    ${exercise.phases?.length > 0 && html`<h3>${t("briefing.phases")}</h3><ol class="plain">${exercise.phases.map((one) => html`<li key=${one.start_s}><span dir="ltr">T+${since(one.start_s).slice(0, 5)}</span> <strong dir="auto">${one.title}</strong> <span dir="auto">${one.text}</span></li>`)}</ol>`}
    ${exercise.handouts?.length > 0 && html`<h3>${t("briefing.handouts")}</h3><ul class="files">${exercise.handouts.map((one) => html`<li key=${one.href}><${File} href=${one.href} title=${one.title} /></li>`)}</ul>`}`;
}
