// The field for an API key, shown where the service wants one. The key stays in this tab.
import { useEffect, useState } from "preact/hooks";
import { key } from "./api.js";
import { html } from "./html.js";
import { put, useApp } from "./state.js";

const LINKS = { opening: "connecting", live: "live", polling: "asking every 3 s", away: "not connected" };

export function Account({ onchange }) {
  const { wantsKey, link } = useApp();
  const [hasKey, setHasKey] = useState(Boolean(key.get()));
  const [isOpen, open] = useState(false);
  useEffect(() => {
    if (wantsKey) open(true);
  }, [wantsKey]);
  const submit = (event) => {
    event.preventDefault();
    key.set(new FormData(event.target).get("key").trim());
    setHasKey(Boolean(key.get()));
    open(false);
    put({ wantsKey: null, problem: null });
    onchange();
  };
  const forget = () => {
    key.set("");
    location.reload();
  };
  return html`
    <span class=${`link ${link}`}><span aria-hidden="true">●</span> ${LINKS[link]}</span>
    ${hasKey && html`<button type="button" onClick=${forget}>Forget the API key</button>`}
    ${isOpen && html`<form class="key" onSubmit=${submit}>
      ${wantsKey && html`<p role="alert">${wantsKey}</p>`}
      <label for="key">API key</label>
      <input id="key" name="key" type="password" autocomplete="off" required placeholder="ew4_..." />
      <button>Use it</button>
      <small>It is kept in this tab only.</small>
    </form>`}
    <nav aria-label="The service"><a href="docs">API</a> <a href="collections?f=html">Collections</a></nav>`;
}
