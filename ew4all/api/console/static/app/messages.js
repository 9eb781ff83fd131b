// In-boxes: what came, from whom, and what one writes.
import { useEffect, useMemo, useState } from "preact/hooks";
import { html } from "shared/html.js";
import { put, say, useApp } from "shared/state.js";
import { opened, write } from "./actions.js";
import { forget, useDoing, useFocus, useKept } from "./doing.js";
import { at, may } from "./exercise.js";
import { Handout } from "./file.js";
import { clockAt } from "./times.js";
import { Boxes, Choice, Field, To, Told } from "./told.js";
import { language, named, t } from "./words.js";

const SEEN = "ew4all.console.seen.";
const EVERYBODY = "everybody";

/** Number of the last message that was looked at in this tab. */
const seenOf = (exercise) => Number(sessionStorage.getItem(SEEN + exercise.id) ?? 0);
/** Whether others wrote it; what the exercise itself sends, and what facilitators write, is no news to a facilitator. */
const isOther = (message, me) => (me.kind === "facilitator" ? message.from?.team != null : message.from?.team !== me.team || message.from?.team == null);
/** Whether it says something that nobody of the team has opened it yet. */
const isUnopened = (message, me) => me.kind === "player" && !message.read_by?.includes(me.team);

/** Messages that nobody here has looked at. */
export function unread({ messages = [], exercise, me }) {
  if (!exercise) return 0;
  return messages.filter((one) => one.id > seenOf(exercise) && isOther(one, me)).length;
}

function Message({ message, teams, isNew, onreply }) {
  const from = message.from?.name || teams.get(message.from?.team) || t("role.facilitator");
  const to = message.to?.length ? message.to.map((one) => teams.get(one) ?? (one === "facilitator" ? t("role.facilitator") : one === EVERYBODY ? t("message.everybody") : one)).join(", ") : t("message.everybody");
  return html`<li class=${`message ${isNew ? "new" : ""} ${message.withdrawn ? "withdrawn" : ""}`}>
    <p class="facts"><span dir="ltr">${clockAt(message.time_s).short}</span> <strong dir="auto">${from}</strong> <${To} /> <bdi>${to}</bdi>${message.channel && message.channel !== "message" ? ` · ${named("channel", message.channel)}` : ""}
      ${isNew && html` <span class="badge">${t("message.new.mark")}</span>`}${message.withdrawn && html` <span class="badge">${t("message.withdrawn")}</span>`}</p>
    ${message.title && html`<h3 dir="auto">${message.title}</h3>`}
    <p dir="auto" class="prose">${message.text}</p>
    ${message.attachments?.length > 0 && html`<ul class="files">${message.attachments.map((one, i) => html`<li key=${i}><${Handout} title=${one.title} href=${one.href ?? at(`messages/${message.id}/attachments/${i}`)} /></li>`)}</ul>`}
    ${may("message") && onreply && html`<button type="button" onClick=${() => onreply(message)}>${t("message.reply")}<span class="unseen">: ${message.title || from}</span></button>`}
  </li>`;
}

