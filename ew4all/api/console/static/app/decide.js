// Decisions other than alerts: sirens, generators, satellite kits, roaming.
import { useEffect, useState } from "preact/hooks";
import { html } from "shared/html.js";
import { read } from "shared/api.js";
import { put, useApp } from "shared/state.js";
import { decide } from "./actions.js";
import { useDoing } from "./doing.js";
import { at } from "./exercise.js";
import { clockAt } from "./times.js";
import { Boxes, Choice, Field, Told } from "./told.js";
import { t } from "./words.js";

const KINDS = ["order_sirens", "request_power", "request_satellite", "request_roaming"];

/** The polygons of zones as one area. */
function areaOf(zones, shapes) {
  const found = shapes.filter((one) => zones.includes(one.properties.id)).map((one) => one.geometry);
  const coordinates = found.flatMap((one) => (one.type === "Polygon" ? [one.coordinates] : one.coordinates));
  return { type: "MultiPolygon", coordinates };
}

export function Decide() {
  const { exercise, me, shapes } = useApp();
  const [kind, setKind] = useState(KINDS[0]);
  const [zones, setZones] = useState([]);
  const [zone, setZone] = useState("");
  const [number, setNumber] = useState("1");
  const [minutes, setMinutes] = useState("30");
  const [team, setTeam] = useState(me.team ?? exercise.teams[0]?.id ?? "");
  const { problem, isBusy, run } = useDoing();
  const [told, setTold] = useState(null);
  const outlines = shapes?.zones?.features ?? [];
  useEffect(() => {
    // Where there is no map, nobody has read them.
    if (!shapes?.zones) read(at("geo/zones")).then((found) => put(({ shapes: had = {} }) => ({ shapes: { ...had, zones: found } }))).catch(() => {});
  }, []);
  const places = exercise.zones.map((one) => [one.id, one.name]);
  const bodies = {
    order_sirens: () => ({ duration_s: Number(minutes) * 60, ...(zones.length && { area: areaOf(zones, outlines) }) }),
    request_power: () => ({ number: Number(number), ...(zone && { zone }) }),
    request_satellite: () => ({ number: Number(number), ...(zone && { zone }) }),
    request_roaming: () => ({}),
  };
  const submit = async (event) => {
    event.preventDefault();
    setTold(null);
    await run(async () => {
      const { state, effect_s } = await decide({ kind, ...bodies[kind](), ...(me.kind === "facilitator" && { team }) });
      const text = state === "asked" && effect_s != null ? t("decision.ordered", { time: clockAt(effect_s).short }) : t("decision.taken");
      setTold(text);
    });
  };
  const isKit = kind === "request_power" || kind === "request_satellite";
  return html`<form class="card" onSubmit=${submit} aria-label=${t("decision.title")}>
    <${Choice} id="decision-kind" label=${t("decision.what")} value=${kind} onchange=${setKind} options=${KINDS.map((one) => [one, t(`decision.${one}`)])} />
    ${me.kind === "facilitator" && html`<${Choice} id="decision-team" label=${t("people.team")} value=${team} onchange=${setTeam} options=${exercise.teams.map((one) => [one.id, one.name])} />`}
    ${kind === "order_sirens" && html`<${Boxes} id="decision-zones" legend=${`${t("decision.zones")} (${zones.length || t("all")})`} chosen=${zones} onchange=${setZones}
        options=${outlines.map((one) => [one.properties.id, one.properties.name])} />
      <${Field} id="decision-minutes" label=${t("decision.duration")}><input id="decision-minutes" type="number" min="1" max="1440" dir="ltr" value=${minutes} onInput=${(event) => setMinutes(event.target.value)} /><//>`}
    ${isKit && html`<div class="row"><${Choice} id="decision-zone" label=${t("decision.zone")} value=${zone} onchange=${setZone} options=${[["", t("all")], ...places]} />
      <${Field} id="decision-number" label=${t("decision.count")}><input id="decision-number" type="number" min="1" max="1000" dir="ltr" value=${number} onInput=${(event) => setNumber(event.target.value)} /><//></div>`}
    <${Told} problem=${problem} />
    ${told && html`<p class="note" role="status">${told}</p>`}
    <button class="main" aria-disabled=${isBusy}>${t("decision.take")}</button>
  </form>`;
}
