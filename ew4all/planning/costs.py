"""What measures and systems cost: one table, each row with its source, each value replaceable.

A row without a value has no price: whatever needs it is *unpriced*, never free. Confidence: ``published`` (read in the named
source), ``derived`` (computed from one), ``judgement`` (chosen for this project; no publication gives it).
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ew4all.errors import AssumptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COSTS", "CURRENCY", "Cost", "markdown", "resolve"]

CURRENCY: Final = "USD"
"""Currency of plans; rows in another one say so and are brought to it by the rows ``usd_per_...``."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One row.

    Attributes
    ----------
    name
        What `resolve` and ``--cost`` call it.
    value
        In `unit` of `currency` and `year`; None: no price is known.
    low, high
        Plausible range, in the same unit; None where there is none.
    unit
        What one of them is: ``"site"``, ``"site a year"``, ``"person"``.
    confidence
        ``"published"``, ``"derived"`` or ``"judgement"``.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    currency: str
    year: int
    source: str
    confidence: str


_CHOSEN = "chosen for this project; ask suppliers"

COSTS: Final[tuple[Cost, ...]] = (
    # Currencies
    Cost("usd_per_eur", 1.18, 0.95, 1.25, "EUR", "USD", 2021, "yearly mean 2021, from memory", "judgement"),
    Cost("usd_per_gbp", 1.24, 1.05, 1.45, "GBP", "USD", 2023, "yearly mean 2023, from memory", "judgement"),
    # A new mobile site
    Cost(
        "new_site", 200_000.0, 100_000.0, 300_000.0, "site", "USD", 2013,
        "mast with permits, land and power in Nigeria: 200,000 (ALTON, quoted by Aviat, ICT Africa 2013); 200,000 to 300,000 in "
        "the rural United States 2003 (RCR Wireless); 100,000 in towns (a vendor's page, undated)",
        "published",
    ),
    Cost("new_site_year", 20_000.0, 8_000.0, 40_000.0, "site a year", "USD", 2024, f"energy, rent, backhaul, upkeep: a tenth of the capital; {_CHOSEN}", "judgement"),
    Cost("new_technology", 40_000.0, 15_000.0, 80_000.0, "site", "USD", 2024, f"radio and antennas on a mast that stands; {_CHOSEN}", "judgement"),
    Cost("new_technology_year", 4_000.0, 1_500.0, 8_000.0, "site a year", "USD", 2024, f"a tenth of the capital; {_CHOSEN}", "judgement"),
    # Resilience of a site
    Cost("battery", 12_000.0, 5_000.0, 30_000.0, "site", "USD", 2024, f"lithium, about 24 h at 1.5 kW; {_CHOSEN}", "judgement"),
    Cost("battery_year", 600.0, 200.0, 1_500.0, "site a year", "USD", 2024, _CHOSEN, "judgement"),
    Cost("generator", 15_000.0, 8_000.0, 30_000.0, "site", "USD", 2024, f"10 to 20 kVA with a tank; {_CHOSEN}", "judgement"),
    Cost("generator_year", 2_000.0, 500.0, 5_000.0, "site a year", "USD", 2024, f"fuel for tests, upkeep; {_CHOSEN}", "judgement"),
    Cost("second_backhaul", 25_000.0, 10_000.0, 60_000.0, "site", "USD", 2024, f"microwave hop or VSAT; {_CHOSEN}", "judgement"),
    Cost("second_backhaul_year", 6_000.0, 1_000.0, 24_000.0, "site a year", "USD", 2024, f"a VSAT's airtime is most of it; {_CHOSEN}", "judgement"),
    Cost("satellite_kit", 60_000.0, 20_000.0, 150_000.0, "kit", "USD", 2024, f"cell with satellite backhaul on a trailer, in a depot; {_CHOSEN}", "judgement"),
    Cost("satellite_kit_year", 6_000.0, 2_000.0, 20_000.0, "kit a year", "USD", 2024, f"exercises, upkeep, stand-by airtime; {_CHOSEN}", "judgement"),
    # Other channels
    Cost(
        "siren", 17_350.0, 10_850.0, 40_000.0, "siren", "EUR", 2021,
        "federal flat grant in Germany: 10,850 on a roof, 17,350 on a mast (notice of Saxony); high: chosen, with solar power and satellite link",
        "published",
    ),
    Cost("siren_year", 900.0, 300.0, 2_000.0, "siren a year", "EUR", 2021, f"a twentieth of the capital; {_CHOSEN}", "judgement"),
    Cost("fm_transmitter", 150_000.0, 60_000.0, 400_000.0, "transmitter", "USD", 2024, f"1 kW with mast and stand-by power; {_CHOSEN}", "judgement"),
    Cost("fm_transmitter_year", 20_000.0, 8_000.0, 50_000.0, "transmitter a year", "USD", 2024, f"energy and upkeep; {_CHOSEN}", "judgement"),
    Cost("community_radio", 30_000.0, 10_000.0, 60_000.0, "station", "USD", 2024, f"100 W with a studio; {_CHOSEN}", "judgement"),
    Cost("community_radio_year", 8_000.0, 3_000.0, 20_000.0, "station a year", "USD", 2024, f"mostly volunteers; {_CHOSEN}", "judgement"),
    Cost("warden", 1_000.0, 300.0, 3_000.0, "team", "USD", 2024, f"training, megaphones, radios for a team of two; {_CHOSEN}", "judgement"),
    Cost("warden_year", 500.0, 100.0, 2_000.0, "team a year", "USD", 2024, f"stipends, exercises; {_CHOSEN}", "judgement"),
    Cost("device_programme", 40.0, 20.0, 80.0, "person equipped", "USD", 2024, f"entry 4G phone or subsidy, with distribution; {_CHOSEN}", "judgement"),
    # Cell broadcast itself
    Cost(
        "cell_broadcast", 0.37, 0.25, 1.0, "person", "GBP", 2023,
        "United Kingdom: at most 25.3 M for contracts with operators and three years of running (written answer in Parliament), 0.37 a "
        "person; Germany 2021 about EUR 0.48 a person (Tweakers citing Spiegel and Reuters), Netherlands mid-2000s about EUR 1 (Webwereld)",
        "derived",
    ),
    Cost(
        "cell_broadcast_least", 1_500_000.0, 500_000.0, 5_000_000.0, "country", "USD", 2024,
        f"a small country pays no less: centre, links to two operators, project; nothing found in print; {_CHOSEN}",
        "judgement",
    ),
    Cost("cell_broadcast_year", 300_000.0, 100_000.0, 1_000_000.0, "country a year", "USD", 2024, f"licences, staff around the clock shared with others; {_CHOSEN}", "judgement"),
    # What cell broadcast is compared with
    Cost("lb_sms", None, None, None, "country", "USD", 2026, "location-based SMS: no published price was found", "judgement"),
    Cost("lb_sms_year", None, None, None, "country a year", "USD", 2026, "location-based SMS: no published price was found", "judgement"),
    Cost(
        "warning_app_year", 0.042, 0.03, 0.10, "person a year", "EUR", 2022,
        "Germany's app NINA: 27.8 M built and run 2014 to 2022 (Ministry of the Interior, quoted by dts), by 8 years and 83 M people",
        "derived",
    ),
    Cost("warning_app_least_year", 150_000.0, 50_000.0, 500_000.0, "country a year", "USD", 2024, f"a small country pays no less; {_CHOSEN}", "judgement"),
)  # fmt: skip
"""All rows. A row's `name` is the key of `resolve` and of ``--cost``."""


