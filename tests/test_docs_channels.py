"""docs/channels.md says what the code does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ew4all.sim.channels.cb_delay import first_wave
from ew4all.sim.channels.registry import CHANNELS
from ew4all.sim.channels.sms_queue import FIRST_EDGES, LATER_EDGES
from ew4all.sim.parameters import markdown, resolve
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", CHANNELS)
def test_the_table_of_a_channel_is_that_of_the_code(repository: Path, name: str) -> None:
    page = (repository / "docs" / "channels.md").read_text("utf-8")
    assert f"<!-- {name} -->\n{markdown(CHANNELS[name].parameters)}" in page
    assert f"`{name}`" in page


def test_numbers_in_the_text_are_those_of_the_model(repository: Path) -> None:
    page = (repository / "docs" / "channels.md").read_text("utf-8")
    values = resolve(CHANNELS["cell_broadcast"].parameters, {}, "cell_broadcast")
    wave = first_wave(4, values, geofenced=False)
    median_s = np.interp(0.5, wave.share[:, TECHNOLOGIES.index("4g")], wave.edges_s)
    assert f"half of all 4G phones have it after {median_s:.0f} s" in page
    assert f"at {wave.edges_s.size} points" in page
    assert f"cut into {len(FIRST_EDGES)} pieces" in page
    assert f"({len(LATER_EDGES)} for later tries)" in page
