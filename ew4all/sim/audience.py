"""What people do at which hour, and what phones they have: the shared causes that make channels depend on each other.

Tables and their sources are in `audience_tables`, how rows move between states in `states`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.errors import AssumptionError
from ew4all.sim.audience_tables import BEHAVIOUR, GROUP_FACTORS, HOURLY
from ew4all.sim.group_ages import factors_of
from ew4all.sim.parameters import resolve
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

HOURS: Final = 24
"""Values of an hourly table: at 0, 1, ... 23 h local time; between them shares run straight, over midnight too."""


@dataclass(frozen=True, eq=False)
class Audience:
    """Shares of people by hour, and what is assumed of people and their phones.

    Attributes
    ----------
    hourly
        Name to shares of all people at 0, 1, ... 23 h, between which they run straight.
    values
        Value of each row of `audience_tables.BEHAVIOUR`.
    groups
        Group to the factors on its values, where the scenario gives them: ``{"75+": {"phone_owned": 0.9}}``.
        Groups that are not named follow `audience_tables.GROUP_FACTORS` by the ages in their name.
    languages
        Language (BCP 47) to the share of people who understand it, where the scenario gives them.
    """

    hourly: Mapping[str, F64]
    values: Mapping[str, float] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    languages: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def usual(
        cls,
        values: Mapping[str, float] | None = None,
        hourly: Mapping[str, Sequence[float]] | None = None,
        groups: Mapping[str, Mapping[str, float]] | None = None,
        languages: Mapping[str, float] | None = None,
    ) -> Audience:
        """Return the defaults, with some of them replaced.

        Parameters
        ----------
        values
            Behaviour: name to value.
        hourly
            Name to 24 shares 0..1, at 0, 1, ... 23 h.
        groups
            Group to factors 0 and more on rows of behaviour.
        languages
            Language to the share who understand it, 0..1.

        Raises
        ------
        AssumptionError
            A name that does not exist, or a value that is not possible.
        """
        tables = {row.name: np.array(row.by_hour) for row in HOURLY}
        for name, shares in (hourly or {}).items():
            tables[name] = _checked(name, shares, tables)
        _check_activities(tables)
        chosen = resolve(BEHAVIOUR, values or {}, "behaviour")
        tables = _at_odds(tables, {name: chosen[f"{name}_odds"] for name in tables})
        known = {row.name for row in BEHAVIOUR}
        for group, factors in (groups or {}).items():
            for name, factor in factors.items():
                if name not in known or not 0.0 <= factor < np.inf:
                    msg = (
                        f"group {group!r}: a factor of {factor!r} on {name!r} is not possible; factors are 0 or more, "
                        f"on one of {', '.join(sorted(known))}"
                    )
                    raise AssumptionError(msg)
        for language, share in (languages or {}).items():
            if not 0.0 <= share <= 1.0:
                msg = f"language {language!r} is understood by {share!r}; a share lies in 0..1"
                raise AssumptionError(msg)
        return cls(tables, chosen, dict(groups or {}), dict(languages or {}))

    def at(self, name: str, hour: float) -> float:
        """Return a share at a time of day, hours.

        Raises
        ------
        AssumptionError
            There is no such table.
        """
        if name not in self.hourly:
            raise _no_table(name, self.hourly)
        table, hour = self.hourly[name], hour % 24.0
        full = int(hour)
        before, after = table[full % HOURS], table[(full + 1) % HOURS]
        return float(before + (hour - full) * (after - before))

    def among_awake(self, name: str, hour: float) -> float:
        """Return the share of those awake who do something at a time of day, 0..1."""
        awake = 1.0 - self.at("asleep", hour)
        return min(1.0, self.at(name, hour) / awake) if awake > 0 else 0.0

    def indoors_when_awake(self, hour: float) -> float:
        """Return the share of those awake who are in a building at a time of day, 0..1; sleepers are."""
        return 1.0 - min(
            1.0, self.among_awake("outdoors", hour) + self.among_awake("driving", hour)
        )

    def of_groups(self, name: str, groups: Sequence[str]) -> F64:
        """Return one value of behaviour for each group, shape (groups,): default times the factor of the group, at most 1.

        Raises
        ------
        AssumptionError
            The value does not exist.
        """
        if name not in self.values:
            near = difflib.get_close_matches(name, self.values, 1)
            msg = f"behaviour has no {name!r}{f'; did you mean {near[0]}?' if near else ''}"
            raise AssumptionError(msg)
        factors = [
            self.groups[group] if group in self.groups else factors_of(group, GROUP_FACTORS)
            for group in groups
        ]
        return np.array([min(1.0, self.values[name] * f.get(name, 1.0)) for f in factors])

    def understanding(self, languages: Sequence[str]) -> float:
        """Return the share of people who understand a text in some languages, 0..1.

        Who knows one is taken to be independent of who knows another. ``pt-BR`` counts as ``pt`` where the scenario has no
        share of its own; a language that it does not name is understood by nobody. Without any, `language_known`.
        """
        if not self.languages:
            return self.values["language_known"]
        without = 1.0
        for language in languages:
            main = language.split("-")[0]
            without *= 1.0 - self.languages.get(language, self.languages.get(main, 0.0))
        return 1.0 - without

    def capable(self, groups: Sequence[str]) -> F64:
        """Return whose phone can show a cell broadcast by group and serving technology, shape (groups, technologies).

        Of those with a phone that is on; opt-outs are not counted here.
        """
        shares = [self.of_groups(f"capable_{technology}", groups) for technology in TECHNOLOGIES]
        return np.stack(shares, axis=1)


def _checked(name: str, shares: Sequence[float], tables: Mapping[str, F64]) -> F64:
    if name not in tables:
        raise _no_table(name, tables)
    given = np.asarray(shares, np.float64)
    if given.shape != (HOURS,) or not np.all((given >= 0) & (given <= 1)):
        msg = (
            f"hourly table {name!r} needs {HOURS} shares of 0..1, for 0 h to 23 h local time; "
            f"it has {given.size}, from {given.min(initial=np.inf):g} to {given.max(initial=-np.inf):g}"
        )
        raise AssumptionError(msg)
    return given


def _no_table(name: str, tables: Mapping[str, F64]) -> AssumptionError:
    near = difflib.get_close_matches(name, tables, 1)
    guess = f"; did you mean {near[0]}?" if near else ""
    return AssumptionError(
        f"there is no hourly table {name!r}{guess}; there are {', '.join(tables)}"
    )


def _check_activities(tables: Mapping[str, F64]) -> None:
    """Refuse hours in which more people do what excludes each other than there are."""
    total = tables["asleep"] + tables["outdoors"] + tables["driving"]
    for name in ("radio", "tv", "at_work"):
        over = np.flatnonzero(tables["asleep"] + tables[name] > 1.0 + 1e-9)
        if over.size:
            msg = f"at {over[0]} h more people are asleep or at {name} than there are; make one of the two smaller"
            raise AssumptionError(msg)
    over = np.flatnonzero(total > 1.0 + 1e-9)
    if over.size:
        msg = (
            f"at {over[0]} h {total[over[0]]:.2f} of the people are asleep, outdoors or driving; "
            "these exclude each other and must not add up to more than 1"
        )
        raise AssumptionError(msg)


def _at_odds(tables: Mapping[str, F64], odds: Mapping[str, float]) -> dict[str, F64]:
    """Make tables larger or smaller by a ratio of odds: of all people for `asleep`, of those awake for the others."""
    if all(ratio == 1.0 for ratio in odds.values()):
        return dict(tables)
    up = 1.0 - tables["asleep"]
    among = {
        name: _times(
            np.where(up > 0, np.minimum(1.0, table / np.maximum(up, 1e-300)), 0.0), odds[name]
        )
        for name, table in tables.items()
        if name != "asleep"
    }
    away = np.maximum(1.0, among["outdoors"] + among["driving"])
    among["outdoors"], among["driving"] = among["outdoors"] / away, among["driving"] / away
    asleep = _times(tables["asleep"], odds["asleep"])
    return {"asleep": asleep, **{name: share * (1.0 - asleep) for name, share in among.items()}}


def _times(share: F64, odds: float) -> F64:
    return odds * share / (1.0 + (odds - 1.0) * share)
