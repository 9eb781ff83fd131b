"""What each role is told: filters on states, events and documents, by what may pass and never by what may not.

What the engine answers holds everything. A facilitator and an evaluator get it as it is. For the others a new thing is built of the
fields that are named here: a field that somebody adds later is not theirs until it is named, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ew4all.api.exercises.invitations import Seat

__all__ = ["PUBLIC", "View", "changed", "view_of"]

PUBLIC: Final = frozenset({"issued", "updated", "cancelled", "expired"})
"""States of alerts that everybody knows of."""
_LATE: Final = frozenset({"issue_alert", "update_alert", "cancel_alert", "order_sirens"})
"""Decisions that everybody sees the outcome of."""

_CLOCK: Final = (
    "state", "time_s", "speed", "at", "reason", "length_s", "discussion_s", "ends_at", "start", "seq", "do", "by",
)  # fmt: skip
_ALERT: Final = (
    "id", "version", "state", "team", "hazard", "headline", "contents", "languages", "channels", "national", "area", "duration_s",
    "status", "message_identifiers", "pages", "drafted_s", "approved_s", "issued_s", "cancelled_s", "expires_s", "links",
)  # fmt: skip
_DECISION: Final = (
    "id", "seq", "kind", "team", "by", "time_s", "at", "state", "effect_s", "zone", "zones", "number", "note", "alert", "area",
    "duration_s", "request",
)  # fmt: skip
_MESSAGE: Final = (
    "id", "seq", "time_s", "at", "from", "to", "channel", "title", "text", "attachments", "reply_to", "is_inject", "withdrawn", "read_by",
)  # fmt: skip
_ENTRY: Final = ("seq", "time_s", "at", "by")
_NETWORK: Final = ("reported_s", "sites", "sites_out", "sites_on_battery", "mains_out")
_ZONE: Final = ("id", "sites", "sites_out", "mains_out")
_CELL: Final = ("site", "operator", "technologies", "state", "zone")
_LAYERS: Final = ("alerts", "cells", "people", "zones")
_PREVIEW: Final = ("status", "texts", "area", "channels", "people", "can_issue", "took_ms")


@dataclass(frozen=True)
class View:
    """What somebody may see; the same for all who have the same role and team.

    Attributes
    ----------
    role, team
        Those of the seat; a team is of a player's only.
    """

    role: str
    team: str | None = None

    @property
    def has_truth(self) -> bool:
        """Whether nothing is held back."""
        return self.role in {"facilitator", "evaluator"}

    def state(self, whole: Mapping[str, Any]) -> dict[str, Any]:
        """Return the state of an exercise."""
        if self.has_truth:
            return {
                **{k: v for k, v in whole.items() if k not in {"reported", "boxes", "changed"}},
                "geo": {**whole["geo"], "alerts": _alerts_tag(whole, whole["alerts"])},
            }
        reported = whole["reported"]
        alerts = [a for a in whole["alerts"] if self.sees_alert(a)]
        box = whole["messages"] if self.role == "observer" else whole["boxes"].get(self.team, {})
        return {
            "seq": whole["seq"], "phase": whole["phase"], "clock": _only(whole["clock"], _CLOCK),
            "network": _only(reported["network"], _NETWORK), "zones": [_only(z, _ZONE) for z in reported["zones"]],
            "alerts": [_only(a, _ALERT) for a in alerts],
            "decisions": [self.decision(d) for d in whole["decisions"] if self.sees_decision(d)],
            "messages": {name: box.get(name, 0) for name in ("last", "count")},
            "geo": _only({**whole["geo"], **reported["geo"], "alerts": _alerts_tag(whole, alerts)}, _LAYERS),
        }  # fmt: skip

    def event(self, told: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the data of an event of the log; None where it is not for this view.

        Parameters
        ----------
        told
            ``event``, ``data``, and ``for``: ``roles``, and ``teams``, which is a list or ``all``.
        """
        data: Mapping[str, Any] = told["data"]
        if self.has_truth:
            return dict(data)
        for_ = told["for"]
        if self.role == "player":
            teams = for_.get("teams", ())
            if teams != "all" and self.team not in teams:
                return None
        elif self.role not in for_.get("roles", ()):
            return None
        kind = told["event"]
        head = _only(data, _ENTRY)
        if kind == "clock":
            return _only(data, _CLOCK)
        if kind == "message":
            if data["message"]["from"]["team"] is None:
                # An inject, or whoever a facilitator seems to be: the hand behind it is not theirs to know.
                head.pop("by", None)
            return {**head, "message": _only(data["message"], _MESSAGE)}
        if kind == "alert":
            return {**head, "alert": _only(data["alert"], _ALERT)}
        if kind == "decision":
            return {**head, "decision": self.decision(data["decision"])}
        return None

    def sees_alert(self, alert: Mapping[str, Any]) -> bool:
        """Say whether an alert is theirs to see: drafts are the team's own."""
        return self.role != "player" or alert["state"] in PUBLIC or alert.get("team") == self.team

    def sees_decision(self, decision: Mapping[str, Any]) -> bool:
        """Say whether a decision is theirs to see."""
        return (
            self.role != "player" or decision["kind"] in _LATE or decision.get("team") == self.team
        )

    def sees_message(self, message: Mapping[str, Any]) -> bool:
        """Say whether a message is in a box that they may open."""
        if self.role != "player":
            return True
        return not message["to"] or self.team in (*message["to"], message["from"].get("team"))

    def clock(self, whole: Mapping[str, Any]) -> dict[str, Any]:
        """Return the clock."""
        return dict(whole) if self.has_truth else _only(whole, _CLOCK)

    def alert(self, whole: Mapping[str, Any]) -> dict[str, Any]:
        """Return an alert."""
        return dict(whole) if self.has_truth else _only(whole, _ALERT)

    def decision(self, whole: Mapping[str, Any]) -> dict[str, Any]:
        """Return a decision."""
        if self.has_truth:
            return dict(whole)
        out = _only(whole, _DECISION)
        if isinstance(out.get("alert"), dict):
            out["alert"] = _only(out["alert"], _ALERT)
        return out

    def message(self, whole: Mapping[str, Any]) -> dict[str, Any]:
        """Return a message."""
        return dict(whole) if self.has_truth else _only(whole, _MESSAGE)

    def preview(self, whole: Mapping[str, Any]) -> dict[str, Any]:
        """Return a preview."""
        return dict(whole) if self.has_truth else _only(whole, _PREVIEW)

    def layer(self, name: str) -> str | None:
        """Return the name by which the engine is asked for a layer of the map; None where it is not for this view."""
        if self.has_truth:
            return name
        if name not in _LAYERS:
            return None
        return "reported_cells" if name == "cells" else name

    def features(self, name: str, collection: Mapping[str, Any]) -> dict[str, Any]:
        """Return features of a layer."""
        if self.has_truth or name in {"people", "zones"}:
            return dict(collection)
        kept = []
        for one in collection["features"]:
            if name == "cells":
                kept.append({**one, "properties": _only(one["properties"], _CELL)})
            elif self.sees_alert(one["properties"]):
                kept.append({**one, "properties": _only(one["properties"], _ALERT)})
        return {**collection, "features": kept}


def view_of(seat: Seat) -> View:
    """Return what a seat may see."""
    return View(seat.role, seat.team if seat.role == "player" else None)


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of a state that are another than before; of a list with identifiers the entries that are another."""
    out: dict[str, Any] = {}
    for name, value in after.items():
        old = before.get(name)
        if old == value:
            continue
        if (
            isinstance(value, list)
            and isinstance(old, list)
            and _have_names(value)
            and _have_names(old)
        ):
            known = {_name(one): one for one in old}
            value = [one for one in value if known.get(_name(one)) != one]
        out[name] = value
    return out


def _alerts_tag(whole: Mapping[str, Any], seen: list[Mapping[str, Any]]) -> str:
    """Return a text that is another where any of the alerts that are seen is, and tells nothing of others."""
    last = max((whole["changed"][a["id"]] for a in seen), default=0)
    return f"a{last}-{sum(a['state'] == 'expired' for a in seen)}"


def _have_names(entries: Iterable[Any]) -> bool:
    return all(isinstance(one, dict) and _name(one) is not None for one in entries)


def _name(entry: Mapping[str, Any]) -> Any:
    return entry.get("id", entry.get("name"))


def _only(whole: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: whole[name] for name in names if name in whole}
