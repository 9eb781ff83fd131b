"""docs/recipes.md: the recipe for MapLibre, as it stands there, in a page of another origin in Chromium."""

from __future__ import annotations

import functools
import http.server
import io
import re
import shutil
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from made_browser import Watched, chromium
from made_layers import keep_results, write_results
from made_server import serving

from ew4all.api.web.assets import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    # rio-tiler calls rasterio, which multiplies as affine no longer likes.
    pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning"),
]

PAGE = """<!doctype html><meta charset="utf-8"><title>Recipe</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="dist/maplibre-gl.css"><div id="map" style="width: 600px; height: 600px"></div>
<script type="module">import * as maplibregl from "./dist/maplibre-gl.mjs";
{script}
</script>"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def guess_type(self, path: object) -> str:
        return "text/javascript" if str(path).endswith(".mjs") else super().guess_type(str(path))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder that another server gives out, and its address."""
    folder = tmp_path / "page"
    folder.mkdir()
    (library,) = (FOLDER / "vendor").glob("maplibre-gl-*")
    shutil.copytree(library / "dist", folder / "dist")
    handler = functools.partial(_Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10.0)


def test_the_recipe_shows_a_raster_and_zones(repository: Path, tmp_path: Path, elsewhere: tuple[Path, str]) -> None:  # fmt: skip
    from PIL import Image

    folder, address = elsewhere
    recipe = (repository / "docs" / "recipes.md").read_text("utf-8")
    (script,) = re.findall(r"```js\n(.*?)```", recipe, re.DOTALL)
    write_results(tmp_path / "out")
    with serving(tmp_path, cors_origins=(address,)) as served, chromium() as browser:
        job = keep_results(served.service, tmp_path / "out")
        script = script.replace("http://127.0.0.1:8000", served.url).replace('"JOB"', f'"{job}"')
        # The demo lies in Grenada, what this test has made between 10 and 14 E, 0 and 4 N.
        script, count = re.subn(
            r"bounds: \[\[.*?\]\]", "bounds: [[9.5, -0.5], [14.5, 4.5]]", script
        )
        assert count == 1
        (folder / "index.html").write_text(PAGE.replace("{script}", script), "utf-8")
        watched = Watched(browser, address)
        page = watched.open("index.html")
        page.locator("#map canvas").wait_for()
        watched.settle()
        of_service = {
            url: status for url, status in watched.statuses.items() if url.startswith(served.url)
        }
        assert set(of_service.values()) <= {200, 204}
        for wanted in (
            rf"{job}\.uncovered\.tif/xyz/.*\.png",
            rf"{job}\.zones\.parquet/xyz/.*\.mvt",
        ):
            assert any(re.search(wanted, url) for url in of_service), wanted
        assert watched.said == []
        picture = Image.open(io.BytesIO(page.locator("#map canvas").screenshot())).convert("RGB")
        red, green, blue = np.moveaxis(np.asarray(picture).astype(int), -1, 0)
        assert int(((red - blue > 60) & (red - green > 25)).sum()) > 1000  # people without signal
        # The border of the two zones, at 12 E, goes down the middle: darker there than a little beside it.
        band = (red + green + blue)[150:450]
        assert (
            np.median(band[:, 298:303].min(axis=1)) < np.median(band[:, 320:325].min(axis=1)) - 150
        )
        watched.close()
