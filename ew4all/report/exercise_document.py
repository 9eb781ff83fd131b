"""The report after an exercise as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ew4all.report.document import Bullets, Document, Figure, Paragraph, Section, Table
from ew4all.report.exercise_figures import chart_timeline, chart_warned, map_areas
from ew4all.report.rounding import people_text, share_text
from ew4all.report.run_words import LOSS_WORDS, clock_text, duration_text
from ew4all.run_results import REASONS
from ew4all.sim.exercise import marked
from ew4all.sim.exercise_events import AlertIssued, AlertUpdated

if TYPE_CHECKING:
    from typing import Any

    from ew4all.exercises.after_action import AfterAction
    from ew4all.exercises.what_if import WhatIf

__all__ = ["KIND_WORDS", "report_of", "score_words"]

KIND_WORDS: Final = {
    "started": "begins", "paused": "clock stops", "resumed": "clock goes on", "speed_changed": "speed changes", "stepped": "step",
    "jumped": "jump", "ended": "ends", "inject_fired": "inject", "inject_held": "inject held", "inject_edited": "inject edited",
    "inject_skipped": "inject skipped", "inject_undone": "inject taken back", "alert_drafted": "alert drafted",
    "alert_approved": "alert approved", "alert_issued": "alert issued", "alert_updated": "alert updated",
    "alert_cancelled": "alert cancelled", "sirens_ordered": "sirens", "power_requested": "power asked for",
    "satellite_requested": "satellite kits asked for", "roaming_requested": "roaming asked for",
    "request_refused": "request refused", "message_sent": "message", "expected": "expected",
}  # fmt: skip
"""Kinds of events as a table calls them."""

_EMPTY_LESSONS: Final = 6
_SCORE_WORDS: Final = {
    "met": "in time", "late": "too late", "missed": "not done", "open": "still open", "waiting": "its inject did not fire",
    "early": "done before it was expected, to be judged", "judged": "by an evaluator",
}  # fmt: skip
_LIMITS: Final = (
    "People warned are those of the simulation, given what was decided in the exercise; nobody was warned in fact.",
    "A counterfactual moves one thing and leaves what people did afterwards as it was: with another alert they would have done other things.",
    "Planned times of injects are those of the exercise as it was written; those that wait for a condition or a decision have none.",
    "Conditions of expectations are looked at every 30 s of exercise time.",
)


def report_of(found: AfterAction) -> Document:
    """Return the document."""
    results, exercise = found.results, found.session.exercise
    end = duration_text(found.session.log.last_s)
    return Document(
        title=f"{results.title}: report",
        subtitle="What happened, what it would have meant for people, and what to learn from it",
        sections=(
            _summary(found),
            _timeline(found),
            _alerts(found),
            _warned(found),
            _missed(found),
            _what_if(found),
            _scores(found),
            _lessons(found),
            Section("Limits and notes", (Bullets((*_LIMITS, *results.notes)),)),
        ),
        notice=results.notice,
        about=(
            f"Exercise {exercise.identifier}, scenario {exercise.scenario}; {end} of exercise time were played.",
            f"Made by ew4all {results.version} from the log of the exercise; the same log gives the same report.",
        ),
        attribution=results.attribution,
        version=results.version,
        language="en",
    )


def score_words(score: dict[str, Any]) -> str:
    """Return how an expectation stands, in words."""
    if score["state"] == "missed" and score["is_judged"]:
        return "not judged"
    return _SCORE_WORDS[score["state"]]


def _summary(found: AfterAction) -> Section:
    count = {
        k: float(found.results.count(k).mean)
        for k in ("at_risk", "warned", "in_time", "missed", "over_reach")
    }
    risk = count["at_risk"]
    # Where nothing comes nobody is at risk, and nobody in time for it.
    has_hazard = found.results.lead is not None
    in_time = (
        f", {people_text(count['in_time'])} ({share_text(count['in_time'], risk)}) in time to act"
    )
    lead = (
        f"Of {people_text(risk)} people{' at risk' if has_hazard else ''}, {people_text(count['warned'])} "
        f"({share_text(count['warned'], risk)}) would have been warned{in_time if has_hazard else ''}; "
        f"{people_text(count['missed'])} would have been missed."
    )
    said = [
        f"{number(found.scores['points'])} of {number(found.scores['most'])} points were scored."
    ]
    late = [
        r
        for r in found.rows
        if r.delay_s is not None and r.delay_s > 0.0 and r.kind not in ("inject_fired",)
    ]
    if late:
        worst = max(late, key=lambda r: r.delay_s or 0.0)
        said.append(
            f"The longest delay of a decision: {KIND_WORDS.get(worst.kind, worst.kind)} ({worst.words}), "
            f"{duration_text(worst.delay_s or 0.0)} after it was expected."
        )
    never = [
        r.words.removeprefix("not done from then on: ") for r in found.rows if r.kind == "expected"
    ]
    if never:
        said.append(f"Expected and not done: {'; '.join(dict.fromkeys(never))}.")
    played = [one for one in found.what_ifs if one.people]
    best = max(played, key=lambda one: one.less["in_time"], default=None)
    if best is not None and best.less["in_time"] >= 1.0:
        said.append(
            f"Most would have changed: {_lower(best.words)}; {people_text(best.less['in_time'])} more people warned"
            f"{' in time' if has_hazard else ''}."
        )
    return Section("Summary", (Paragraph(lead, "lead"), Bullets(tuple(said))))


def _timeline(found: AfterAction) -> Section:
    rows = []
    for row in found.rows:
        delay = row.delay_s
        rows.append(
            (
                clock(found, row.time_s), clock(found, row.planned_s), "" if delay is None else _delay(delay, is_inject=row.kind == "inject_fired"),
                KIND_WORDS.get(row.kind, row.kind), row.who, row.words.replace("_", " ") if row.kind.startswith("alert") else row.words,
            )
        )  # fmt: skip
    chart = Figure(
        "What happened when, and when it was planned or expected",
        chart_timeline(found),
        "Injects, alerts, requests and messages along the time of the scenario; the table below holds the same times.",
    )
    table = Table(
        "Timeline",
        ("time", "planned or by", "delay", "what", "who", "which"),
        tuple(rows),
        align="llllll",
        widths=(0.09, 0.1, 0.13, 0.16, 0.19, 0.33),
        note="Times of day of the scenario. Of a decision: by when an expectation of the exercise has it; of an inject: when the plan has it. "
        "Without a time: it was expected and did not happen.",
    )
    return Section("Timeline against the plan", (chart, table))


def _alerts(found: AfterAction) -> Section:
    teams = {team.identifier: team.name for team in found.session.exercise.teams}
    rows = []
    for event in found.session.log:
        p = event.payload
        if not isinstance(p, AlertIssued | AlertUpdated):
            continue
        channels = ", ".join(name.replace("_", " ") for name in p.content.channels) or "all"
        about = f"{p.alert}, {KIND_WORDS[event.kind].removeprefix('alert ')}"
        who = teams.get(event.who.team or "", event.who.team or event.who.role)
        rows += [
            (clock(found, event.time_s), about, who, channels, words.language, marked(words.text))
            for words in p.content.words
        ]
    if not rows:
        return Section("Alerts and their texts", (Paragraph("No alert was issued."),))
    table = Table(
        "Alerts and their texts",
        ("time", "alert", "of whom", "channels", "language", "text"),
        tuple(rows),
        align="llllll",
        widths=(0.08, 0.12, 0.15, 0.17, 0.1, 0.38),
        note="Each with the status Exercise; messages.csv has them as they were sent by cell broadcast.",
    )
    return Section("Alerts and their texts", (table,))


def _warned(found: AfterAction) -> Section:
    chart = Figure(
        "People warned over time, and what was decided",
        chart_warned(found),
        f"Share of the people at risk who were warned: {share_text(float(found.results.count('warned').mean), float(found.results.count('at_risk').mean))} at the end.",
    )
    rows = tuple(
        (
            z.zone, people_text(z.at_risk), people_text(z.warned), share_text(z.warned, z.at_risk), people_text(z.in_time),
            "never" if z.half_s is None else clock(found, z.half_s),
        )
        for z in found.zones
    )  # fmt: skip
    table = Table(
        "Who was warned when",
        ("zone", "at risk", "warned", "share", "in time", "half were warned by"),
        rows,
    )
    return Section("Who was warned when", (chart, table))


def _missed(found: AfterAction) -> Section:
    results = found.results
    risk = float(results.count("at_risk").mean)
    lost = results.lost["whole"].mean
    late = float(results.count("warned").mean) - float(results.count("in_time").mean)
    rows = [
        (LOSS_WORDS[r], people_text(float(lost[k])), share_text(float(lost[k]), risk))
        for k, r in enumerate(REASONS)
    ]
    rows.append((LOSS_WORDS["too_late"], people_text(late), share_text(late, risk)))
    blocks: list[Any] = [
        Table(
            "Missed, or warned too late, and why",
            ("reason", "people", "of those at risk"),
            tuple(rows),
            widths=(0.64, 0.16, 0.2),
        )
    ]
    picture = map_areas(found)
    if picture is not None:
        blocks.append(
            Figure(
                "Alert areas and missed people",
                picture,
                "Map of the zones with their missed people; the numbers are in the table.",
            )
        )
    blocks.append(
        Table(
            "Missed people by zone",
            ("zone", "missed", "of those at risk", "most of them"),
            tuple(
                (
                    z.zone,
                    people_text(z.missed),
                    share_text(z.missed, z.at_risk),
                    LOSS_WORDS[z.reason] if z.reason else "",
                )
                for z in found.zones
            ),
            align="lrrl",
            widths=(0.26, 0.14, 0.16, 0.44),
        )
    )
    return Section("Who was missed, and why", tuple(blocks))


def _what_if(found: AfterAction) -> Section:
    if not found.what_ifs:
        said = (
            "No alert was sent, or counterfactuals were not asked for; there is nothing to compare."
        )
        return Section("What if", (Paragraph(said),))
    count = {
        k: float(found.results.count(k).mean) for k in ("warned", "in_time", "missed", "over_reach")
    }
    rows = [("As it was played", *(people_text(count[k]) for k in count), "")]
    rows += [_what_if_row(one, tuple(count)) for one in found.what_ifs]
    table = Table(
        "The exercise, and the same with one thing otherwise",
        ("", "warned", "in time", "missed", "over-reach", "in time, difference"),
        tuple(rows),
        widths=(0.36, 0.12, 0.12, 0.12, 0.13, 0.15),
        note="People at the end of the exercise; over-reach: warned outside every alert area.",
    )
    notes = [f"{one.words}: {note}" for one in found.what_ifs for note in one.notes]
    return Section("What if", (table, *((Bullets(tuple(notes)),) if notes else ())))


def _what_if_row(one: WhatIf, keys: tuple[str, ...]) -> tuple[str, ...]:
    if not one.people:
        return (one.words, *("–" for _ in keys), "not played")
    more = one.less["in_time"]
    sign = "±0" if abs(more) < 1.0 else f"{'+' if more > 0 else '−'}{people_text(abs(more))}"
    return (one.words, *(people_text(max(0.0, one.people[k])) for k in keys), sign)


def _scores(found: AfterAction) -> Section:
    objectives = tuple(
        (o["title"], number(o["points"]), number(o["most"])) for o in found.scores["objectives"]
    )
    teams = {team.identifier: team.name for team in found.session.exercise.teams}
    rows = tuple(
        (
            s["text"], teams.get(s["team"] or "", "all"), clock(found, s["due_s"]), clock(found, s["met_s"]),
            score_words(s) + (f": {s['comment']}" if s["comment"] else ""),
            f"{'–' if s['points'] is None else number(s['points'])} of {number(s['most'])}",
        )
        for s in found.scores["scores"]
    )  # fmt: skip
    open_ = [s for s in found.scores["scores"] if s["points"] is None]
    said = f"{number(found.scores['points'])} of {number(found.scores['most'])} points."
    if open_:
        said += f" {len(open_)} of {len(rows)} expectations have no score: an evaluator judges them, or their inject did not fire."
    return Section(
        "Objectives and scores",
        (
            Paragraph(said),
            Table(
                "Objectives", ("objective", "points", "most"), objectives, widths=(0.7, 0.15, 0.15)
            ),
            Table(
                "Expectations",
                ("expected", "of whom", "by", "done", "result", "points"),
                rows,
                align="lllllr",
                widths=(0.34, 0.15, 0.1, 0.1, 0.2, 0.11),
            ),
        ),
    )


def _lessons(found: AfterAction) -> Section:
    rows = [(text, by, "", "", "") for by, text in found.lessons]
    rows += [("\u00a0", "", "", "", "")] * max(1, _EMPTY_LESSONS - len(rows))
    blocks: list[Any] = [
        Paragraph(
            "To be filled in by those who took part: what was seen, what is to change, who does it and by when."
        ),
        Table(
            "Lessons",
            ("observation", "from", "what is to change", "who", "by when"),
            tuple(rows),
            align="lllll",
            widths=(0.34, 0.14, 0.28, 0.12, 0.12),
        ),
    ]
    if found.notes:
        blocks.append(Bullets(tuple(f"{by}: {text}" for by, text in found.notes)))
    return Section("Lessons", tuple(blocks))


def clock(found: AfterAction, time_s: float | None) -> str:
    """Return an exercise time as the scenario's time of day; empty for none."""
    worlds = found.session.worlds
    return "" if time_s is None else clock_text(worlds.plan.zero_hour, worlds.start_s + time_s)


def number(value: float) -> str:
    """Return points: without a fraction where there is none."""
    return f"{value:g}"


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]


def _delay(seconds: float, *, is_inject: bool) -> str:
    if not is_inject and seconds <= 0.0:
        return "in time"
    if round(seconds) == 0:
        return "on time"
    return f"{duration_text(abs(seconds))} {'late' if seconds > 0 else 'early'}"
