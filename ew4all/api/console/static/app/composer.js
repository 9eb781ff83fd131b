// Composing an alert: hazard, area, channels, texts in each language; beside it what phones show and whom it reaches.
import { useEffect, useState } from "preact/hooks";
import { html } from "shared/html.js";
import { put, say, useApp } from "shared/state.js";
import { decide, preview as look } from "./actions.js";
import { AreaField } from "./area.js";
import { useDoing, useFocus, useKept } from "./doing.js";
import { Meter, Phone, languageName } from "./phone.js";
import { Boxes, Choice, Field, Told } from "./told.js";
import { LANGUAGES, named, t } from "./words.js";

const SOON_MS = 250;
const HOURS = 2;

/** An empty alert, in the first language of the exercise; of several hazards none is guessed. */
export const blank = (exercise) => ({ hazard: exercise.hazards.length === 1 ? exercise.hazards[0] : "", channels: [], national: false, duration_s: HOURS * 3600, area: null, contents: [{ language: exercise.languages[0] ?? "en", text: "" }] });

/** What is asked of the service: nothing that is not there yet. */
const asked = ({ id, version, hazard, channels, national, duration_s, area, contents }) => ({
  ...(id && { id, version }), hazard, channels, national, duration_s, contents: contents.map(({ language, text }) => ({ language, text })), ...(area && !national && { area }),
});

/** A preview that follows what is written and drawn, the last of them only. */
function usePreview(alert) {
  const { sketch, isDrawing } = useApp();
  const [state, setState] = useState({ preview: null, isWaiting: false, problem: null });
  const wanted = JSON.stringify(asked(isDrawing && sketch ? { ...alert, area: sketch } : alert));
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => ({ ...before, isWaiting: true }));
    const timer = setTimeout(async () => {
      try {
        setState({ preview: await look(JSON.parse(wanted), stop.signal), isWaiting: false, problem: null });
      } catch (problem) {
        if (problem.name !== "AbortError") setState((before) => ({ ...before, isWaiting: false, problem }));
      }
    }, SOON_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [wanted]);
  return state;
}

const faultAt = (problem, start) => problem?.errors?.filter((one) => one.pointer?.startsWith(start)).map((one) => one.detail).join("; ") || null;

