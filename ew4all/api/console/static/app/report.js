// After action: the report and the files of the exercise.
import { html } from "shared/html.js";
import { useApp } from "shared/state.js";
import { File } from "./file.js";
import { at, may } from "./exercise.js";
import { t } from "./words.js";

export function Report() {
  const { exercise, sheet } = useApp();
  const files = (exercise.links ?? []).filter((one) => /report|after-action|results|data/.test(one.rel ?? ""));
  return html`<h2>${t("report.title")}</h2>
    ${sheet && html`<p class="says">${t("score.total", { part: sheet.points ?? 0, all: sheet.most ?? 0 })}</p>`}
    <h3>${t("report.files")}</h3>
    <ul class="files">${files.map((one) => html`<li key=${one.href}><${File} href=${one.href} title=${one.title ?? one.rel} /></li>`)}
      ${may("log") && html`<li><${File} href=${at("log")} title=${t("report.log")} name="EXERCISE-log.jsonl" /></li>`}</ul>`;
}
