"""Tables of the page of a gap analysis: rows of people parted by what keeps a warning from them, as bars and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ew4all.report.rounding import people_text, share_text
from ew4all.report.run_words import channel_word
from ew4all.results import OUTSIDE
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ew4all.gap_results import GapBlock, Gaps, GapZone

__all__ = [
    "MOST_ZONES", "channel_table", "extent_table", "facility_table", "partition", "ratio_table", "ways", "zone_table",
]  # fmt: skip

MOST_ZONES: Final = 25
"""Zones that the page lists; the others are in the tables beside it."""

Table = dict[str, Any]
Parts = tuple[tuple[str, str, str], ...]
"""Key of each part in the JSON, its colour on the page, and words for it."""

_GAPS: Final[Parts] = (
    ("reachable", "", "reachable by cell broadcast"),
    ("usage_gap", "fragile", "usage gap: a signal, but no network that broadcasts or no phone for it"),
    ("coverage_gap", "gap", "coverage gap: no mobile signal"),
)  # fmt: skip
_WAYS: Final[Parts] = (
    ("two_or_more", "", "two channels or more"),
    ("one", "fragile", "one only: fragile"),
    ("none", "gap", "no channel"),
)

_ONE: Final[Parts] = (
    ("one", "", "reached by the one channel that is known"),
    ("none", "gap", "not reached"),
)
_COLUMNS: Final = {
    _GAPS: ("people", "reachable", "usage gap", "coverage gap", "left out"),
    _WAYS: ("people", "two or more", "one only", "none", "share of none"),
    _ONE: ("people", "reached", "not reached", "share"),
}


def partition(result: Gaps) -> Table | None:
    """Return everybody, the degraded network, hazards and groups, each parted in three; None where that is not known."""
    if result.total.reachable is None:
        return None
    return {
        "first": "",
        "key": _key(_GAPS),
        "columns": _COLUMNS[_GAPS],
        "rows": [_row(name, block, _GAPS, top=top) for name, block, top in _blocks(result)],
        "left": "",
    }


def ways(result: Gaps) -> Table | None:
    """Return the same people by how many channels reach them; None where there is no channel beside cell broadcast."""
    if len(result.total.by_channel) < 2:
        return None
    return {
        "first": "",
        "key": _key(_WAYS),
        "columns": _COLUMNS[_WAYS],
        "rows": [_row(name, block, _WAYS, top=top) for name, block, top in _blocks(result)],
        "left": "",
    }


def zone_table(result: Gaps) -> Table | None:
    """Return zones, those with most people left out first; None where there are none or nothing is known of them."""
    own = sorted((z for z in result.zones if z.rank is not None), key=lambda z: z.rank or 0)
    if not own:
        return None
    parts = _GAPS
    if result.total.reachable is None:
        parts = _WAYS if len(result.total.by_channel) > 1 else _ONE
    listed = [*own[:MOST_ZONES], *_outside(result.zones)]
    return {
        "first": "Zone, most people left out first",
        "key": _key(parts),
        "columns": _COLUMNS[parts],
        "rows": [_row(zone.name, zone.block, parts) for zone in listed],
        "left": _left(own),
    }


def extent_table(result: Gaps) -> Table | None:
    """Return zones by people, or by square kilometres, where nothing is known of who is left out."""
    if not result.zones or any(z.rank is not None for z in result.zones):
        return None
    if result.total.people is not None:
        return _lived_in(result, result.total.people)
    own = [z for z in result.zones if z.id != OUTSIDE]
    kinds = [t for t in (*TECHNOLOGIES, "any") if t in result.total.covered_km2]
    shown = [*own[:MOST_ZONES], *(z for z in result.zones if z.id == OUTSIDE and z.block.area_km2)]
    rows = []
    for zone in shown:
        whole = zone.block.area_km2 or 0.0
        covered = [zone.block.covered_km2.get(t, 0.0) for t in kinds]
        numbers = [f"{people_text(km2)} ({share_text(km2, whole)})" for km2 in covered]
        rows.append([zone.name, people_text(whole), *numbers])
    heads = [f"{t.upper()} signal, km²" if t != "any" else "any signal, km²" for t in kinds]
    return {"columns": ["Zone", "km²", *heads], "rows": rows, "left": _left(own)}


def _lived_in(result: Gaps, everybody: float) -> Table:
    """Return zones by people, those with most of them in the hazards first."""
    inside = [{z.id: z.block.people or 0.0 for z in h.zones} for h in result.hazards]

    places = {
        kind.kind.replace("_", " "): {z["id"]: z["count"] for z in kind.to_dict().get("zones", ())}
        for kind in result.facilities
    }

    def order(zone: GapZone) -> tuple[float, float]:
        return -sum(by_id[zone.id] for by_id in inside), -(zone.block.people or 0.0)

    own = sorted((z for z in result.zones if z.id != OUTSIDE), key=order)
    rows = []
    for zone in [*own[:MOST_ZONES], *_outside(result.zones)]:
        people = zone.block.people or 0.0
        here = [by_id[zone.id] for by_id in inside]
        rows.append([
            zone.name, people_text(people), share_text(people, everybody),
            *(f"{people_text(n)} ({share_text(n, people)})" if n else "0" for n in here),
            *(f"{by_id.get(zone.id, 0):,}" for by_id in places.values()),
        ])  # fmt: skip
    first = "Zone, most people in a hazard first" if inside else "Zone, most people first"
    names = [*(f"in {hazard.name}" for hazard in result.hazards), *places]
    return {"columns": [first, "people", "of all people", *names], "rows": rows, "left": _left(own)}


def channel_table(result: Gaps) -> Table:
    """Return whom each channel can reach, and with the network degraded."""
    block = result.total
    after = None if result.degraded is None else result.degraded.total
    rows = []
    for name, number in sorted(block.by_channel.items(), key=lambda one: -one[1]):
        row = [channel_word(name), people_text(number), share_text(number, block.people or 0.0)]
        if after is not None:
            then = after.by_channel.get(name, 0.0)
            row += [people_text(then), share_text(then, after.people or 0.0)]
        rows.append(row)
    more = ["network degraded", "share"] if after is not None else []
    return {"columns": ["Channel", "can reach", "share", *more], "rows": rows, "left": ""}


def facility_table(kinds: Sequence[Mapping[str, Any]]) -> Table:
    """Return facilities as gaps.json has them: a column a kind, a row for each signal, channel and hazard that is known."""
    columns: list[tuple[str, int, Mapping[str, Any]]] = []
    for kind in kinds:
        name = kind["kind"].replace("_", " ")
        columns.append((name, kind["count"], kind))
        if "degraded" in kind:
            columns.append((f"{name}, network degraded", kind["count"], kind["degraded"]))
    rows = [["number", *(f"{count:,}" for _, count, _ in columns)]]
    for words, path in _facility_rows(kinds):
        found = [(_at(numbers, path), count) for _, count, numbers in columns]
        rows.append([words, *("" if n is None else _part(n, count) for n, count in found)])
    return {"columns": ["", *(name for name, _, _ in columns)], "rows": rows, "left": ""}


def _facility_rows(kinds: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the words of each row, and the path of its number."""

    def named(key: str) -> list[str]:
        return list(dict.fromkeys(name for kind in kinds for name in kind.get(key, {})))

    for t in (*TECHNOLOGIES, "any"):
        if t in named("signal"):
            yield f"with {'any' if t == 'any' else t.upper()} signal", ("signal", t)
    if named("signal"):
        yield "without any signal", ("signal", "none")
    for name in named("by_channel"):
        word = channel_word(name)
        word = word if word.isupper() or word.startswith("SMS") else word[0].lower() + word[1:]
        yield f"without {word}", ("by_channel", name, "without")
    if named("channels"):
        yield "no channel", ("channels", "none")
        yield "one channel only", ("channels", "one")
        yield "two channels or more", ("channels", "two_or_more")
    for name in named("hazards"):
        yield f"in the hazard {name}", ("hazards", name)


