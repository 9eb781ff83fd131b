// Who takes part: links for teams, and who is here.
import { useEffect, useState } from "preact/hooks";
import { html } from "shared/html.js";
import { say, useApp } from "shared/state.js";
import { invite, withdraw } from "./actions.js";
import { useDoing, useKept } from "./doing.js";
import { again } from "./exercise.js";
import { Choice, Field, Told } from "./told.js";
import { dayAndTime, number, t } from "./words.js";

const ROLES = ["player", "observer", "evaluator", "facilitator"];

function Link({ made }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => setCopied(false), [made.link]);
  const copy = async () => {
    const field = document.getElementById("invite-link");
    field.select();
    try {
      await navigator.clipboard.writeText(made.link);
    } catch {
      document.execCommand("copy"); // without a secure context there is no clipboard
    }
    setCopied(true);
    say(t("people.copied"));
  };
  return html`<div class="card link-made" role="status"><label for="invite-link">${t("people.link")}: <bdi>${made.name || t(`role.${made.role}`)}</bdi></label>
    <div class="pair"><input id="invite-link" dir="ltr" readonly value=${made.link} /><button type="button" onClick=${copy}>${t("people.copy")}</button></div>${isCopied && html`<p class="note">${t("people.copied")}</p>`}
    <p class="note">${t("people.once")}</p></div>`;
}

export function People() {
  const { exercise, invitations = [], seatList = [] } = useApp();
  const [role, setRole] = useState("player");
  const [team, setTeam] = useState(exercise.teams[0]?.id ?? "");
  const [name, setName] = useState("");
  const [hours, setHours] = useState("24");
  const [uses, setUses] = useState("");
  const [made, setMade] = useKept("people.made", null); // it is shown this once: a look at another tab must not lose it
  const [sure, ask] = useState(null);
  const { problem, isBusy, run } = useDoing();
  useEffect(() => {
    again("invitations");
    again("seatList");
  }, []);
  const teams = new Map(exercise.teams.map((one) => [one.id, one.name]));
  const submit = async (event) => {
    event.preventDefault();
    await run(async () => {
      const expires = new Date(Date.now() + Number(hours) * 3_600_000).toISOString();
      setMade(await invite({ role, ...(role === "player" && { team }), ...(name.trim() && { name: name.trim() }), expires, ...(uses && { uses: Number(uses) }) }));
      setName("");
    });
  };
  // Whoever came by it is put out at once: that is asked once more.
  const end = ({ id, used }) => {
    if (used > 0 && sure !== id) return ask(id);
    ask(null);
    if (made?.id === id) setMade(null);
    return run(() => withdraw(id));
  };
  return html`<h2>${t("people.title")}</h2>
    <form class="card" onSubmit=${submit} aria-label=${t("people.invite")}><h3>${t("people.invite")}</h3>
      <div class="row"><${Choice} id="invite-role" label=${t("people.role")} value=${role} onchange=${setRole} options=${ROLES.map((one) => [one, t(`role.${one}`)])} />
        ${role === "player" && html`<${Choice} id="invite-team" label=${t("people.team")} value=${team} onchange=${setTeam} options=${[...teams]} />`}</div>
      <div class="row"><${Field} id="invite-name" label=${t("people.name")} note=${t("optional")}><input id="invite-name" dir="auto" maxlength="100" value=${name} onInput=${(event) => setName(event.target.value)} /><//>
        <${Field} id="invite-hours" label=${t("people.hours")}><input id="invite-hours" type="number" min="1" max="744" dir="ltr" required value=${hours} onInput=${(event) => setHours(event.target.value)} /><//>
        <${Field} id="invite-uses" label=${t("people.uses")} note=${t("optional")}><input id="invite-uses" type="number" min="1" max="1000" dir="ltr" value=${uses} onInput=${(event) => setUses(event.target.value)} /><//></div>
      <${Told} problem=${problem} /><button class="main" aria-disabled=${isBusy}>${t("people.make")}</button></form>
    ${made && html`<${Link} made=${made} />`}
    <h3>${t("people.links")}</h3>
    ${invitations.length === 0 && html`<p>${t("people.none")}</p>`}
    <ul class="plain">${invitations.map((one) => html`<li key=${one.id} class="card"><strong dir="auto">${one.name || t(`role.${one.role}`)}</strong> · ${t(`role.${one.role}`)}${one.team ? html` · <bdi>${teams.get(one.team) ?? one.team}</bdi>` : ""}
      <p class="facts">${t(`invite.state.${one.state}`)} · ${t("people.until", { time: dayAndTime(one.expires) })} · ${t("people.used", { n: one.used ?? 0 })}</p>
      ${sure === one.id && html`<p class="problem" role="alert">${t("people.withdraw.sure", { n: one.used })}</p>`}
      ${one.state !== "revoked" && html`<button type="button" onClick=${() => end(one)}>${t("people.withdraw")}<span class="unseen">: ${one.name || t(`role.${one.role}`)} ${teams.get(one.team) ?? ""}</span></button>${sure === one.id && html` <button type="button" onClick=${() => ask(null)}>${t("cancel")}</button>`}`}</li>`)}</ul>
    <h3>${t("people.seats")} (${number(seatList.length)})</h3>
    <ul class="plain">${seatList.map((one) => html`<li key=${one.id}><span aria-hidden="true">${one.is_listening ? "●" : "○"}</span> <span class="unseen">${t(one.is_listening ? "people.here" : "people.away")}</span> <strong dir="auto">${one.name}</strong> · ${t(`role.${one.role}`)}${one.team ? html` · <bdi>${teams.get(one.team) ?? one.team}</bdi>` : ""}</li>`)}</ul>`;
}
