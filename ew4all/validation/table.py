"""Published outcomes beside those of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ew4all.validation.playing import outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ew4all.validation.cases import Case, Target

__all__ = ["Compared", "compare", "markdown"]

_HEAD = "| case | what | published | band | model | |\n| --- | --- | --- | --- | --- | --- |\n"


class Compared(NamedTuple):
    """One target and what the model says."""

    case: Case
    target: Target
    model: float

    @property
    def is_met(self) -> bool:
        """Whether the model lies in the band."""
        return self.target.low <= self.model <= self.target.high


def compare(case: Case) -> list[Compared]:
    """Play a case for each of its targets."""
    return [Compared(case, target, outcome(case, target)) for target in case.targets]


def markdown(found: Iterable[Compared]) -> str:
    """Return the table: what is scored, then what only shows consistency, with the inputs that come from the target."""
    rows = list(found)
    scored = [one for one in rows if one.target.scored]
    checks = [one for one in rows if not one.target.scored]
    parts = []
    if scored:
        met = sum(one.is_met for one in scored)
        parts.append(
            f"{met} of {len(scored)} outcomes within their band.\n\n{_HEAD}" + _rows(scored)
        )
    if checks:
        parts.append(f"Not scored, consistency only:\n\n{_HEAD}" + _rows(checks))
    return "\n".join(parts)


def _rows(rows: Iterable[Compared]) -> str:
    return "".join(
        f"| {one.case.name} | {_what(one.target)} | {one.target.published} | {_number(one, one.target.low)} to "
        f"{_number(one, one.target.high)} | **{_number(one, one.model)}** | {_verdict(one)} |\n"
        for one in rows
    )


def _what(target: Target) -> str:
    what, _, channel = target.what.partition(" of ")
    names = {
        "any": "warned by any channel", "none": "not warned", "two_or_more": "two channels or more", "sites_out": "sites out",
        "median_s": f"median delay of {channel}, s", "last_min": f"all of {channel} sent, min",
        "early_min": "a tenth has warned, min", "median_min": "half has warned, min", "late_min": "nine tenths have warned, min",
    }  # fmt: skip
    name = names.get(what, what).replace("_", " ")
    if target.group != "all":
        name += f", {target.group}"
    return f"{name}, day +{target.day:g}" if target.day else name


def _number(one: Compared, value: float) -> str:
    return (
        f"{value:.0f}"
        if one.target.what.split(" ")[0].endswith(("_s", "_min"))
        else f"{100 * value:.1f} %"
    )


def _verdict(one: Compared) -> str:
    verdict = "met" if one.is_met else "MISSED"
    origin = one.target.input_of_target
    return f"{verdict}; from the target: {origin}" if origin else verdict
