// The console: an exercise for those who lead it, play in it, score it or look on. What one sees follows from one's role.
import { Problem, key } from "shared/api.js";
import { html, render } from "shared/html.js";
import { put, useApp } from "shared/state.js";
import { Alerts } from "./alerts.js";
import { Briefing } from "./briefing.js";
import { ClockControls } from "./clock_controls.js";
import { Decisions } from "./decisions.js";
import { may, open } from "./exercise.js";
import { Counters, Figures } from "./figures.js";
import { Banner, Head } from "./head.js";
import { Injects } from "./injects.js";
import { Join, Key } from "./join.js";
import { Lobby } from "./lobby.js";
import { Messages, unread } from "./messages.js";
import { Missed } from "./missed.js";
import { People } from "./people.js";
import { Report } from "./report.js";
import { ScoreSheet } from "./score.js";
import { MapTable, Stage } from "./stage.js";
import { listen } from "./stream.js";
import { Tabs } from "./tabs.js";
import { Wall } from "./wall.js";
import { preferred, speak, t } from "./words.js";

/** What the address asks for: links of the service name the exercise in the query, those of the page behind `#`. */
const wanted = () => Object.fromEntries([...new URLSearchParams(location.search), ...new URLSearchParams(location.hash.slice(1))]);

/** What each role works with, in the order of its work. */
function tabsOf(app) {
  const news = unread(app);
  return {
    facilitator: [["injects", Injects], ["figures", Figures], ["messages", Messages, news], ["alert", Alerts], ["decisions", Decisions], ["score", ScoreSheet], ["people", People], ["briefing", Briefing], ["report", Report]],
    player: [["inbox", Messages, news], ["alert", Alerts], ["decisions", Decisions], ["briefing", Briefing]],
    evaluator: [["score", ScoreSheet], ["injects", Injects], ["messages", Messages, news], ["figures", Figures], ["alert", Alerts], ["decisions", Decisions], ["report", Report]],
    observer: [["messages", Messages, news], ["alert", Alerts], ["decisions", Decisions], ["briefing", Briefing]],
  }[app.me.kind];
}

function View() {
  const app = useApp();
  const jump = (id) => (event) => {
    event.preventDefault();
    document.getElementById(id).focus();
  };
  return html`<a class="skip" href="#panel" onClick=${jump("panel")}>${t("skip.panel")}</a><a class="skip" href="#stage" onClick=${jump("stage")}>${t("skip.map")}</a>
    <${Banner} /><${Head} />
    <main id="panel" tabindex="-1"><${Missed} />
      ${may("clock") && html`<${ClockControls} />`}
      ${may("truth") && app.me.kind === "facilitator" && html`<div class="strip"><${Counters} /></div>`}
      <${Tabs} tabs=${tabsOf(app)} /><${MapTable} /></main>
    <${Stage} />`;
}

function App() {
  const { route, exercise, wantsKey, problem } = useApp();
  if (wantsKey) return html`<${Key} why=${wantsKey} onchange=${begin} />`;
  if (route.join) return html`<${Join} secret=${route.join} onjoined=${joined} />`;
  if (route.exercise && exercise) return route.view === "wall" ? html`<${Wall} />` : html`<${View} />`;
  if (route.exercise) return html`<${Banner} /><${Head} /><main id="panel" class="lobby" tabindex="-1">${problem ? html`<${Missed} />` : html`<p role="status">${t("loading")}</p>`}</main>`;
  return html`<${Lobby} />`;
}

function joined(exercise) {
  // The secret leaves the address, and with it the history of this tab.
  history.replaceState(null, "", `#exercise=${exercise}`);
  begin();
}

let listensTo = null;

async function begin() {
  const route = wanted();
  put({ route });
  document.documentElement.classList.toggle("on-wall", route.view === "wall");
  if (!route.exercise || route.join) return;
  if (listensTo && listensTo !== route.exercise) {
    location.reload(); // one exercise a page: nothing of the other may linger
    return;
  }
  try {
    await open(route.exercise);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401) {
      if (key.get()) key.set("");
      put({ wantsKey: problem });
    } else if (problem.code === "away") setTimeout(begin, 3000);
    put({ problem });
    return;
  }
  if (listensTo) return;
  listensTo = route.exercise;
  put({ problem: null });
  listen();
}

addEventListener("hashchange", begin);
put({ route: wanted(), tab: undefined });
await speak(preferred());
const root = document.getElementById("console");
root.replaceChildren();
render(html`<${App} />`, root);
await begin();
