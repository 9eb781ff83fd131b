"""What a run found, for a terminal of 80 columns; and two runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.console import Group
from rich.text import Text

from ew4all.report.rounding import people_text, share_text
from ew4all.report.run_words import LOSS_WORDS, STEP_WORDS, channel_word, duration_text
from ew4all.report.terminal_table import add_row, notes_below, titled_table
from ew4all.run_results import PEOPLE_KEYS, TIME_SHARES

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ew4all.run_comparison import Comparison
    from ew4all.run_results import RunResults, Stats

__all__ = ["comparison_table", "run_table"]

_ROWS = (
    ("at_risk", "People at risk"),
    ("warned", "Warned"),
    ("in_time", "Warned in time"),
    ("missed", "Missed"),
    ("over_reach", "Warned outside the warning area"),
)
_MOST_ZONES = 20


def run_table(results: RunResults) -> RenderableType:
    """Return the tables of a run: people, channels, the waterfall, zones, notes."""
    at_risk = float(results.count("at_risk").mean)
    parts: list[RenderableType] = []
    if results.notice:
        parts.append(Text(results.notice.upper(), style="bold red"))
    several = results.replicas > 1
    columns = ["", "people", "of those at risk", *(["5 to 95 %"] if several else [])]
    table = titled_table(results.title, columns)
    for key, words in _ROWS:
        stats = results.count(key)
        share = "" if key == "over_reach" else share_text(float(stats.mean), at_risk)
        add_row(
            table,
            words,
            people_text(float(stats.mean)),
            share,
            *([_band(stats)] if several else []),
        )
    parts += [table, _times(results), _channels(results), _waterfall(results)]
    if len(results.zones) > 1:
        parts.append(_zones(results))
    return Group(*parts, *notes_below(results.notes))


def comparison_table(found: Comparison) -> RenderableType:
    """Return two runs side by side and their difference."""
    first, second = found.runs
    columns = ["", "A", "B", "B less A", *(["5 to 95 %"] if found.replicas > 1 else [])]
    table = titled_table(None, columns)

    def row(words: str, a: float, b: float, less: Stats) -> None:
        band = [f"{_signed(float(less.p05))} to {_signed(float(less.p95))}"]
        add_row(
            table, words, people_text(a), people_text(b), _signed(float(less.mean)), *(band if found.replicas > 1 else [])
        )  # fmt: skip

    for key, words in _ROWS:
        row(words, float(first.count(key).mean), float(second.count(key).mean), found.less(key))
    for name in found.channels:
        a, b = (
            float(one.channel(name, "warned").mean) if name in one.channels else 0.0
            for one in found.runs
        )
        row(f"by {channel_word(name)}", a, b, found.less_by_channel(name))
    for k, share in enumerate(TIME_SHARES):
        a, b = (float(one.times_s[k]) for one in found.runs)
        gap = b - a if np.isfinite(a) and np.isfinite(b) else np.nan
        said = "" if not np.isfinite(gap) else f"{'-' if gap < 0 else '+'}{duration_text(abs(gap))}"
        words = f"until {share:.0%} are warned".replace("%", " %")
        add_row(
            table, words, duration_text(a), duration_text(b), said, *([""] if found.replicas > 1 else [])
        )  # fmt: skip
    names = Text(f"A: {first.title}\nB: {second.title}", style="bold")
    notices = dict.fromkeys(one.notice for one in found.runs if one.notice)
    return Group(*(Text(n.upper(), style="bold red") for n in notices), names, table)


def _times(results: RunResults) -> RenderableType:
    if not np.isfinite(results.issued_s):
        return Text("No alert was sent before the end of the run.")
    said = [
        f"{share:.0%} {duration_text(float(after))}".replace("%", " %")
        for share, after in zip(TIME_SHARES, results.times_s, strict=True)
    ]
    return Text(
        f"From the alert until that share of the people at risk is warned: {', '.join(said)}"
    )


def _channels(results: RunResults) -> RenderableType:
    table = titled_table(None, ["Channel", "on air", "reached", "warned", "first", "only this"])
    for name, numbers in zip(results.channels, results.by_channel.mean, strict=True):
        add_row(table, channel_word(name), *(people_text(float(n)) for n in numbers))
    add_row(table, "two or more", "", "", people_text(float(results.several.mean)), "", "")
    return table


def _waterfall(results: RunResults) -> RenderableType:
    table = titled_table(None, ["Left", "people", "lost", "why"])
    table.columns[-1].justify = "left"
    table.columns[-1].no_wrap = False
    for (step, people, lost), why in zip(results.falls(), ("", *LOSS_WORDS.values()), strict=True):
        fell = people_text(max(0.0, lost)) if why else ""
        add_row(table, STEP_WORDS[step], people_text(max(0.0, people)), fell, why)
    return table


def _zones(results: RunResults) -> RenderableType:
    table = titled_table(None, ["Zone", "at risk", "warned", "in time", "missed"])
    keys = [PEOPLE_KEYS.index(k) for k in ("at_risk", "warned", "in_time", "missed")]
    counts = results.people["zone"].mean[:, keys]
    order = np.argsort(-counts[:, -1], kind="stable")
    shown = [k for k in order if counts[k, 0] >= 0.5]
    for k in shown[:_MOST_ZONES]:
        at_risk, warned, in_time, missed = counts[k].tolist()
        add_row(
            table, results.zones[k].name, people_text(at_risk), share_text(warned, at_risk),
            share_text(in_time, at_risk), people_text(missed),
        )  # fmt: skip
    if len(shown) > _MOST_ZONES:
        add_row(table, f"... and {len(shown) - _MOST_ZONES} more", "", "", "", "")
    return table


def _band(stats: Stats) -> str:
    return f"{people_text(float(stats.p05))} to {people_text(float(stats.p95))}"


def _signed(people: float) -> str:
    if abs(people) < 0.5:
        return "0"
    return f"{'-' if people < 0 else '+'}{people_text(abs(people))}"
