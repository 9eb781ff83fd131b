// Tabs: one panel at a time, turned by arrow keys as well.
import { html } from "shared/html.js";
import { put, useApp } from "shared/state.js";
import { language, t } from "./words.js";

export function Tabs({ tabs }) {
  const { tab } = useApp();
  const current = tabs.find(([id]) => id === tab)?.[0] ?? tabs[0][0];
  const turn = (event) => {
    const forward = language() === "ar" ? "ArrowLeft" : "ArrowRight";
    const back = language() === "ar" ? "ArrowRight" : "ArrowLeft";
    const at = tabs.findIndex(([id]) => id === current);
    const to = { [forward]: at + 1, [back]: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const [id] = tabs[(to + tabs.length) % tabs.length];
    put({ tab: id });
    document.getElementById(`tab-${id}`).focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${t("tabs")} onKeyDown=${turn}>
      ${tabs.map(([id, , count]) => html`<button key=${id} type="button" role="tab" id=${`tab-${id}`} aria-selected=${current === id} aria-controls=${`of-${id}`}
        tabindex=${current === id ? 0 : -1} onClick=${() => put({ tab: id })}>${t(`tab.${id}`)}${count > 0 && html` <span class="count" aria-hidden="true">${count}</span><span class="unseen">, ${t("message.unread", { n: count })}</span>`}</button>`)}
    </div>
    ${tabs.map(([id, View]) => html`<div key=${id} id=${`of-${id}`} role="tabpanel" aria-labelledby=${`tab-${id}`} tabindex="-1" hidden=${current !== id}>
      ${current === id && html`<${View} />`}</div>`)}`;
}
