"""How commands end where something fails that is no error of ours."""

from __future__ import annotations

import sys

import pytest
import typer
from shapely.errors import GEOSException

from ew4all.cli.terminal import reporting


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (GEOSException("TopologyException: side location conflict"), "an operation on shapes failed (Topology"),
        (MemoryError("Unable to allocate 3 TiB"), "not enough memory; give a smaller area"),
    ],
)  # fmt: skip
def test_geos_and_memory_are_one_sentence(
    capsys: pytest.CaptureFixture[str], fault: Exception, said: str
) -> None:
    with pytest.raises(typer.Exit) as ended, reporting():
        raise fault
    assert ended.value.exit_code == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"Error: {said}")


def test_without_shapely_nothing_of_it_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """What GEOS raises is looked up among loaded modules: `--help` must not pay for shapely."""
    monkeypatch.delitem(sys.modules, "shapely.errors")
    with pytest.raises(ZeroDivisionError), reporting():
        raise ZeroDivisionError
    assert "shapely.errors" not in sys.modules
