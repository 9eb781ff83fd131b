// Writing an inject. Where somebody else was quicker, both are shown, and nothing is overwritten unasked.
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "shared/html.js";
import { now, say, useApp } from "shared/state.js";
import { injects as act } from "./actions.js";
import { useDoing, useFocus, useKept } from "./doing.js";
import { place } from "./exercise.js";
import { secondsOf, since } from "./times.js";
import { Boxes, Choice, Field, Told } from "./told.js";
import { named, t } from "./words.js";

export const CHANNELS = ["email", "radio", "phone", "in person", "media", "social", "dashboard"];
const COMPARED = ["title", "text", "time_s", "sender", "audience", "channel", "expected_action", "notes"];
const LABELS = { title: "inject.subject", text: "inject.text", time_s: "inject.time", sender: "inject.sender", audience: "inject.audience", channel: "inject.channel", expected_action: "inject.expected", notes: "inject.notes" };

function shown(name, value) {
  if (name === "time_s") return value == null ? "–" : `T+${since(value)}`;
  if (name === "channel") return named("channel", value);
  if (name !== "audience") return String(value ?? "");
  const teams = now().exercise.teams;
  return value.map((id) => teams.find((one) => one.id === id)?.name ?? id).join(", ") || t("message.everybody");
}

/** Both versions side by side, the rows in which they differ. */
function Conflict({ mine, theirs, by, ontake, onkeep }) {
  const rows = COMPARED.filter((name) => JSON.stringify(mine[name] ?? null) !== JSON.stringify(theirs[name] ?? null));
  const first = useRef(null);
  useEffect(() => first.current?.focus(), []);
  return html`<div class="problem conflict" role="alert"><p tabindex="-1" ref=${first}><strong>${t("inject.conflict")}</strong>${by && html` <bdi>${by}</bdi>`}</p>
    <table><thead><tr><th scope="col"><span class="unseen">${t("inject.subject")}</span></th><th scope="col">${t("inject.conflict.theirs")}</th><th scope="col">${t("inject.conflict.mine")}</th></tr></thead>
      <tbody>${rows.map((name) => html`<tr key=${name}><th scope="row">${t(LABELS[name])}</th><td dir="auto">${shown(name, theirs[name])}</td><td dir="auto">${shown(name, mine[name])}</td></tr>`)}</tbody></table>
    <div class="row"><button type="button" onClick=${ontake}>${t("inject.conflict.take")}</button><button type="button" onClick=${onkeep}>${t("inject.conflict.keep")}</button></div></div>`;
}

/** What a fault of the service says of a field. */
const faultOf = (problem, name) => problem?.errors?.filter((one) => one.pointer?.replace(/_s$/, "").split("/")[1] === name.replace(/_s$/, "")).map((one) => one.detail).join("; ") || null;

export function InjectForm({ given, onclose }) {
  const { exercise } = useApp();
  const [inject, setInject] = useKept("inject.form.inject", given);
  const [time, setTime] = useKept("inject.form.time", given.time_s == null ? "" : since(given.time_s));
  const { problem, isBusy, run } = useDoing();
  const [conflict, setConflict] = useState(null);
  const [timeFault, setTimeFault] = useState(null);
  const head = useFocus("inject-new");
  const change = (name) => (event) => setInject({ ...inject, [name]: event.target.value });
  const store = (row) => run(async () => {
    try {
      await (row.id ? act.save(row) : act.add(row));
      say(t("inject.saved"));
      onclose();
    } catch (error) {
      if (error.status !== 412 || !error.more.current) throw error;
      setConflict({ theirs: error.more.current, mine: row });
    }
  });
  const submit = async (event) => {
    event.preventDefault();
    const seconds = time.trim() ? secondsOf(time) : null;
    setTimeFault(time.trim() && seconds === null ? t("clock.jump.form") : null);
    if (!time.trim() || seconds !== null) await store({ ...inject, time_s: seconds });
  };
  const takeTheirs = () => {
    place("injects", conflict.theirs);
    setInject(conflict.theirs);
    setTime(conflict.theirs.time_s == null ? "" : since(conflict.theirs.time_s));
    setConflict(null);
  };
  const keepMine = () => {
    const { version } = conflict.theirs;
    setConflict(null);
    store({ ...conflict.mine, version });
  };
  const text = (name, label, rows) => html`<${Field} id=${`inject-${name}`} label=${t(label)} fault=${faultOf(problem, name)}>${rows
    ? html`<textarea id=${`inject-${name}`} dir="auto" rows=${rows} value=${inject[name]} onInput=${change(name)}></textarea>`
    : html`<input id=${`inject-${name}`} dir="auto" maxlength="300" value=${inject[name]} onInput=${change(name)} />`}<//>`;
  const known = ["title", "text", "time", "sender", "channel", "expected_action", "notes"].some((name) => faultOf(problem, name));
  return html`<form class="edit card" onSubmit=${submit} aria-labelledby="inject-head">
    <h3 id="inject-head" tabindex="-1" ref=${head}>${t(given.id ? "inject.edit.title" : "inject.new")}</h3>
    ${conflict && html`<${Conflict} ...${conflict} by=${conflict.theirs.changed?.by?.name ?? conflict.theirs.changed?.by} ontake=${takeTheirs} onkeep=${keepMine} />`}
    ${text("title", "inject.subject")}
    <div class="row"><${Field} id="inject-time" label=${html`${t("inject.time")} <bdi dir="ltr">T+</bdi>`} note=${t("optional")} fault=${timeFault ?? faultOf(problem, "time")}>
        <input id="inject-time" dir="ltr" placeholder="1:30:00" value=${time} onInput=${(event) => setTime(event.target.value)} /><//>
      <${Choice} id="inject-channel" label=${t("inject.channel")} value=${inject.channel} onchange=${(channel) => setInject({ ...inject, channel })} options=${CHANNELS.map((one) => [one, named("channel", one)])} /></div>
    ${text("sender", "inject.sender")}
    <${Boxes} id="inject-audience" legend=${t("inject.audience")} chosen=${inject.audience} onchange=${(audience) => setInject({ ...inject, audience })} options=${exercise.teams.map((one) => [one.id, one.name])} />
    ${text("text", "inject.text", 5)} ${text("expected_action", "inject.expected", 2)} ${text("notes", "inject.notes", 2)}
    ${!known && html`<${Told} problem=${problem} />`}
    <div class="row"><button class="main" aria-disabled=${isBusy}>${t("save")}</button><button type="button" onClick=${onclose}>${t("cancel")}</button></div>
  </form>`;
}
