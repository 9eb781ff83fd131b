// What a facilitator does with the clock.
import { useEffect, useState } from "preact/hooks";
import { html } from "shared/html.js";
import { useApp } from "shared/state.js";
import { clock as act } from "./actions.js";
import { useDoing, useFocus } from "./doing.js";
import { secondsNow, secondsOf, since } from "./times.js";
import { Told } from "./told.js";
import { span, t } from "./words.js";

const SPEEDS = [1, 2, 5, 10, 20, 30, 60, 120];
const STEP_S = 60;

/** What cannot be undone is asked once more; the focus is on the answer that changes nothing. */
function Sure({ onyes, onno }) {
  const no = useFocus("clock-end");
  return html`<div class="problem" role="alertdialog" aria-label=${t("clock.end")} aria-describedby="end-sure" onKeyDown=${(event) => event.key === "Escape" && onno()}><p id="end-sure">${t("clock.end.sure")}</p>
    <button type="button" onClick=${onyes}>${t("clock.end")}</button> <button type="button" ref=${no} onClick=${onno}>${t("cancel")}</button></div>`;
}

export function ClockControls() {
  const { clock } = useApp();
  const [to, setTo] = useState("");
  const { problem: fault, setProblem: setFault, isBusy, run } = useDoing();
  const [isSure, ask] = useState(false);
  const [first, choose] = useState(null); // the speed to begin with: before the start the clock has none to change
  const doing = (what) => () => run(what);
  useEffect(() => {
    if (clock?.state === "ended") ask(false);
  }, [clock?.state]);
  const jump = async (event) => {
    event.preventDefault();
    const seconds = secondsOf(to);
    if (seconds === null) setFault(t("clock.jump.form"));
    else if (seconds <= secondsNow()) setFault(t("clock.jump.past"));
    else {
      if (await run(() => act.jump(seconds))) setTo("");
    }
  };
  if (!clock) return null;
  const isOver = clock.state === "ended";
  const isStill = isOver || clock.state === "ready"; // there is nothing to step or jump in
  const turn = (speed) => (clock.state === "ready" ? choose(speed) : doing(() => act.speed(speed))());
  const speed = (clock.state === "ready" && first) || clock.speed;
  const start = clock.state === "ready" ? "clock.start" : "clock.resume";
  return html`<section class="controls" aria-label=${t("clock.title")} aria-busy=${isBusy}>
    <div class="row">
      ${clock.isRunning
        ? html`<button type="button" class="go" id="clock-pause" onClick=${doing(act.pause)}><span aria-hidden="true">❚❚</span> ${t("clock.pause")}</button>`
        : html`<button type="button" class="go" id="clock-start" disabled=${isOver} onClick=${doing(() => act.start(first))}><span aria-hidden="true">▶</span> ${t(start)}</button>`}
      <button type="button" id="clock-step" disabled=${isStill || clock.isRunning} onClick=${doing(() => act.step(STEP_S))}>${t("clock.step", { time: span(STEP_S) })}</button>
      <label class="inline">${t("clock.speed")} <select id="clock-speed" dir="ltr" value=${speed} disabled=${isOver} onChange=${(event) => turn(Number(event.target.value))}>
        ${[...new Set([...SPEEDS, speed])].sort((a, b) => a - b).map((n) => html`<option key=${n} value=${n}>${t("clock.times", { n })}</option>`)}</select></label>
      <form class="inline" onSubmit=${jump}>
        <label for="clock-jump">${t("clock.jump")} <bdi dir="ltr">T+</bdi></label>
        <input id="clock-jump" dir="ltr" size="8" placeholder=${since(secondsNow() + 600)} value=${to} disabled=${isStill} onInput=${(event) => setTo(event.target.value)} />
        <button disabled=${isStill || !to.trim()}>${t("clock.jump.go")}</button>
      </form>
      ${!isOver && clock.state !== "ready" && !isSure && html`<button type="button" class="end" id="clock-end" onClick=${() => ask(true)}>${t("clock.end")}</button>`}
    </div>
    ${isSure && !isOver && html`<${Sure} onyes=${doing(act.end)} onno=${() => ask(false)} />`}
    <${Told} problem=${fault} />
  </section>`;
}
