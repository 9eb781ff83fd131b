"""What is measured of one played run or replica: arrays by name, which `ew4all.run_ensemble.replicate` keeps of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.run_results import CHANNEL_KEYS, LEAD_EDGES_S, PEOPLE_KEYS, REASONS, TIME_SHARES
from ew4all.sim.in_time import acted, lead_times
from ew4all.sim.protective_action import Response
from ew4all.sim.records import KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.run_plan import RunPlan
    from ew4all.run_study import Played, Prepared

    F64 = NDArray[np.float64]

__all__ = ["MOST_CURVE_VALUES", "measure", "measure_replica", "missed_by_reason"]

MOST_CURVE_VALUES: Final = 60_000
"""Values of the curves of a replica by zone and channel: beyond it they are kept for the whole alone. A thousand replicas then
take less than a gigabyte."""


def measure(plan: RunPlan, prepared: Prepared, played: Played) -> dict[str, Any]:
    """Measure a run; see the attributes of `ew4all.run_results.RunResults` for what is what."""
    return _measured(plan, prepared, played, np.inf)


def measure_replica(plan: RunPlan, prepared: Prepared, played: Played) -> dict[str, Any]:
    """Measure one of many replicas: curves in single precision, and by channel not in every zone where those are many."""
    found = _measured(plan, prepared, played, MOST_CURVE_VALUES)
    small = {name: value.astype(np.float32) for name, value in found.items() if _is_curve(name)}
    return found | small


def missed_by_reason(prepared: Prepared, played: Played, from_s: float, until_s: float) -> F64:
    """Return the people of each row whom nothing warned, by `REASONS`, at risk or not. Shape (rows, reasons)."""
    rows, service, losses = prepared.world.rows, prepared.world.service, played.losses
    ends = np.append(service.start_s[1:], np.inf)
    during = (service.start_s <= until_s) & (ends > from_s)
    has = service.technology >= 0
    ever = np.any(has[:, during], axis=1)[rows.service]
    if not has.any():
        ever[:] = True  # nobody knows of a network
    silent = losses.lost[:, 0]
    outside = np.where(rows.in_area, 0.0, silent)
    unserved = np.where(rows.in_area & ~ever, silent, 0.0)
    on_air = silent - outside - unserved
    found: F64 = np.column_stack([outside, unserved, on_air, losses.lost[:, 1:]])
    return found


def _measured(
    plan: RunPlan, prepared: Prepared, played: Played, most_values: float
) -> dict[str, Any]:
    bins, totals, world = prepared.bins, played.totals, prepared.world
    zones, groups, risk = len(world.zones), len(world.groups), bins.at_risk
    issued_s = _issued_s(played)
    since_s = plan.from_s if np.isnan(issued_s) else issued_s
    warned = np.maximum(0.0, played.people - totals.none)
    columns = {
        "total": played.people,
        "at_risk": np.where(risk, played.people, 0.0),
        "in_area": np.where(bins.in_area, played.people, 0.0),
        "at_risk_in_area": np.where(risk & bins.in_area, played.people, 0.0),
        "warned": np.where(risk, warned, 0.0),
        "in_time": np.minimum(played.in_time, np.where(risk, warned, 0.0)),
        "missed": np.where(risk, played.people - warned, 0.0),
        "over_reach": np.where(bins.in_area, 0.0, warned),
    }
    by_bin: F64 = np.column_stack([columns[key] for key in PEOPLE_KEYS])
    reasons = missed_by_reason(prepared, played, since_s, plan.until_s)
    lost: F64 = np.column_stack(
        [np.bincount(prepared.bin_of, reasons[:, k], len(bins)) * risk for k in range(len(REASONS))]
    ).astype(np.float64)
    whole, whole_lost = by_bin.sum(axis=0), lost.sum(axis=0)
    out: dict[str, Any] = {"issued_s": np.array(issued_s)}
    for name, of in (("people", by_bin), ("lost", lost)):
        out[f"{name}_whole"] = of.sum(axis=0)
        out[f"{name}_zone"] = _sums(of, bins.zone, zones)
        out[f"{name}_group"] = _sums(of, bins.group, groups)
    at_risk, in_time = (whole[PEOPLE_KEYS.index(key)] for key in ("at_risk", "in_time"))
    out["waterfall"] = np.concatenate([[at_risk], at_risk - np.cumsum(whole_lost), [in_time]])
    # Who was warned by which is expected of a row; drawn people share it, so that the parts add up to the warned.
    parts = totals.only.sum(axis=1) + totals.several
    part = warned / np.where(parts > 0.0, parts, 1.0)
    found = {
        "alerted": totals.alerted, "reached": totals.reached, "warned": totals.noticed,
        "first": totals.first, "only": totals.only * part[:, None],
    }  # fmt: skip
    out["by_channel"] = np.stack([found[key][risk].sum(axis=0) for key in CHANNEL_KEYS], axis=1)
    out["several"] = np.array((totals.several * part)[risk].sum())
    return out | _over_time(plan, prepared, played, issued_s, at_risk, most_values)


def _over_time(
    plan: RunPlan,
    prepared: Prepared,
    played: Played,
    issued_s: float,
    at_risk: float,
    most_values: float,
) -> dict[str, Any]:
    bins, zones = prepared.bins, len(prepared.world.zones)
    # Every point for what is worked out here; for curves those that all replicas have.
    curves, fine_s = played.curves.common(), np.asarray(played.curves.time_s, np.float64)
    shared, time_s = np.array(played.curves.shared), np.asarray(curves.time_s, np.float64)
    warned_bin = np.where(bins.at_risk, played.people - played.curves.stack("none"), 0.0)
    by_zone = np.maximum.accumulate(_by_zone(warned_bin, bins.zone, zones), axis=0)
    response = plan.response or Response.of(plan.audience)
    out = {
        "time_s": time_s,
        "curve_warned": _with_whole(by_zone[shared]),
        "curve_acted": _with_whole(acted(fine_s, by_zone, response)[shared]),
        "lead": lead_times(fine_s, warned_bin, bins.arrival_s, LEAD_EDGES_S).sum(axis=1),
    }
    come = np.where(bins.at_risk, played.people, 0.0)
    out["curve_arrived"] = (bins.arrival_s[None, :] <= time_s[:, None]) @ come[:, None]
    each = zones * len(played.channels) * time_s.size <= most_values
    for stage in ("alerted", "reached", "noticed"):
        people = np.where(bins.at_risk[:, None], curves.stack(stage), 0.0)
        if each:
            out[f"curve_{stage}"] = _with_whole(_by_zone(people, bins.zone, zones))
        else:
            out[f"curve_{stage}"] = people.sum(axis=1, keepdims=True)
    whole = by_zone.sum(axis=1)
    out["times_s"] = np.array([_first(fine_s, whole, s * at_risk) for s in TIME_SHARES]) - issued_s
    return out


def _issued_s(played: Played) -> float:
    sent = {KINDS.index("issue"), KINDS.index("update")}
    times = [
        t for t, kind in zip(played.events.time_s, played.events.kind, strict=True) if kind in sent
    ]
    return min(times, default=np.nan)


def _first(time_s: F64, people: F64, wanted: float) -> float:
    """Return when a curve that never falls is at a number, straight between ticks; infinite where never."""
    if wanted <= 0.0:
        return np.nan
    k = int(np.searchsorted(people, wanted * (1.0 - 1e-12)))
    if k == people.size:
        return np.inf
    if k == 0:
        return float(time_s[0])
    part = (wanted - people[k - 1]) / (people[k] - people[k - 1])
    return float(time_s[k - 1] + min(1.0, part) * (time_s[k] - time_s[k - 1]))


def _sums(values: F64, of: NDArray[np.int32], count: int) -> F64:
    out = np.zeros((count, values.shape[1]))
    np.add.at(out, of, values)
    return out


def _by_zone(values: F64, zone: NDArray[np.int32], zones: int) -> F64:
    """Add the second axis, bins, up by zone."""
    member = np.zeros((zone.size, zones))
    member[np.arange(zone.size), zone] = 1.0
    found: F64 = np.moveaxis(np.tensordot(values, member, axes=(1, 0)), -1, 1)
    return found


def _with_whole(values: F64) -> F64:
    return np.concatenate([values, values.sum(axis=1, keepdims=True)], axis=1)


def _is_curve(name: str) -> bool:
    return name.startswith("curve_")
