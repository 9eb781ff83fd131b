"""Scenario files: what happens, to whom, and how it is warned of, as one YAML file.

::

    scenario = load_scenario("grenada-beryl")
    result = run_study(scenario.plan(), scenario.inputs())
"""

from ew4all.scenario.document import SCHEMA, Scenario
from ew4all.scenario.loading import file_of, load_scenario, scenario_from, shipped

__all__ = ["SCHEMA", "Scenario", "file_of", "load_scenario", "scenario_from", "shipped"]
