"""Who at risk does a public warning reach, and who is left out.

::

    import ew4all

    result = ew4all.reach("people.tif", "warning.geojson", coverage={"4g": "4g.tif"})
    result.to_dict()["people"]

The public names are found when they are first used, so that ``import ew4all`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ew4all.runtime import set_numba_cache

if TYPE_CHECKING:
    from ew4all.change_library import change
    from ew4all.change_results import Change
    from ew4all.errors import EW4AllError
    from ew4all.feasibility_results import Feasibility
    from ew4all.gap_library import gaps
    from ew4all.gap_results import Gaps
    from ew4all.indicator_results import Indicators
    from ew4all.library import reach
    from ew4all.measure_results import MeasurePlan
    from ew4all.netp_results import Netp
    from ew4all.outage_study import outage
    from ew4all.plan_indicators import indicators
    from ew4all.plan_measures import choose_measures
    from ew4all.plan_netp import netp
    from ew4all.population_library import compare_populations
    from ew4all.population_results import PopulationComparison
    from ew4all.results import Reach
    from ew4all.run_library import compare, run
    from ew4all.run_results import RunResults
    from ew4all.target_library import target
    from ew4all.target_results import Target

__version__ = "0.1.0"

__all__ = [
    "Change", "EW4AllError", "Feasibility", "Gaps", "Indicators", "MeasurePlan", "Netp", "PopulationComparison", "Reach", "RunResults", "Target", "__version__", "change", "choose_measures", "compare", "compare_populations", "feasibility", "gaps", "indicators", "netp", "outage", "reach", "run", "target",
]  # fmt: skip

_HOMES = {
    "Change": "ew4all.change_results",
    "EW4AllError": "ew4all.errors",
    "Gaps": "ew4all.gap_results",
    "PopulationComparison": "ew4all.population_results",
    "Reach": "ew4all.results",
    "RunResults": "ew4all.run_results",
    "Target": "ew4all.target_results",
    "change": "ew4all.change_library",
    "compare": "ew4all.run_library",
    "compare_populations": "ew4all.population_library",
    "Feasibility": "ew4all.feasibility_results",
    "feasibility": "ew4all.plan_feasibility",
    "gaps": "ew4all.gap_library",
    "MeasurePlan": "ew4all.measure_results",
    "choose_measures": "ew4all.plan_measures",
    "Indicators": "ew4all.indicator_results",
    "indicators": "ew4all.plan_indicators",
    "Netp": "ew4all.netp_results",
    "netp": "ew4all.plan_netp",
    "outage": "ew4all.outage_study",
    "reach": "ew4all.library",
    "run": "ew4all.run_library",
    "target": "ew4all.target_library",
}

# Before any kernel is imported: numba looks at its environment only once.
set_numba_cache()


def __getattr__(name: str) -> object:
    try:
        home = _HOMES[name]
    except KeyError:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg) from None
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
