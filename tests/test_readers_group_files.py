"""Groups that are one file, or copies of it: somebody is counted twice."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from raster_files import write_tif

from ew4all.errors import OptionError
from ew4all.readers.population import open_population

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = np.full((4, 5), 3.0, np.float32)


def test_one_file_is_not_two_groups(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "pop.tif", PEOPLE)
    linked = tmp_path / "linked.tif"
    linked.symlink_to(path)
    for other in (path, tmp_path / ".." / tmp_path.name / "pop.tif", linked):
        with pytest.raises(OptionError, match=r"groups 'men' and 'women' are one file, .*pop\.tif"):
            open_population({"men": path, "women": other}, unit="count")


def test_copies_are_told(tmp_path: Path) -> None:
    """Two groups may be alike, so that copies are no error."""
    path = write_tif(tmp_path / "pop.tif", PEOPLE)
    copy = tmp_path / "copy.tif"
    shutil.copy(path, copy)
    other = write_tif(tmp_path / "other.tif", PEOPLE + 1.0)
    found = open_population({"men": path, "women": copy, "children": other}, unit="count")
    told = [note for note in found.notes if "counted twice" in note]
    assert len(told) == 1
    assert "'men' and 'women' are copies" in told[0]
    assert "copy.tif" in told[0]
    in_memory = (PEOPLE, found.grid.transform, 4326)
    assert not any(
        "twice" in note for note in open_population({"a": path, "b": in_memory}, unit="count").notes
    )
