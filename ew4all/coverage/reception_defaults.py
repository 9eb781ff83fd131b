"""What is assumed about reception where nothing is given: one table, each row with its source, each value an argument."""

from __future__ import annotations

from typing import Final

from ew4all.cell_defaults import RadioDefault, markdown_of

__all__ = ["RECEPTION_DEFAULTS", "markdown", "value"]

_CHOSEN = "chosen for this project"
_KNOWN = "general knowledge; no publication was read"

RECEPTION_DEFAULTS: Final = (
    RadioDefault(
        "traditional_share",
        0.7,
        "fraction",
        source=f"of people indoors, in traditional buildings; {_CHOSEN}, set it for each country",
        confidence="judgement",
    ),
    RadioDefault(
        "efficient_share",
        0.3,
        "fraction",
        source=f"of people indoors, in thermally efficient buildings; {_CHOSEN}, set it for each country",
        confidence="judgement",
    ),
    RadioDefault(
        "limited_service_shown",
        0.7,
        "fraction",
        source=f"of phones that show a warning while on a network not theirs; standards allow it; {_CHOSEN}",
        confidence="judgement",
    ),
    RadioDefault("roaming_search_from_s", 30.0, "s", source=_KNOWN),
    RadioDefault("roaming_search_to_s", 120.0, "s", source=_KNOWN),
    RadioDefault(
        "phones_on_share",
        0.95,
        "fraction",
        source=f"while charged; {_CHOSEN}",
        confidence="judgement",
    ),
    RadioDefault(
        "phones_last_h", 12.0, "h", source=f"without charging; {_CHOSEN}", confidence="judgement"
    ),
    RadioDefault(
        "phones_decay_h",
        30.0,
        "h",
        source=f"by a factor of e thereafter; {_CHOSEN}",
        confidence="judgement",
    ),
    RadioDefault("siren_above_noise_db", 9.0, "dB", source=_KNOWN),
    RadioDefault("siren_spread_db", 6.0, "dB", source=f"over people and weather; {_KNOWN}"),
)
"""Defaults of reception, phones and sirens; batteries of sites are `ew4all.coverage.autonomy.PRESETS`."""

_VALUES: Final = {row.name: row.value for row in RECEPTION_DEFAULTS}


def value(name: str) -> float:
    """Return the default of this name."""
    return _VALUES[name]


def markdown() -> str:
    """Return the table in Markdown, for documents; it ends with a line break."""
    return markdown_of(RECEPTION_DEFAULTS)
