"""Shares of cell sites out of service by day, as published: what the repair sets are fitted to and checked against.

Days count from the first report of a series. Sources, all quoting reports of the FCC's Disaster Information Reporting System:
Florence, Helene: Inside Towers, Warren Communications, Broadband Breakfast; Ida, Louisiana: The Advertiser, RCR Wireless; Ida,
three states: RCR Wireless; Irma: CNET; Maria: NPSTC, Converge Digest, TV Technology.

"More than 50, less than 40 %" (Ida, Louisiana, RCR Wireless) is left out of the fit: it is the same reports as the 52 and 38 %
of The Advertiser with fewer digits. It is checked all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["CHECKED", "ISLAND", "MAINLAND", "Series"]


@dataclass(frozen=True)
class Series:
    """Percent of sites out: `first` on day 0, then (day, percent); `event` groups series of one storm."""

    event: str
    area: str
    first: float
    later: tuple[tuple[float, float], ...]

    @property
    def ratios(self) -> tuple[tuple[float, float], ...]:
        """Day and share over the first share."""
        return tuple((day, percent / self.first) for day, percent in self.later)


MAINLAND: Final = (
    Series("Florence 2018", "North Carolina", 13.6, ((1, 11.8), (2, 8.0), (3, 4.2))),
    Series("Ida 2021", "Louisiana", 52.0, ((1, 38.0), (2, 28.5), (7, 8.7))),
    Series("Ida 2021", "Alabama, Mississippi, Louisiana", 28.1, ((1, 17.1),)),
    Series("Irma 2017", "Florida", 27.0, ((3, 13.0),)),
    Series(
        "Helene 2024",
        "North Carolina",
        66.4,
        ((1, 54.0), (2, 48.0), (6, 19.1), (7, 16.9), (8, 14.0)),
    ),
)
"""The mainland class is fitted to these. Helene's last share was published as "more than 14"."""

ISLAND: Final = (
    Series(
        "Maria 2017",
        "Puerto Rico",
        95.2,
        ((1, 95.4), (4, 91.2), (6, 91.1), (7, 90.3), (10, 88.8), (24, 75.9), (39, 58.0)),
    ),
    Series("Maria 2017", "US Virgin Islands", 76.6, ((1, 68.9), (7, 67.0), (24, 56.2), (39, 49.6))),
)
"""The island class is fitted to these."""

CHECKED: Final = (
    ("mainland", Series("Ida 2021", "Louisiana, rounded", 50.0, ((1, 40.0),))),
    ("island", Series("Irma 2017", "Monroe County (Keys)", 80.0, ((3, 77.0),))),
)
"""Series that no parameter has seen, with the class they are held against."""
