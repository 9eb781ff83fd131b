"""CAP files, made piece by piece for tests."""

from __future__ import annotations

CAP_12 = "urn:oasis:names:tc:emergency:cap:1.2"
CAP_11 = "urn:oasis:names:tc:emergency:cap:1.1"
CAP_10 = "http://www.incident.com/cap/1.0"
SQUARE = "10,20 10,21 11,21 11,20 10,20"

HEAD = {
    "identifier": "X1",
    "sender": "agency@example.org",
    "sent": "2026-01-31T18:00:00+01:00",
    "status": "Actual",
    "msgType": "Alert",
    "scope": "Public",
}
INFO = {
    "language": "en",
    "category": "Met",
    "event": "Flood",
    "urgency": "Immediate",
    "severity": "Severe",
    "certainty": "Observed",
    "expires": "2026-01-31T20:00:00+01:00",
}
# Where an element stands that neither HEAD nor INFO has: before which one.
BEFORE = {
    "source": "scope",
    "password": "scope",
    "responseType": "urgency",
    "audience": "expires",
    "eventCode": "expires",
    "effective": "expires",
    "onset": "expires",
}


def tags(fields: dict[str, str | None]) -> str:
    """Return elements of these texts, in the order of the standard; None leaves one out."""
    order: list[str] = []
    for name in fields:
        before = BEFORE.get(name)
        if before in order:
            order.insert(order.index(before), name)
        else:
            order.append(name)
    return "".join(f"<{n}>{fields[n]}</{n}>" for n in order if fields[n] is not None)


def alert(*infos: str, space: str = CAP_12, **head: str | None) -> str:
    """Return an alert; `head` replaces or adds elements before the info blocks."""
    return f'<alert xmlns="{space}">{tags({**HEAD, **head})}{"".join(infos)}</alert>'


def info(*parts: str, **fields: str | None) -> str:
    """Return an info block; `fields` replaces or adds elements, `parts` (areas) come last."""
    return f"<info>{tags({**INFO, **fields})}{''.join(parts)}</info>"


def area(*shapes: str, name: str = "Bay") -> str:
    """Return an area; without shapes it has a square."""
    inside = "".join(shapes) if shapes else polygon(SQUARE)
    return f"<area><areaDesc>{name}</areaDesc>{inside}</area>"


def polygon(text: str) -> str:
    """Return a polygon."""
    return f"<polygon>{text}</polygon>"


def circle(text: str) -> str:
    """Return a circle."""
    return f"<circle>{text}</circle>"


def geocode(name: str, value: str) -> str:
    """Return a geocode."""
    return f"<geocode><valueName>{name}</valueName><value>{value}</value></geocode>"


def resource(**fields: str) -> str:
    """Return a resource with these elements."""
    inside = tags({"resourceDesc": "map", "mimeType": "image/png", **fields})
    return f"<resource>{inside}</resource>"


GOOD = alert(info(area()))
