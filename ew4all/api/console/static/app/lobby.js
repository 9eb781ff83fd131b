// Where a facilitator begins: exercises that are there, ready ones to make one of, and lists of one's own.
import { useEffect, useState } from "preact/hooks";
import { html } from "shared/html.js";
import { key, read } from "shared/api.js";
import { put, useApp } from "shared/state.js";
import { Handout } from "./file.js";
import { Banner, Head } from "./head.js";
import { RowFaults } from "./inject_import.js";
import { Choice, Field, FileField, Told } from "./told.js";
import { dayAndTime, span, t } from "./words.js";

const goTo = (id) => {
  location.hash = `exercise=${id}`;
};

function Ready({ entry, onmake, isBusy }) {
  const name = entry.id ?? entry.name ?? entry.library;
  return html`<li class="card"><h3 dir="auto">${entry.title}</h3><p dir="auto">${entry.purpose ?? entry.text ?? ""}</p>
    <p class="facts">${span(entry.length_s)}${entry.room_s ? html` · ${t("lobby.room", { time: span(entry.room_s) })}` : ""}${entry.audience ? html` · <bdi>${entry.audience}</bdi>` : ""}</p>
    ${entry.handouts?.length > 0 && html`<ul class="files">${entry.handouts.map((one) => html`<li key=${one.title}><${Handout} ...${one} /></li>`)}</ul>`}
    <button type="button" disabled=${isBusy} onClick=${() => onmake(name)}>${t("lobby.begin")}<span class="unseen">: ${entry.title}</span></button></li>`;
}

function OwnList({ scenarios, onmade }) {
  const [file, setFile] = useState(null);
  const [title, setTitle] = useState("");
  const [scenario, setScenario] = useState(scenarios[0] ?? "");
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    if (!file) return setProblem(t("required"));
    setBusy(true);
    setProblem(null);
    const type = /\.csv$/i.test(file.name) ? "text/csv" : /\.ya?ml$/i.test(file.name) ? "application/yaml" : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    const query = type === "application/yaml" ? "" : `?${new URLSearchParams({ scenario, title: title.trim() || file.name })}`;
    try {
      onmade(await read(`v1/exercises${query}`, { method: "POST", headers: { "Content-Type": type }, body: file }));
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
    return undefined;
  };
  return html`<form class="card" onSubmit=${submit} aria-label=${t("lobby.import")}>
    <${FileField} id="own-file" label=${t("lobby.own")} accept=".xlsx,.csv,.yaml,.yml" file=${file} onchange=${(event) => setFile(event.target.files[0] ?? null)} isBusy=${isBusy} />
    <div class="row"><${Field} id="own-title" label=${t("lobby.name")}><input id="own-title" dir="auto" maxlength="200" value=${title} onInput=${(event) => setTitle(event.target.value)} /><//>
      <${Choice} id="own-scenario" label=${t("lobby.scenario")} value=${scenario} onchange=${setScenario} options=${scenarios.map((one) => [one, one])} /></div>
    <${RowFaults} problem=${problem} />
    <button disabled=${isBusy || !file}>${t("lobby.begin")}</button></form>`;
}

export function Lobby() {
  const { problem: told } = useApp();
  const [exercises, setExercises] = useState(null);
  const [library, setLibrary] = useState(null);
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    // Where the service wants a key there is a form for it: a facilitator begins here.
    const shown = key.get();
    const refused = (error) => {
      if (error.status !== 401) return setProblem(error);
      if (key.get() !== shown) return undefined; // another one was given meanwhile
      key.set("");
      return put({ wantsKey: error });
    };
    read("v1/exercises?limit=50").then((found) => setExercises(found.exercises)).catch(refused);
    read("v1/exercises/library").then((found) => setLibrary(found.exercises ?? found.library ?? [])).catch(refused);
  }, []);
  const make = async (name) => {
    setBusy(true);
    setProblem(null);
    try {
      const made = await read("v1/exercises", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ library: name }) });
      goTo(made.id);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  const scenarios = [...new Set([...(library ?? []).map((one) => one.scenario), ...(exercises ?? []).map((one) => one.scenario)].filter(Boolean))];
  return html`<${Banner} /><${Head} /><main id="panel" class="lobby" tabindex="-1">
    <${Told} problem=${told ?? problem} />
    <section aria-labelledby="lobby-there"><h2 id="lobby-there">${t("lobby.title")}</h2>
      ${exercises?.length === 0 && html`<p>${t("lobby.empty")}</p>`}
      <ul class="plain">${(exercises ?? []).map((one) => html`<li key=${one.id} class="card"><a class="open" href=${`#exercise=${one.id}`} dir="auto">${one.title}</a>
        <p class="facts">${t(`state.${one.clock?.state ?? "ready"}`)} · ${t("lobby.created", { time: dayAndTime(one.created) })}</p></li>`)}</ul></section>
    <section aria-labelledby="lobby-ready"><h2 id="lobby-ready">${t("lobby.library")}</h2>
      ${library === null && html`<p role="status">${t("loading")}</p>`}
      <ul class="plain">${(library ?? []).map((one) => html`<${Ready} key=${one.id ?? one.name} entry=${one} onmake=${make} isBusy=${isBusy} />`)}</ul></section>
    <section aria-labelledby="lobby-own"><h2 id="lobby-own">${t("lobby.import")}</h2><${OwnList} scenarios=${scenarios.length ? scenarios : ["grenada-beryl", "valley-flash-flood", "national-test"]} onmade=${(made) => goTo(made.id)} /></section>
  </main>`;
}
