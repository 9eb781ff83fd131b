"""The dashboard of indicators: one page of A4, in HTML that needs no other file and in PDF."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from ew4all.planning.indicators import sources
from ew4all.report.document_html import must_print_pdf
from ew4all.report.indicator_words import ANSWER_SIGNS, VIEWS, value_words
from ew4all.report.pages import template
from ew4all.report.rounding import counted, people_text
from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.indicator_results import Indicator, Indicators, Status

__all__ = ["page_text", "write_page", "write_page_pdf"]

_BIG: Final = ("sendai_g3", "multi_channel", "network_any", "channels_in_use")
_MOST_CANNOT: Final = 520
_MOST_CHANNELS: Final = 12
_MOST_NAME: Final = 60
_SIZES_PX: Final = (10.4, 9.8, 9.2, 8.6, 8.0)


def page_text(result: Indicators, chart: bytes | None, px: float = _SIZES_PX[0]) -> str:
    """Return the dashboard as HTML.

    Parameters
    ----------
    chart
        The small multiples, PNG.
    px
        Size of letters on paper.
    """
    bars = [
        {"title": title, "rows": rows}
        for view, title in VIEWS.items()
        if (
            rows := [
                _bar(one) for one in result.latest if one.definition.view == view and _has_bar(one)
            ]
        )
    ]
    channels = [s for s in result.status if s.part == "channels"]
    return template("indicators.html", trim=True).render(
        r=result,
        px=px,
        big=[_big(result.of(name)) for name in _BIG],
        bars=bars,
        chart=None
        if chart is None or len(result.dates) < 2
        else base64.b64encode(chart).decode("ascii"),
        alt="Small panels, one an indicator, with its values over the dates; the numbers are in series.csv",
        channels=[_status(s) for s in channels[:_MOST_CHANNELS]],
        status=[_status(s) for s in result.status if s.part == "status"],
        cannot=_cannot(result),
        how=_how(result),
    )


def write_page(path: Path, result: Indicators, chart: bytes | None) -> None:
    """Write the dashboard as HTML.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    text = page_text(result, chart)
    with writing(path):
        path.write_text(text, encoding="utf-8", newline="\n")


def write_page_pdf(path: Path, result: Indicators, chart: bytes | None) -> None:
    """Print the dashboard as PDF: one page, its letters smaller where much is known.

    Raises
    ------
    OptionError
        Nothing is there to print PDF with.
    WriteError
        The file cannot be written.
    """
    html = must_print_pdf()
    for px in _SIZES_PX:
        laid_out = html(string=page_text(result, chart, px)).render(pdf_tags=True)
        if len(laid_out.pages) == 1:
            break
    with writing(path):
        laid_out.write_pdf(path)


def _big(one: Indicator) -> dict[str, str]:
    condition = one.condition
    if condition.startswith("takes "):
        condition = "if the channels counted are in use, which nobody said"
    value = value_words(one) if one.is_known else "–"
    return {
        "name": one.definition.name,
        "value": value,
        "unit": one.definition.unit,
        "date": one.date,
        "condition": condition if one.is_known else "cannot be told, see below",
    }


def _has_bar(one: Indicator) -> bool:
    return (
        one.is_known
        and one.definition.unit != "channels"
        and one.definition.id != "theory_less_reached"
    )


def _bar(one: Indicator) -> dict[str, Any]:
    per = 1.0 if one.definition.unit.startswith("share") else 100_000.0
    low = (one.value if one.value is not None else one.low or 0.0) / per
    high = (one.value if one.value is not None else one.high or 0.0) / per
    of = one.definition.unit.removeprefix("share of ").partition(" per ")[0]
    return {
        "name": one.definition.name,
        "value": value_words(one),
        "width": round(100.0 * min(max(low, 0.0), 1.0), 1),
        "extra": round(100.0 * min(max(high - low, 0.0), 1.0), 1),
        "of": of if one.of is None else f"{people_text(one.of)} {of}",
        "date": one.date,
    }


def _status(one: Status) -> dict[str, str]:
    text = one.text if len(one.text) <= 2 * _MOST_NAME else f"{one.text[: 2 * _MOST_NAME]}…"
    return {"text": text, "sign": ANSWER_SIGNS[one.answer]}


def _cannot(result: Indicators) -> str:
    """Return what cannot be told, as much as there is room for; indicators.json has all of it."""
    said, left = "", 0
    for why, names in result.reasons().items():
        sentence = f"{why}: {'; '.join(names)}. "
        if len(said) + len(sentence) > _MOST_CANNOT:
            left += len(names)
        else:
            said += sentence[0].upper() + sentence[1:]
    if left:
        said += f"And {counted(left, 'more indicator')}: see indicators.json."
    return said


def _how(result: Indicators) -> str:
    used = dict.fromkeys(one.definition.source for one in result.latest)
    cited = "; ".join(sources()[name].text for name in used)
    return (
        "Nobody is counted twice: G-3 counts people whom at least one channel can reach, however many do. Bars in light grey are bounds, "
        "where overlaps of some channels are not known. Theoretical coverage is what channels could do; reach in a run is simulated, "
        f"not observed. Methods and inputs with SHA-256: indicators.json. Definitions after: {cited}. indicators.json says which of these texts were read."
    )
