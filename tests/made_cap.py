"""CAP files made up for tests: whole and valid, of status Exercise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SENDER = "s@example.org"
DAY = "2024-07-01T{}:00:00+00:00"


def ring(west: float, south: float, east: float, north: float) -> str:
    """Return a rectangle as CAP writes a polygon."""
    corners = [(south, west), (south, east), (north, east), (north, west), (south, west)]
    return " ".join(f"{lat},{lon}" for lat, lon in corners)


def area(
    polygon: str | None = None,
    *codes: tuple[str, str],
    circle: str | None = None,
    name: str = "Bay",
) -> str:
    shapes = f"<polygon>{polygon}</polygon>" if polygon else ""
    shapes += f"<circle>{circle}</circle>" if circle else ""
    named = "".join(
        f"<geocode><valueName>{kind}</valueName><value>{value}</value></geocode>"
        for kind, value in codes
    )
    return f"<area><areaDesc>{name}</areaDesc>{shapes}{named}</area>"


def info(
    *areas: str,
    expires: str | None = "20",
    effective: str | None = None,
    response: str = "Evacuate",
    language: str = "en",
) -> str:
    times = "".join(
        f"<{tag}>{DAY.format(hour)}</{tag}>"
        for tag, hour in (("effective", effective), ("expires", expires))
        if hour is not None
    )
    return (
        f"<info><language>{language}</language><category>Met</category><event>Flood</event>"
        f"<responseType>{response}</responseType><urgency>Immediate</urgency><severity>Severe</severity>"
        f"<certainty>Observed</certainty>{times}<headline>Flood</headline>{''.join(areas)}</info>"
    )


def alert(
    identifier: str,
    hour: str,
    *infos: str,
    kind: str = "Alert",
    names: tuple[tuple[str, str], ...] = (),
    sender: str = SENDER,
) -> str:
    """Return a message sent at an hour of one day; `names` are (identifier, hour) of those that it refers to."""
    references = " ".join(f"{SENDER},{one},{DAY.format(at)}" for one, at in names)
    said = f"<references>{references}</references>" if names else ""
    return (
        f'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{identifier}</identifier>'
        f"<sender>{sender}</sender><sent>{DAY.format(hour)}</sent><status>Exercise</status>"
        f"<msgType>{kind}</msgType><scope>Public</scope><note>an exercise</note>{said}{''.join(infos)}</alert>"
    )


def written(folder: Path, **texts: str) -> list[str]:
    """Write messages, each into a file of its own; return their paths."""
    paths = []
    for name, text in texts.items():
        path = folder / f"{name}.xml"
        path.write_text(text, encoding="utf-8")
        paths.append(str(path))
    return paths