function Letter({ reply, onclose }) {
  const { exercise, me } = useApp();
  const isLeader = me.kind === "facilitator";
  const [to, setTo] = useKept("letter.to", reply ? [reply.from?.team ?? "facilitator"] : []);
  const [title, setTitle] = useKept("letter.title", reply?.title ?? "");
  const [text, setText] = useKept("letter.text", "");
  const [from, setFrom] = useKept("letter.from", "");
  const { problem, setProblem, isBusy, run } = useDoing();
  const head = useFocus("message-new");
  const options = [["facilitator", t("role.facilitator")], ...exercise.teams.map((one) => [one.id, one.name])].filter(([id]) => id !== (isLeader ? "facilitator" : me.team));
  const submit = async (event) => {
    event.preventDefault();
    if (!text.trim()) return setProblem(t("required"));
    return run(async () => {
      await write({ to, title: title.trim(), text: text.trim(), ...(reply && { reply_to: reply.id }), ...(from.trim() && { from: from.trim() }) });
      say(t("message.sent"));
      onclose();
    });
  };
  return html`<form class="card" onSubmit=${submit} aria-labelledby="letter-head"><h3 id="letter-head" tabindex="-1" ref=${head}>${reply ? html`${t("message.reply")}: <bdi>${reply.title || reply.from?.name}</bdi>` : t("message.new")}</h3>
    <${Boxes} id="message-to" legend=${`${t("message.to")} (${to.length ? to.length : t("message.everybody")})`} chosen=${to} onchange=${setTo} options=${options} />
    ${isLeader && html`<${Field} id="message-from" label=${t("message.seems")} note=${t("optional")}><input id="message-from" dir="auto" maxlength="200" value=${from} onInput=${(event) => setFrom(event.target.value)} /><//>`}
    <${Field} id="message-title" label=${t("inject.subject")} note=${t("optional")}><input id="message-title" dir="auto" maxlength="200" value=${title} onInput=${(event) => setTitle(event.target.value)} /><//>
    <${Field} id="message-text" label=${t("message.text")}><textarea id="message-text" dir="auto" rows="4" maxlength="5000" value=${text} onInput=${(event) => setText(event.target.value)}></textarea><//>
    <${Told} problem=${problem} />
    <div class="row"><button class="main" aria-disabled=${isBusy}>${t("send")}</button><button type="button" onClick=${onclose}>${t("cancel")}</button></div>
  </form>`;
}

/** One after the other: whoever comes late opens many at once. */
async function openAll(messages) {
  for (const one of messages) await opened(one.id);
}

export function Messages() {
  const app = useApp();
  const { exercise, me, messages = [], clock } = app;
  const hasBegun = clock && clock.state !== "ready";
  const [before] = useState(() => seenOf(exercise));
  const [team, setTeam] = useState("");
  const [letter, setLetter] = useKept("letter", null);
  const begin = (begun) => {
    forget("letter.");
    setLetter(begun);
  };
  const close = () => {
    forget("letter");
    setLetter(null);
  };
  const last = messages.reduce((most, one) => Math.max(most, one.id), 0);
  useEffect(() => {
    if (may("message")) openAll(messages.filter((one) => one.id > seenOf(exercise) && isOther(one, me) && isUnopened(one, me)));
    // What is shown has been seen; the mark in the list stays as long as the tab is open.
    sessionStorage.setItem(SEEN + exercise.id, String(Math.max(last, seenOf(exercise))));
    put({ seenTo: last });
  }, [last]);
  const teams = new Map(exercise.teams.map((one) => [one.id, one.name]));
  // Ticks come twice a second; the list is made anew only when something in it is another.
  const rows = useMemo(() => {
    const shown = messages.filter((one) => !team || one.from?.team === team || one.to?.includes(team) || !one.to?.length).sort((a, b) => b.id - a.id);
    return shown.map((one) => html`<${Message} key=${one.id} message=${one} teams=${teams} isNew=${one.id > before && isOther(one, me)} onreply=${hasBegun ? (reply) => begin({ reply }) : null} />`);
  }, [messages, team, me, exercise, hasBegun, language()]);
  return html`<h2>${t(me.kind === "player" ? "tab.inbox" : "message.title")}</h2>
    <div class="row">${may("message") && html`<button type="button" id="message-new" disabled=${!hasBegun} onClick=${() => begin({})}>${t("message.new")}</button>`}</div>
    ${may("message") && !hasBegun && html`<p class="note">${t("message.not.now")}</p>`}
    ${me.kind !== "player" && html`<${Choice} id="message-team" label=${t("people.team")} value=${team} onchange=${setTeam} options=${[["", t("all")], ...teams]} />`}
    ${letter && html`<${Letter} key=${letter.reply?.id ?? "new"} reply=${letter.reply} onclose=${close} />`}
    ${rows.length === 0 && html`<p>${t("message.none")}</p>`}
    <ol class="messages" aria-label=${t("message.title")}>${rows}</ol>`;
}