def resolve(overrides: Mapping[str, float] | None = None) -> dict[str, float | None]:
    """Return every value by name, the given ones in place of the defaults.

    Parameters
    ----------
    overrides
        Name to value in the unit and currency of its row, 0 or more; NaN: no price.

    Returns
    -------
    dict
        All names, in the order of `COSTS`; None where there is no price.

    Raises
    ------
    AssumptionError
        A name does not exist, a value is negative or infinite, or an exchange rate is 0.
    """
    values = {row.name: row.value for row in COSTS}
    for name, value in (overrides or {}).items():
        if name not in values:
            near = difflib.get_close_matches(name, values, n=1)
            guess = f" (did you mean {near[0]}?)" if near else ""
            msg = f"there is no cost called {name!r}{guess}; the names are {', '.join(values)}"
            raise AssumptionError(msg)
        number = float(value)
        if number < 0.0 or math.isinf(number):
            msg = f"the cost {name} is a sum of money, 0 or more, but got {value!r}"
            raise AssumptionError(msg)
        if number == 0.0 and name.startswith("usd_per_"):
            msg = f"{name} is an exchange rate, above 0: at 0 whatever is priced in that currency would be free; give NAME=nan where there is none"
            raise AssumptionError(msg)
        values[name] = None if math.isnan(number) else number
    return values


def markdown() -> str:
    """Return the table in Markdown, for documents; it ends with a line break."""
    lines = [
        "| cost | default | range | of one | year | source | confidence |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{row.name}` | {_money(row.value)} {row.currency} | {_money(row.low)}–{_money(row.high)} | {row.unit} | {row.year} | "
        f"{row.source} | {row.confidence} |"
        for row in COSTS
    ]
    return "\n".join(lines) + "\n"


def _money(value: float | None) -> str:
    return "none" if value is None else f"{value:,.0f}" if value >= 100.0 else f"{value:g}"
