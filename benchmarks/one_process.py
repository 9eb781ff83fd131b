"""One method in a process of its own, for its memory and start: ``python -m benchmarks.one_process METHOD JSON``.

The last line of output is JSON: what the method measured and `peak_mb`, the largest resident size of the process,
interpreter included (``VmHWM``: what ``getrusage`` says of a child begins with the size of its parent).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).resolve().parents[1]


def measured(method: str, /, *, cache: Path | None = None, **arguments: Any) -> dict[str, Any]:
    """Run a method in a new process and return what it measured.

    Parameters
    ----------
    cache
        Folder for compiled kernels and what is remembered of files; the user's if not told.
    """
    environment = dict(os.environ)
    if cache is not None:
        environment |= {"EW4ALL_CACHE_DIR": str(cache), "NUMBA_CACHE_DIR": str(cache / "numba")}
    start = time.perf_counter()
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.one_process",
            method,
            json.dumps(arguments, default=str),
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"{method}: {run.stderr}"
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return {**found, "process_s": time.perf_counter() - start}


def memory_mb(what: str) -> float:
    """Return a line of /proc/self/status (``VmHWM``: largest resident size, ``VmRSS``: now) in MB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) * 1024 / 1e6
    msg = f"the system does not say {what}"
    raise OSError(msg)


def command(arguments: list[str]) -> dict[str, Any]:
    """Run the command line of ew4all; what it prints is returned if it is JSON."""
    sys.argv = ["ew4all", *arguments]
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    code: Any = 0
    start = time.perf_counter()
    with contextlib.redirect_stdout(out):
        try:
            runpy.run_module("ew4all", run_name="__main__")
        except SystemExit as end:
            code = end.code
    took_s = time.perf_counter() - start
    assert not code, f"ew4all ended with {code}"
    out.seek(0)
    text = out.read()
    return {"seconds": took_s, "output": json.loads(text) if text.startswith("{") else text}


def shares_of_decoding(
    folder: str, size: int, case: str, rounds: int, threads: int
) -> dict[str, Any]:
    """Time GDAL alone, decoding the tiles that a polygon meets, and the whole answer, each with `threads`, in turns."""
    from benchmarks.on_disk import Files
    from benchmarks.race import Race

    files = Files(Path(folder), size)
    windows, shapes = files.tiles(case), list(files.shapes(case))
    race = Race()
    race.enter("gdal", rasterio=lambda: decode(files.rasters, windows, threads))
    race.enter("ours", reach=lambda: reach(files, shapes, threads))
    race["ours"].ways["reach"]()
    for _ in range(rounds):
        race.round()
    return {
        "tiles": len(windows),
        "bytes": sum(w.width * w.height for w in windows) * (4 + len(files.coverage)),
        **{name: runner.times_s for name, runner in race.runners.items()},
    }


def prepared(folder: str, size: int, case: str, rounds: int) -> dict[str, Any]:
    """Time the whole answer again and again in one process, as a map that is drawn on would ask for it."""
    from benchmarks.on_disk import Files
    from benchmarks.race import time_of

    files = Files(Path(folder), size)
    shapes = list(files.shapes(case))
    result = reach(files, shapes)
    times = [time_of(lambda: reach(files, shapes))[0] for _ in range(rounds)]
    return {"seconds": times, "people": result.to_dict()["people"], "notes": list(result.notes)}


def reach(files: Any, shapes: list[Any], workers: int = 2) -> Any:
    """Give the whole answer through the library, from files of rasters and a polygon in memory."""
    import ew4all

    return ew4all.reach(
        files.people,
        shapes,
        coverage=files.coverage,
        population_unit="count",
        workers=workers,
    )


def decode(paths: Iterable[Path], windows: list[Any], threads: int) -> None:
    """Decode windows of rasters and throw them away; each thread has its own handles."""
    from concurrent.futures import ThreadPoolExecutor

    import rasterio

    paths = list(paths)

    def part(first: int) -> None:
        handles = [rasterio.open(path) for path in paths]
        try:
            for window in windows[first::threads]:
                for handle in handles:
                    handle.read(1, window=window)
        finally:
            for handle in handles:
                handle.close()

    # The cache of blocks is of no use here, and large enough to disturb the other side.
    with rasterio.Env(GDAL_CACHEMAX=64), ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, range(threads)))


