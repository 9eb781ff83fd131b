// Coming in: by an invitation, which becomes a token of this tab, or with a key of the service.
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "shared/html.js";
import { key, read } from "shared/api.js";
import { put } from "shared/state.js";
import { Banner, Head } from "./head.js";
import { Field, Told } from "./told.js";
import { t } from "./words.js";

export function Join({ secret, onjoined }) {
  const [name, setName] = useState("");
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const field = useRef(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const seat = await read("v1/seats", { method: "POST", headers: { "Content-Type": "application/json", Authorization: "" }, body: JSON.stringify({ invitation: secret, name: name.trim() }) });
      key.set(seat.token);
      onjoined(seat.exercise);
    } catch (error) {
      setProblem(error.code === "invitation-invalid" ? t("invite.bad") : error);
      setBusy(false);
    }
  };
  return html`<${Banner} /><${Head} /><main id="panel" class="lobby" tabindex="-1"><form class="card join" onSubmit=${submit} aria-labelledby="join-head"><h2 id="join-head">${t("join.title")}</h2>
    <${Field} id="join-name" label=${t("join.name")}><input id="join-name" ref=${field} dir="auto" maxlength="100" required autocomplete="name" value=${name} onInput=${(event) => setName(event.target.value)} /><//>
    <${Told} problem=${problem} /><button class="main" disabled=${isBusy || !name.trim()}>${t("join.enter")}</button></form></main>`;
}

export function Key({ why, onchange }) {
  const submit = (event) => {
    event.preventDefault();
    key.set(new FormData(event.target).get("key").trim());
    put({ wantsKey: null, problem: null });
    onchange();
  };
  return html`<${Banner} /><${Head} /><main id="panel" class="lobby" tabindex="-1"><form class="card join" onSubmit=${submit} aria-labelledby="key-head"><h2 id="key-head">${t("join.title")}</h2>
    <p>${t("key.why")}</p><${Told} problem=${why} />
    <${Field} id="key" label=${t("key.label")}><input id="key" name="key" type="password" autocomplete="off" required dir="ltr" placeholder="ew4_..." /><//>
    <button class="main">${t("key.use")}</button><p class="note">${t("key.kept")}</p></form></main>`;
}
