"""The command line: what it hands on, what it prints where, and how it ends."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from command_line import Ended, command_line
from made_results import made_reach

import ew4all
from ew4all import cli
from ew4all.assumptions import DEVICE_STEPS
from ew4all.cli.options import mapping, numbers, sources, thresholds
from ew4all.demo import NOTICE
from ew4all.errors import EmptyLayerError, GeometryError, OptionError, ReadError, WriteError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    return command_line(monkeypatch, capsys)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Stand in for the library: note what it is asked, and answer at once."""
    seen: dict[str, Any] = {}

    def reach(**arguments: Any) -> Any:
        seen.update(arguments)
        return made_reach()

    monkeypatch.setattr(ew4all, "reach", reach, raising=False)
    return seen


def fail_with(monkeypatch: pytest.MonkeyPatch, fault: BaseException) -> None:
    def reach(**_: Any) -> Any:
        raise fault

    monkeypatch.setattr(ew4all, "reach", reach, raising=False)


def test_every_option_arrives(run: Callable[..., Ended], asked: dict[str, Any]) -> None:
    ended = run(
        "reach", "--population", "people.tif", "--population-unit", "per_km2",
        "--population-column", "pop", "--hazard", "mmi.tif", "--hazard-min", "6",
        "--hazard-band", "2", "--hazard-where", "class=high", "--hazard-where", "kind=flood",
        "--area", "area.geojson", "--cap", "alert.xml", "--at", "2024-07-01T10:00:00Z", "--geocodes", "c.csv",
        "--coverage", "2g:Alpha=a.tif", "--coverage", "4g=b=c.gpkg",
        "--coverage-min", "2g:Alpha=-95", "--coverage-min", "4g=-105.5",
        "--operator-share", "Alpha=0.4", "--operator-share", "Beta Ltd=0.6",
        "--zones", "z.gpkg", "--zone-id", "code", "--zone-name", "label",
        "--refine", "towns.gpkg", "--assume", "device_capable=0.62", "--title", "A title",
        "--sites", "cells.csv", "--column", "azimuth=AZI", "--column", "height=H", "--country", "c.gpkg",
        "--sites-technology", "4g", "--max-age-years", "9", "--dem", "dem.tif", "--landcover", "lc.tif",
        "--outage", "down.csv", "--workers", "3", "--json",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert asked.pop("progress") is None  # nobody watches a test
    assert asked == {
        "population": "people.tif",
        "population_unit": "per_km2",
        "population_column": "pop",
        "hazard": "mmi.tif",
        "hazard_min": 6.0,
        "hazard_band": 2,
        "hazard_where": {"class": "high", "kind": "flood"},
        "area": "area.geojson",
        "cap": "alert.xml",
        "at": "2024-07-01T10:00:00Z",
        "geocodes": "c.csv",
        "coverage": {"2g:Alpha": "a.tif", "4g": "b=c.gpkg"},
        "coverage_min": {"2g:Alpha": -95.0, "4g": -105.5},
        "sites": "cells.csv",
        "sites_options": {
            "columns": {"azimuth": "AZI", "height": "H"},
            "technology": "4g",
            "country": "c.gpkg",
            "max_age_years": 9.0,
        },
        "dem": "dem.tif",
        "landcover": "lc.tif",
        "outage": "down.csv",
        "operator_share": {"Alpha": 0.4, "Beta Ltd": 0.6},
        "zones": "z.gpkg",
        "zone_id": "code",
        "zone_name": "label",
        "refine": "towns.gpkg",
        "assume": {"device_capable": 0.62},
        "title": "A title",
        "workers": 3,
        "out": None,
    }


def test_options_are_those_of_the_library() -> None:
    """The command line, the library and later the service carry the same names."""
    import inspect

    from typer.main import get_command

    from ew4all.library import reach

    command = get_command(cli.app).commands["reach"]  # type: ignore[attr-defined]
    given = {parameter.name for parameter in command.params}
    known = set(inspect.signature(reach).parameters)
    of_lists = {"column", "country", "max_age_years", "sites_technology"}
    assert given - known == {"cluster", "as_json", "quiet", *of_lists}
    assert known - given == {"progress", "notice", "attribution", "sites_options"}


def test_json_is_one_document_with_all_digits_and_nothing_else(
    run: Callable[..., Ended], asked: dict[str, Any]
) -> None:
    ended = run("reach", "--population", "p.tif", "--json")
    assert ended.err == ""
    assert json.loads(ended.out) == made_reach().to_dict()
    assert asked["coverage"] is asked["assume"] is asked["operator_share"] is None


def test_table_is_the_default(run: Callable[..., Ended], asked: dict[str, Any]) -> None:
    ended = run("reach", "--population", "p.tif")
    assert "NOT covered" in ended.out
    assert ended.err == ""
    assert asked["population"] == "p.tif"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (EmptyLayerError("hazard.geojson holds no polygon"), 2),
        (OptionError("leave it out"), 2),
        (ReadError("people.tif cannot be opened"), 2),
        (WriteError("cannot write map.png"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_our_errors_are_one_sentence(
    run: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch, fault: Exception, code: int
) -> None:
    fail_with(monkeypatch, fault)
    for more in ([], ["--json"], ["--quiet"]):
        assert run("reach", "--population", "p.tif", *more) == (code, "", f"Error: {fault}\n")


def test_interrupt_is_130(run: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, KeyboardInterrupt())
    ended = run("reach", "--population", "p.tif")
    assert ended.code == 130
    assert "Traceback" not in ended.err


def test_a_fault_of_ours_is_not_hidden(
    run: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        run("reach", "--population", "p.tif")


@pytest.mark.parametrize(
    ("arguments", "form"),
    [
        (["--assume", "device_capable"], "--assume wants the form device_capable=0.62"),
        (["--assume", "device_capable=much"], "wants a number as in device_capable=0.62"),
        (["--assume", "=0.5"], "--assume wants the form"),
        (["--operator-share", "Alpha"], "--operator-share wants the form NAME=0.4"),
        (["--operator-share", "Alpha=nan"], "wants a number as in NAME=0.4"),
        (["--coverage", "4g"], "--coverage wants the form 4g=FILE or 4g:OPERATOR=FILE"),
        (["--coverage", "4g="], "--coverage wants the form"),
        (["--coverage-min", "4g=low"], "--coverage-min wants a number"),
        (["--coverage-min", "-95", "--coverage-min", "4g=-105"], "is for all layers"),
        (["--coverage", "4g=a.tif", "--coverage", "4g=b.tif"], "given twice for '4g'"),
        (["--population", "=p.tif"], "--population wants the form FILE or NAME=FILE"),
        (["--workers", "2", "--cluster", "tcp://127.0.0.1:1"], "exclude each other"),
        (["--workers", "0"], "--workers"),
        (["--hazard-min", "high"], "--hazard-min"),
        (["--no-such-option"], "no-such-option"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_malformed_options_end_with_2_and_the_form(
    run: Callable[..., Ended], asked: dict[str, Any], arguments: list[str], form: str
) -> None:
    ended = run("reach", "--population", "p.tif", *arguments)
    assert ended.code == 2
    assert form in ended.err
    assert ended.out == ""
    assert asked == {}


def test_population_is_required(run: Callable[..., Ended]) -> None:
    ended = run("reach")
    assert ended.code == 2
    assert "--population" in ended.err


def test_cluster_without_dask_says_what_to_install(
    run: Callable[..., Ended], asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    ended = run("reach", "--population", "p.tif", "--cluster", "tcp://127.0.0.1:8786")
    assert (ended.code, asked) == (2, {})
    assert "pip install 'ew4all[cluster]'" in ended.err


def test_cluster_gives_its_executor(
    run: Callable[..., Ended], asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Any] = []

    class Client:
        def __init__(self, address: str, timeout: float) -> None:
            events.append((address, timeout))
            if address.endswith(":1"):
                raise OSError(errno.ECONNREFUSED, "refused")

        def __enter__(self) -> Client:
            return self

        def __exit__(self, *_: object) -> None:
            events.append("closed")

        def get_executor(self) -> str:
            return "executor"

    module = type(sys)("distributed")
    module.Client = Client  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "distributed", module)
    assert run("reach", "--population", "p.tif", "--cluster", "tcp://there").code == 0
    assert asked["workers"] == "executor"
    assert events == [("tcp://there", 10), "closed"]
    ended = run("reach", "--population", "p.tif", "--cluster", "tcp://there:1")
    assert ended.code == 2
    assert "no Dask scheduler answers at tcp://there:1" in ended.err


def test_mapping_keeps_order_and_equal_signs() -> None:
    assert mapping("--x", ["b=1", " a = 2=3 "], "a=1") == {"b": "1", "a": "2=3"}
    assert mapping("--x", [], "a=1") is None
    assert numbers("--x", None, "a=1") is None


def test_thresholds_for_all_or_by_layer() -> None:
    assert thresholds(None) is None
    assert thresholds(["-105"]) == -105.0
    assert thresholds(["4g=-105", "2g:Alpha=-95"]) == {"4g": -105.0, "2g:Alpha": -95.0}


def test_population_groups(tmp_path: Path) -> None:
    assert sources(["p.tif"]) == "p.tif"
    assert sources(["children=c.tif"]) == {"children": "c.tif"}
    assert sources(["c=1.tif", "d=2.tif"]) == {"c": "1.tif", "d": "2.tif"}
    assert sources(["a/f_0.tif", "a/m_0.tif"]) == {"f_0": "a/f_0.tif", "m_0": "a/m_0.tif"}
    odd = tmp_path / "a=b.tif"
    odd.touch()
    assert sources([str(odd)]) == str(odd)
    with pytest.raises(OptionError, match="twice for the group 'f'"):
        sources(["a/f.tif", "b/f.tif"])


def test_assumptions_in_three_forms(run: Callable[..., Ended]) -> None:
    table = run("assumptions")
    assert table.code == 0
    document = json.loads(run("assumptions", "--json").out)
    assert [row["name"] for row in document["assumptions"]] == list(DEVICE_STEPS)
    markdown = run("assumptions", "--markdown").out
    for name in DEVICE_STEPS:
        assert name in table.out
        assert f"| `{name}` |" in markdown


def test_prepare_hands_on_and_prints_the_file(
    run: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ew4all.readers import sidecar

    seen: dict[str, Any] = {}

    def prepare(population: Any, **arguments: Any) -> Path:
        seen.update(arguments, population=population)
        return Path("there.ew4all")

    monkeypatch.setattr(sidecar, "prepare", prepare)
    options = ["--population", "p.tif", "--coverage", "4g=c.tif", "--coverage-min", "-105"]
    ended = run("data", "prepare", *options, "--out", "there")
    assert ended == (0, "there.ew4all\n", "")
    assert seen == {
        "population": "p.tif",
        "population_unit": None,
        "coverage": {"4g": "c.tif"},
        "coverage_min": -105.0,
        "out": Path("there"),
        "progress": None,
    }
    ended = run("data", "prepare", *options, "--json")
    assert json.loads(ended.out)["path"] == "there.ew4all"

    def broken(*_: Any, **__: Any) -> Path:
        msg = "a ring crosses itself"
        raise GeometryError(msg)

    monkeypatch.setattr(sidecar, "prepare", broken)
    assert run("data", "prepare", *options) == (2, "", "Error: a ring crosses itself\n")


def test_version_and_help(run: Callable[..., Ended]) -> None:
    assert run("--version").out == f"ew4all {ew4all.__version__}\n"
    text = run("--help").out
    assert all(command in text for command in ("reach", "gaps", "demo", "assumptions", "data"))
    assert run().code in {0, 2}
    for command in (["reach"], ["gaps"], ["demo"], ["assumptions"], ["data", "prepare"]):
        assert run(*command, "--help").code == 0


def test_names_print_where_the_terminal_has_no_such_letters(tmp_path: Path) -> None:
    code = (
        "import sys, ew4all; sys.path.insert(0, sys.argv.pop())\n"
        "from made_results import made_reach\n"
        "ew4all.reach = lambda **_: made_reach()\n"
        "from ew4all.cli import main; main()"
    )
    command = [sys.executable, "-W", "error", "-c", code, "reach", "--population", "p.tif"]
    for more in ([], ["--json"]):
        done = subprocess.run(
            [*command, *more, str(Path(__file__).parent)],
            cwd=tmp_path,
            env={"PYTHONIOENCODING": "ascii", "PATH": "", "EW4ALL_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Vava" in done.stdout.decode("utf-8")


def test_demo_runs_the_embedded_case(run: Callable[..., Ended], tmp_path: Path) -> None:
    out = tmp_path / "demo"
    ended = run("demo", "--out", str(out), "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document["notice"] == NOTICE
    people = document["people"]
    assert 110_000 < people["total"] < 113_000
    steps = document["waterfall"]
    assert sum(s["lost"] for s in steps) + steps[-1]["people"] == pytest.approx(people["in_area"])
    assert people["covered"]["any"] + people["uncovered"] == pytest.approx(people["in_area"])
    assert sum(z["people"]["total"] for z in document["zones"]) == pytest.approx(people["total"])
    names = ["map.png", "reach.json", "run.json", "uncovered.tif"]
    names += ["zones.csv", "zones.gpkg", "zones.parquet"]
    assert sorted(p.name for p in out.iterdir()) == names
    assert json.loads((out / "reach.json").read_text("utf-8")) == document
    assert str(out / "map.png") in ended.err
    assert "Try next" in ended.err

    import rasterio

    with rasterio.open(out / "uncovered.tif") as raster:
        missed = raster.read(1, masked=True).sum(dtype="float64")
        assert NOTICE in raster.tags().values()
    assert missed == pytest.approx(people["uncovered"], rel=1e-5)


def test_demo_table_carries_the_notice(
    run: Callable[..., Ended], asked: dict[str, Any], tmp_path: Path
) -> None:
    ended = run("demo", "--out", str(tmp_path), "--quiet")
    assert ended.out.splitlines()[0].strip() == NOTICE.upper()
    assert ended.err == ""
    assert asked["notice"] == NOTICE
    assert asked["population"].name == "population.tif"


def test_out_that_is_a_file_is_an_error(run: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    ended = run("demo", "--out", str(tmp_path / "file"))
    assert ended.code == 2
    assert ended.err.startswith("Error: the output folder ")
    assert (tmp_path / "file").read_text() == "mine"


def test_an_option_with_one_value_is_not_given_twice(run: Callable[..., Ended]) -> None:
    """The first of two areas would be lost without a word."""
    ended = run("reach", "--population", "p.tif", "--area", "a.geojson", "--area=b.geojson")
    assert ended.code == 2
    assert "--area was given twice" in ended.err