def exactextract(folder: str, size: int, case: str) -> dict[str, Any]:
    """People, and people under each layer: as much as it can give without a raster of the union."""
    import geopandas as gpd
    from exactextract import Operation, exact_extract
    from exactextract.raster import RasterioRasterSource

    from benchmarks.on_disk import Files

    files = Files(Path(folder), size)
    people = RasterioRasterSource(str(files.people), name="people")
    layers = [RasterioRasterSource(str(p), name=k) for k, p in files.coverage.items()]
    wanted = [Operation("sum", "people", people)]
    wanted += [Operation("weighted_sum", f"with{k}", people, w) for k, w in enumerate(layers)]
    frame = gpd.read_file(files.area(case))
    start = time.perf_counter()
    found = exact_extract([people, *layers], frame, wanted, output="pandas")
    took_s = time.perf_counter() - start
    return {"seconds": took_s, "totals": found.to_numpy(dtype=float)[0].tolist()}


def exactextract_people(folder: str, size: int, case: str) -> dict[str, Any]:
    """People only."""
    import geopandas as gpd
    from exactextract import exact_extract

    from benchmarks.on_disk import Files

    files = Files(Path(folder), size)
    frame = gpd.read_file(files.area(case))
    start = time.perf_counter()
    found = exact_extract(str(files.people), frame, ["sum"], output="pandas")
    return {
        "seconds": time.perf_counter() - start,
        "totals": found.to_numpy(dtype=float)[0].tolist(),
    }


def rasterio_mask(folder: str, size: int, case: str) -> dict[str, Any]:
    """Centres of cells: the window of the polygon read whole, and numpy."""
    import numpy as np
    import rasterio
    from rasterio.features import geometry_mask, geometry_window

    from benchmarks.on_disk import Files

    files = Files(Path(folder), size)
    shape = files.shapes(case)[0]
    start = time.perf_counter()
    with rasterio.open(files.people) as source:
        window = geometry_window(source, [shape])
        transform = source.window_transform(window)
        people = source.read(1, window=window)
        inside = geometry_mask([shape], people.shape, transform, invert=True)
        inside &= people != source.nodata
    people = people[inside]
    totals = [float(people.sum(dtype=np.float64))]
    anywhere = np.zeros(people.size, dtype=np.bool_)
    for path in files.coverage.values():
        with rasterio.open(path) as source:
            covered = source.read(1, window=window)[inside] > 0
        anywhere |= covered
        totals.append(float(people[covered].sum(dtype=np.float64)))
    totals.append(float(people[anywhere].sum(dtype=np.float64)))
    return {"seconds": time.perf_counter() - start, "totals": totals}


def in_core(size: int, case: str, who: str) -> dict[str, Any]:
    """Memory above the inputs and the imports."""
    from benchmarks import rivals

    country = rivals.Country(size)
    shapes = country.cases[case]
    work: Callable[[], Any]
    if who == "ew4all":
        rivals.ours(country, shapes[:1])
        work = partial(rivals.ours, country, shapes)
    else:
        work = rivals.exactextract_weights(country, shapes, "feature-sequential")
    before = memory_mb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    work()
    return {"extra_mb": memory_mb("VmHWM") - before}


def first_call() -> dict[str, Any]:
    """Time to the first answer of the kernels, compiled or read from the cache, and of the second; imports apart."""
    import numpy as np
    import shapely

    from benchmarks import data
    from benchmarks.race import time_of
    from ew4all.coverage.exposure import totals
    from ew4all.coverage.sources import ArraySource

    def once() -> Any:
        layer = np.ones((64, 64), np.uint8)
        source = ArraySource.of(data.grid_of(64), np.ones((64, 64), np.float32), [layer] * 5)
        return totals([shapely.box(0.001, 0.001, 0.03, 0.04)], source)

    return {"first_s": time_of(once)[0], "second_s": time_of(once)[0]}


def measures() -> dict[str, Any]:
    """Ten thousand measures over a million cells of people."""
    from benchmarks.measures import chosen

    return chosen()


METHODS: dict[str, Callable[..., dict[str, Any]]] = {
    "command": command,
    "shares_of_decoding": shares_of_decoding,
    "prepared": prepared,
    "exactextract": exactextract,
    "exactextract_people": exactextract_people,
    "rasterio_mask": rasterio_mask,
    "in_core": in_core,
    "first_call": first_call,
    "measures": measures,
}


def main() -> None:
    """Run the method that the command line names."""
    method, arguments = sys.argv[1:3]
    found = METHODS[method](**json.loads(arguments))
    print(json.dumps({**found, "peak_mb": memory_mb("VmHWM")}))


if __name__ == "__main__":
    main()
