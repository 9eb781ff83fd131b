"""docs/gaps.md says what the code does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from typer.main import get_command

from ew4all import gap_assumptions
from ew4all.cli import app
from ew4all.coverage import urbanisation
from ew4all.gap_ground import MOST_ATOMS
from ew4all.sim.audience_tables import AUDIENCE

if TYPE_CHECKING:
    from pathlib import Path


def test_the_page_is_that_of_the_code(repository: Path) -> None:
    page = (repository / "docs" / "gaps.md").read_text("utf-8")
    assert f"<!-- channels -->\n{gap_assumptions.markdown()}" in page
    options = {o for p in get_command(app).commands["gaps"].params for o in p.opts}  # type: ignore[attr-defined]
    for option in re.findall(r"(?<!-)--[a-z][a-z-]+", page):
        assert option in options, option
    assert f"More than {MOST_ATOMS} parts" in page
    for number in (
        urbanisation.CITY_FROM_PER_KM2, urbanisation.CITY_PEOPLE, urbanisation.TOWN_FROM_PER_KM2, urbanisation.TOWN_PEOPLE,
    ):  # fmt: skip
        assert f"{number:,.0f}" in page
    capable = [row.value for row in AUDIENCE if row.name.startswith("capable_")]
    assert "{:.2f}, {:.2f}, {:.2f} and {:.2f} for phones".format(*capable) in page


def test_the_simulation_has_the_same_values() -> None:
    from ew4all.sim.channels import app as push
    from ew4all.sim.channels import location_sms, siren

    ours = {row.name: row.value for row in gap_assumptions.TABLE}
    theirs = {f"siren_{row.name}": row.value for row in siren.PARAMETERS}
    for name in ("works", "windows_open", "ambient_indoors_db", "loss_open_db", "loss_closed_db"):
        assert ours[f"siren_{name}"] == theirs[f"siren_{name}"], name
    assert ours["siren_ambient_outdoors_db"] == theirs["siren_ambient_suburban_db"]
    assert ours["app_installed"] == next(r.value for r in push.PARAMETERS if r.name == "installed")
    delivers = next(r.value for r in location_sms.SENDING if r.name == "attempt_delivers")
    assert ours["sms_delivered"] == delivers