function Content({ content, i, onchange, ondrop, problem }) {
  const id = `content-${content.language}`;
  return html`<fieldset class="content"><legend>${languageName(content.language)}</legend>
    <${Field} id=${`${id}-text`} label=${t("alert.text.in", { language: languageName(content.language) })} fault=${faultAt(problem, `#/alert/contents/${i}/text`)}>
      <textarea id=${`${id}-text`} lang=${content.language} dir="auto" rows="4" value=${content.text} onInput=${(event) => onchange({ ...content, text: event.target.value })}></textarea><//>
    ${ondrop && html`<button type="button" onClick=${ondrop}>${t("alert.language.drop", { language: languageName(content.language) })}</button>`}
  </fieldset>`;
}

/** What is not there yet, in words, by field. */
function lacks(alert) {
  return {
    area: !alert.area && !alert.national ? t("alert.no.area") : null,
    channels: alert.channels.length ? null : t("alert.no.channel"),
    text: alert.contents.some((one) => !one.text.trim()) ? t("alert.no.text") : null,
  };
}

export function Composer({ given, isOn, onclose }) {
  const { exercise, me } = useApp();
  const [alert, setAlert] = useKept("alert.form.alert", given);
  const [team, setTeam] = useKept("alert.form.team", me.team ?? given.team ?? exercise.teams[0]?.id ?? "");
  const { problem, isBusy, run } = useDoing();
  const [lacking, setLacking] = useState({});
  const [added, add] = useState("");
  const head = useFocus("alert-new");
  const { preview, isWaiting, problem: unseen } = usePreview(alert);
  useEffect(() => () => put({ sketch: null }), []);
  const change = (part) => setAlert((before) => ({ ...before, ...part }));
  const isOnAir = given.state === "issued";
  const submit = async (event) => {
    event.preventDefault();
    const found = lacks(alert);
    setLacking(found);
    const first = Object.entries(found).find(([, told]) => told)?.[0];
    if (first) return document.querySelector({ area: "#area-draw", channels: "#alert-channels input", text: ".content textarea" }[first])?.focus();
    return run(async () => {
      try {
        await decide({ kind: isOnAir ? "update_alert" : "draft_alert", alert: asked(alert), ...(me.kind === "facilitator" && { team }) });
        say(t("alert.saved"));
        onclose();
      } catch (error) {
        if (error.status !== 412) throw error;
        // What was written here stays; it goes over the other's only when it is saved once more, by somebody who knows.
        if (error.more.current) change({ version: error.more.current.version });
        throw t("alert.meanwhile", { text: error.more.current?.contents?.map((one) => one.text).join(" / ") ?? "" });
      }
    });
  };
  const addLanguage = () => {
    change({ contents: [...alert.contents, { language: added, text: "" }] });
    add("");
  };
  const rest = [...new Set([...exercise.languages, ...LANGUAGES])].filter((code) => !alert.contents.some((one) => one.language === code));
  const areaFaults = faultAt(problem, "#/alert/area") ?? preview?.area?.findings?.map((one) => one.detail).join(" ") ?? null;
  const isTold = problem?.errors?.some((one) => /^#\/alert\/(area|contents)/.test(one.pointer ?? ""));
  return html`<form class="composer card" onSubmit=${submit} aria-labelledby="composer-head">
    <h3 id="composer-head" tabindex="-1" ref=${head}>${t(isOnAir ? "alert.update" : "alert.new")}</h3>
    <p class="note lock"><strong>${t("banner.short")}</strong> ${t("alert.lock")}</p>
    <div class="row"><${Choice} id="alert-hazard" label=${t("alert.hazard")} value=${alert.hazard} onchange=${(hazard) => change({ hazard })} options=${[["", "–"], ...exercise.hazards.map((one) => [one, named("hazard", one)])]} />
      <${Field} id="alert-hours" label=${t("alert.hours")} fault=${faultAt(problem, "#/alert/duration_s")}><input id="alert-hours" type="number" min="0.25" max="168" step="0.25" dir="ltr" value=${alert.duration_s / 3600} onInput=${(event) => change({ duration_s: Math.round(Number(event.target.value) * 3600) })} /><//></div>
    ${me.kind === "facilitator" && html`<${Choice} id="alert-team" label=${t("people.team")} value=${team} onchange=${setTeam} options=${exercise.teams.map((one) => [one.id, one.name])} />`}
    <label class="inline"><input type="checkbox" checked=${alert.national} onChange=${() => change({ national: !alert.national })} /> ${t("alert.national")}</label>
    ${!alert.national && html`<${AreaField} area=${alert.area} onchange=${(area) => change({ area })} faults=${lacking.area && !alert.area ? lacking.area : areaFaults || null} />`}
    <${Meter} preview=${preview} isWaiting=${isWaiting} hasChannels=${alert.channels.length > 0} />
    <${Boxes} id="alert-channels" legend=${t("alert.channels")} chosen=${alert.channels} onchange=${(channels) => change({ channels })} fault=${alert.channels.length ? faultAt(problem, "#/alert/channels") : lacking.channels}
      options=${exercise.channels.map((one) => [one.name, named("channel", one.name)])} />
    ${alert.contents.map((content, i) => html`<${Content} key=${content.language} content=${content} i=${i} problem=${problem}
      onchange=${(one) => change({ contents: alert.contents.map((other, k) => (k === i ? one : other)) })}
      ondrop=${alert.contents.length > 1 ? () => change({ contents: alert.contents.filter((_, k) => k !== i) }) : null} />`)}
    ${lacking.text && html`<p class="problem" role="alert">${lacking.text}</p>`}
    ${rest.length > 0 && html`<div class="row"><label class="inline">${t("alert.language.add")} <select id="alert-language" value=${added} onChange=${(event) => add(event.target.value)}>
      <option value="">–</option>${rest.map((code) => html`<option key=${code} value=${code} lang=${code}>${languageName(code)}</option>`)}</select></label>
      <button type="button" id="alert-language-add" disabled=${!added} onClick=${addLanguage}>${t("add")}</button></div>`}
    <h3>${t("alert.preview")}</h3>
    <div class="phones">${preview?.texts?.map((text) => html`<${Phone} key=${text.language} text=${text} />`)}</div>
    <${Told} problem=${unseen?.status === 503 ? t("opening") : unseen} />
    ${!isTold && html`<${Told} problem=${problem} />`}
    ${!isOn && html`<p class="note">${t("decision.not.now")}</p>`}
    <div class="row"><button class="main" disabled=${!isOn} aria-disabled=${isBusy}>${t(isOnAir ? "alert.update.send" : "alert.draft")}</button><button type="button" onClick=${onclose}>${t("cancel")}</button></div>
  </form>`;
}

