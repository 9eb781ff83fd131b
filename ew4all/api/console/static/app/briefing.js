// What a team knows when it begins: the purpose, its brief, the hand-outs.
import { html } from "shared/html.js";
import { useApp } from "shared/state.js";
import { Handout } from "./file.js";
import { since } from "./times.js";
import { t } from "./words.js";

export function Briefing() {
  const { exercise, me } = useApp();
  const own = exercise.teams.filter((one) => !me.team || one.id === me.team);
  return html`<h2>${t("tab.briefing")}</h2>
    ${exercise.purpose && html`<p dir="auto" class="prose">${exercise.purpose}</p>`}
    ${own.filter((one) => one.brief || one.agency).map((one) => html`<section key=${one.id}><h3 dir="auto">${one.name}</h3>${one.agency && one.agency !== one.name && html`<p class="facts" dir="auto">${one.agency}</p>`}<p dir="auto" class="prose">${one.brief}</p></section>`)}
    ${exercise.phases?.length > 0 && html`<h3>${t("briefing.phases")}</h3><ol class="plain">${exercise.phases.map((one) => html`<li key=${one.start_s}><span dir="ltr">T+${since(one.start_s).slice(0, 5)}</span> <strong dir="auto">${one.title}</strong> <span dir="auto">${one.text}</span></li>`)}</ol>`}
    ${exercise.handouts?.length > 0 && html`<h3>${t("briefing.handouts")}</h3><ul class="files">${exercise.handouts.map((one) => html`<li key=${one.href ?? one.title}><${Handout} ...${one} /></li>`)}</ul>`}`;
}