def _at(numbers: Mapping[str, Any], path: Sequence[str]) -> int | None:
    found: Any = numbers
    for key in path:
        found = found.get(key, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, int) else None


def _part(number: int, whole: int) -> str:
    return f"{number:,} ({share_text(number, whole)})" if number else "0"


def ratio_table(groups: Sequence[Mapping[str, Any]]) -> Table:
    """Return groups by the share of them who are left out over that of everybody, the worst first."""
    ordered = sorted(groups, key=lambda one: -one["ratio"])
    rows = [[g["name"], f"{g['ratio']:.2f}"] for g in ordered]
    columns = ["Group", "share left out, everybody = 1"]
    return {"columns": columns, "rows": rows, "left": ""}


def _blocks(result: Gaps) -> list[tuple[str, GapBlock, bool]]:
    """Return names, blocks, and whether a row begins a new part of the table."""
    rows = [("Everybody", result.total, False)]
    if result.degraded is not None:
        rows.append(("Everybody, network degraded", result.degraded.total, False))
    for k, hazard in enumerate(result.hazards):
        rows.append((f"In the hazard: {hazard.name}", hazard.block, k == 0))
        if result.degraded is not None:
            rows.append((f"{hazard.name}, network degraded", result.degraded.hazards[k].block, False))  # fmt: skip
    for k, group in enumerate(result.groups):
        rows.append((group.name, group.block, k == 0))
    return [row for row in rows if row[1] is result.total or row[1].people]


def _row(name: str, block: GapBlock, parts: Parts, *, top: bool = False) -> dict[str, Any]:
    whole = block.people or 0.0
    found = block.to_dict()
    numbers = {**found, **found.get("channels", {})}
    values = [float(numbers[key]) for key, _, _ in parts]
    left = (block.left_out if parts is _GAPS else block.none) or 0.0
    bars, said = [], []
    if whole > 0.0:
        for (_, colour, words), value in zip(parts, values, strict=True):
            bars.append({"colour": colour, "width": f"{100.0 * value / whole:.3f}"})
            said.append(f"{words.partition(':')[0]} {share_text(value, whole)}")
    return {
        "name": name,
        "top": top,
        "parts": bars,
        "said": ", ".join(said),
        "numbers": [people_text(whole), *(people_text(v) for v in values), share_text(left, whole)],
    }


def _key(parts: Parts) -> list[dict[str, str]]:
    return [{"colour": colour, "words": words} for _, colour, words in parts]


def _outside(zones: Sequence[GapZone]) -> list[GapZone]:
    return [z for z in zones if z.id == OUTSIDE and (z.block.people or 0.0) >= 0.5]


def _left(own: Sequence[Any]) -> str:
    more = len(own) - MOST_ZONES
    return f"{more} more zones are in zones.csv and zones.gpkg." if more > 0 else ""
