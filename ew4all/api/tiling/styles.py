"""Colours of raster layers: maps that everybody can tell apart, the span of values they stand for, and their legend."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from ew4all.api.answers import bad_parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.api.layers.catalogue import Layer

__all__ = ["COLORMAPS", "RESCALE", "ColorMapName", "Style", "colours", "legend_of", "style_of"]

_STOPS: Final[dict[str, tuple[str, ...]]] = {
    "people": ("#d6e3ee", "#8fb4d3", "#3d78ab", "#0b2f5b"),
    "uncovered": ("#fdbb6b", "#f07f1e", "#c24a05", "#6e2100"),
    "hazard": ("#efe0f2", "#c79ad1", "#9c52ab", "#561b63"),
    "grey": ("#f2f2f2", "#bdbdbd", "#737373", "#252525"),
}
"""Each of one hue, from light to dark, so that they are told apart in grey, too. The first two are those of our own maps."""

_DISTINCT: Final = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#4d4d4d",
)  # fmt: skip
"""Okabe and Ito's colours, for numbers that are names; they come again after eight."""

_OF_OTHERS: Final = ("viridis", "cividis", "magma")
"""Maps of matplotlib, even in lightness, that come with the library that draws the tiles."""

ColorMapName = Literal[
    "people", "uncovered", "hazard", "grey", "viridis", "cividis", "magma", "distinct"
]
COLORMAPS: Final = get_args(ColorMapName)

RESCALE: Final = r"^[-+0-9.eE]{1,25},[-+0-9.eE]{1,25}$"

_UNCOVERED: Final = re.compile(r"uncovered|left_out|missed|unserved|lost|over_reach")

RGBA = tuple[int, int, int, int]


@dataclass(frozen=True)
class Style:
    """How a raster is drawn.

    Attributes
    ----------
    colormap
        One of `COLORMAPS`.
    low, high
        Values that have the first and the last colour; what lies beyond has it, too.
    hides_zero
        Whether cells without anybody are transparent, as those without a value are.
    """

    colormap: str
    low: float
    high: float
    unit: str | None
    hides_zero: bool

    @property
    def key(self) -> str:
        """Text that differs where a picture would."""
        return f"{self.colormap}:{self.low!r}:{self.high!r}:{self.hides_zero:d}"


def style_of(
    layer: Layer, colormap: ColorMapName | None = None, rescale: str | None = None
) -> Style:
    """Return the style of a layer, with what a client wants otherwise.

    Parameters
    ----------
    rescale
        ``low,high``.

    Raises
    ------
    Problem
        400: a span that is none.
    """
    facts = layer.facts
    unit = facts.get("unit")
    low, high = _span(facts, unit) if rescale is None else _asked(rescale)
    return Style(colormap or _usual(layer, unit), low, high, unit, hides_zero=unit == "people")


def _usual(layer: Layer, unit: str | None) -> str:
    if unit == "people" and _UNCOVERED.search(layer.stem):
        return "uncovered"
    if unit == "people" or layer.facts.get("description") == "people":
        return "people"
    if unit is not None and unit.startswith("row of"):
        return "distinct"
    return "viridis"


def _span(facts: Mapping[str, Any], unit: str | None) -> tuple[float, float]:
    found = facts.get("range")
    if unit == "probability":
        return 0.0, 1.0
    if not found:
        return 0.0, 1.0
    if unit is not None and unit.startswith("row of"):
        return 0.0, float(len(_DISTINCT))
    low = 0.0 if unit == "people" else float(found["p2"])
    high = float(found["p98"])
    if high <= low:
        high = float(found["max"])
    return (low, high) if high > low else (low, low + 1.0)


def _asked(rescale: str) -> tuple[float, float]:
    import math

    try:
        low, high = map(float, rescale.split(","))
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise bad_parameter(
            name="rescale", told=f"{rescale!r} is no span of values: write `low,high`, as in `0,50`"
        )
    return low, high


@cache
def colours(name: str) -> dict[int, RGBA]:
    """Return the colours of the steps 0 to 255 of a map."""
    if name == "distinct":
        return {k: _rgba(_DISTINCT[k % len(_DISTINCT)]) for k in range(256)}
    if name in _OF_OTHERS:
        from rio_tiler.colormap import cmap

        found: Any = cmap.get(name)
        return {k: tuple(int(c) for c in v) for k, v in found.items()}  # type: ignore[misc]
    stops = [_rgba(one) for one in _STOPS[name]]
    steps = len(stops) - 1
    out = {}
    for k in range(256):
        at = k / 255.0 * steps
        left = min(int(at), steps - 1)
        share = at - left
        pairs = zip(stops[left], stops[left + 1], strict=True)
        out[k] = tuple(round(a + (b - a) * share) for a, b in pairs)
    return out  # type: ignore[return-value]


def _rgba(hexadecimal: str) -> RGBA:
    red, green, blue = (int(hexadecimal[k : k + 2], 16) for k in (1, 3, 5))
    return red, green, blue, 255


def legend_of(style: Style, steps: int = 5) -> dict[str, Any]:
    """Return the legend: what colour stands for what value."""
    table = colours(style.colormap)
    out: dict[str, Any] = {
        "colormap": style.colormap, "unit": style.unit, "rescale": [style.low, style.high],
        "transparent": "no value, or nobody" if style.hides_zero else "no value",
    }  # fmt: skip
    if style.colormap == "distinct":
        out["note"] = (
            f"numbers are names; colours come again after {len(_DISTINCT)}, so that neighbours differ mostly"
        )
        out["entries"] = [{"value": k, "color": _hex(table[k])} for k in range(len(_DISTINCT))]
        return out
    out["entries"] = [
        {
            "value": style.low + (style.high - style.low) * k / (steps - 1),
            "color": _hex(table[round(255 * k / (steps - 1))]),
        }
        for k in range(steps)
    ]
    return out


def _hex(colour: RGBA) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour[:3])
