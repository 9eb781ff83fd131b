"""Operators of a list that have no cell where the people are."""

from __future__ import annotations

import numpy as np
import pytest
from made_sites import found

from ew4all.cells import Cells

HERE, FAR = (10.16, 4.88), (150.0, -33.0)


def cells(*operators: str) -> Cells:
    """Return a cell of each operator: those called Far stand on another continent."""
    lon, lat = np.array([FAR if "Far" in name else HERE for name in operators]).T
    return Cells.of(lon, lat, ["4g"] * len(operators), operator=np.array(operators))


def test_operators_of_other_provinces_have_no_customers_here() -> None:
    alone = found(cells=cells("Delta", "Echo"))
    result = found(cells=cells("Delta", "Echo", "Far", "Farther"))
    assert [(o.name, o.share) for o in result.operators] == [("Delta", 0.5), ("Echo", 0.5)]
    assert result.outcome.reached == pytest.approx(alone.outcome.reached, rel=1e-9)
    assert any("(Far, Farther) are taken to have no customers" in note for note in result.notes)


def test_with_shares_everybody_has_what_was_said() -> None:
    shares = {"Delta": 0.5, "Far": 0.5}
    result = found(cells=cells("Delta", "Far"), operator_share=shares)
    assert [o.share for o in result.operators] == [0.5, 0.5]
    assert result.operators[1].outcome.reached == 0.0


def test_what_served_means_is_told() -> None:
    """The same list has more people covered in `reach`, which asks less of a signal."""
    several = found(cells=cells("Delta", "Echo")).notes
    assert any(
        "on a cell of its operator and decodes it, 75% of the phones indoors" in n for n in several
    )
    alone = found(cells=cells("Delta")).notes
    assert any("on a cell and decodes it" in n and "`ew4all reach --sites`" in n for n in alone)


def test_one_operator_is_left() -> None:
    result = found(cells=cells("Delta", "Far"))
    assert result.outcome.reached == pytest.approx(found(cells=cells("Delta")).outcome.reached)
    assert any("as if all were customers of Delta" in note for note in result.notes)
