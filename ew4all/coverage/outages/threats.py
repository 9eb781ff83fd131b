"""What strikes: hazards of known intensity at every node and link, grid power that is out, links that are cut.

A hazard's intensity is sampled beforehand (`ew4all.readers.point_values`); here chances become losses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ew4all.coverage.outages.backhaul import FIBRE, MICROWAVE
from ew4all.coverage.outages.fragility import KINDS, curves_of
from ew4all.errors import InputError, OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ew4all.coverage.outages.backhaul import Backhaul
    from ew4all.coverage.outages.draws import Draws, Keys
    from ew4all.coverage.outages.fragility import Curve
    from ew4all.units import F64

__all__ = ["Blackout", "Cut", "Losses", "Threat", "strike"]


@dataclass(frozen=True, eq=False)
class Threat:
    """A hazard.

    Attributes
    ----------
    hazard
        ``"wind"``, ``"flood"``, ``"shaking"`` or ``"fire"``.
    at_nodes
        Intensity at each node, in the unit of `fragility.UNITS`; NaN: unknown there, and nothing happens there.
    at_links
        The same at each link; by default the larger of its two ends.
    start_s
        When it arrives.
    sigma_ln
        Standard deviation of the logarithm of the true intensity around the given one.
    curves
        In place of rows of `fragility.CURVES`.

    Raises
    ------
    OptionError
        No such hazard.
    InputError
        No intensity is known anywhere, so that nothing would happen without a word.
    """

    hazard: str
    at_nodes: F64
    at_links: F64 | None = None
    start_s: float = 0.0
    sigma_ln: float = 0.0
    curves: Sequence[Curve] = ()

    def __post_init__(self) -> None:
        """Refuse a hazard that is none."""
        if self.hazard not in KINDS:
            msg = f"there is no kind of hazard '{self.hazard}'; use one of {', '.join(KINDS)}"
            raise OptionError(msg)
        if not np.isfinite(self.at_nodes).any():
            msg = f"the {self.hazard} has no value at any site; does its raster lie elsewhere, or hold no data there?"
            raise InputError(msg)


@dataclass(frozen=True, eq=False)
class Blackout:
    """Grid power is out at some nodes (an area, a feeder), from `start_s` until `until_s` (None: as the repair set has it)."""

    nodes: NDArray[np.bool_]
    start_s: float = 0.0
    until_s: float | None = None


@dataclass(frozen=True, eq=False)
class Cut:
    """Links are cut, for instance a submarine cable, from `start_s` until `until_s` (None: until repaired)."""

    links: NDArray[np.bool_]
    start_s: float = 0.0
    until_s: float | None = None


@dataclass(frozen=True, eq=False)
class Losses:
    """When things fail at first; infinity where they do not.

    Attributes
    ----------
    damaged_s, mains_s
        Of the nodes.
    mains_until_s
        When the mains are back where somebody says so, NaN where it is drawn, for those that lose them.
    link_s, link_until_s
        Of the links, in the same way.
    struck
        Whether anything reached the node at all: only there roads are blocked.
    """

    damaged_s: F64
    mains_s: F64
    mains_until_s: F64
    link_s: F64
    link_until_s: F64
    struck: NDArray[np.bool_]
    chances: Mapping[str, float] = field(default_factory=dict)


def strike(
    backhaul: Backhaul,
    threats: Sequence[Threat],
    blackouts: Sequence[Blackout],
    cuts: Sequence[Cut],
    feeder: Keys,
    common_share: float,
    draw: Draws,
) -> Losses:
    """Draw what fails, and when.

    Sites of one feeder (equal keys) lose their mains together, with the mean of their chances.

    Raises
    ------
    InputError
        An array that does not fit the network.
    """
    nodes, links = backhaul.id.size, backhaul.a.size
    damaged_s, mains_s = np.full(nodes, np.inf), np.full(nodes, np.inf)
    link_s, link_until_s = np.full(links, np.inf), np.full(links, np.nan)
    until_s = np.full(nodes, -np.inf)
    drawn = np.zeros(nodes, np.bool_)
    struck = np.zeros(nodes, np.bool_)
    line, of_line = np.unique(feeder, return_inverse=True)
    expected = {"site": 0.0, "mains": 0.0, "link": 0.0}
    for number, threat in enumerate(threats):
        x, along = _intensity(backhaul, threat, common_share, draw, number)
        curves = curves_of(threat.hazard, threat.curves)
        mark = f"{threat.hazard} {number}"
        chance = curves["site"].probability(x)
        hit = draw.uniform(f"site {mark}", backhaul.keys) < chance
        damaged_s[hit] = np.minimum(damaged_s[hit], threat.start_s)
        of_mains = curves["mains"].probability(x)
        mean = np.bincount(of_line, of_mains, line.size) / np.bincount(of_line, minlength=line.size)
        dark = (draw.uniform(f"mains {mark}", line) < mean)[of_line]
        mains_s[dark] = np.minimum(mains_s[dark], threat.start_s)
        drawn |= dark
        of_link = np.zeros(links)
        for code, part in ((FIBRE, "fibre"), (MICROWAVE, "microwave")):
            such = backhaul.kind == code
            of_link[such] = curves[part].probability(along[such])
        broken = draw.uniform(f"link {mark}", backhaul.link_keys) < of_link
        link_s[broken] = np.minimum(link_s[broken], threat.start_s)
        struck |= x > 0.0
        for name, p in (("site", chance), ("mains", of_mains), ("link", of_link)):
            expected[name] += float(p.sum())
    for blackout in blackouts:
        _fits("a blackout", blackout.nodes.size, nodes, "nodes")
        dark = np.asarray(blackout.nodes, np.bool_)
        mains_s[dark] = np.minimum(mains_s[dark], blackout.start_s)
        if blackout.until_s is None:
            drawn |= dark
        else:
            until_s[dark] = np.maximum(until_s[dark], blackout.until_s)
        struck |= dark
    for cut in cuts:
        _fits("a cut", cut.links.size, links, "links")
        gone = np.asarray(cut.links, np.bool_)
        link_s[gone] = np.minimum(link_s[gone], cut.start_s)
        if cut.until_s is not None:
            link_until_s[gone] = cut.until_s
    mains_until_s = np.where(drawn, np.nan, until_s)
    return Losses(damaged_s, mains_s, mains_until_s, link_s, link_until_s, struck, expected)


def _intensity(
    backhaul: Backhaul, threat: Threat, common_share: float, draw: Draws, number: int
) -> tuple[F64, F64]:
    """Return the intensity of this replica at nodes and along links."""
    _fits(f"the {threat.hazard}", threat.at_nodes.size, backhaul.id.size, "nodes")
    x = np.asarray(threat.at_nodes, np.float64)
    if threat.at_links is None:
        along = np.fmax(x[backhaul.a], x[backhaul.b])
    else:
        along = np.asarray(threat.at_links, np.float64)
        _fits(f"the {threat.hazard}", along.size, backhaul.a.size, "links")
    if threat.sigma_ln == 0.0:
        return x, along
    whole = draw.normal(f"intensity {number}", np.zeros(1, np.uint64)) * np.sqrt(common_share)
    own = np.sqrt(1.0 - common_share)
    at_node = whole + own * draw.normal(f"intensity at node {number}", backhaul.keys)
    at_link = whole + own * draw.normal(f"intensity at link {number}", backhaul.link_keys)
    return x * np.exp(threat.sigma_ln * at_node), along * np.exp(threat.sigma_ln * at_link)


def _fits(what: str, got: int, wanted: int, unit: str) -> None:
    if got != wanted:
        msg = f"{what} has values for {got} {unit}, but the network has {wanted}"
        raise InputError(msg)
