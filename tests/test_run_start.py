"""What a run without pictures loads: every library costs time before anything happens."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = """
schema: ew4all/scenario/1
demo: country
channels: [radio]
run: {duration: 1 h}
"""

COMMAND = """
import gc, sys
from ew4all.cli import main

try:
    main()
finally:
    for name in ("matplotlib", "jinja2", "ew4all.alerts.encoding", "ew4all.alerts.cap_xml"):
        assert name not in sys.modules, name
    assert gc.get_threshold()[0] >= 10_000
"""


def test_a_run_without_figures_loads_neither_pictures_nor_messages(tmp_path: Path) -> None:
    file = tmp_path / "country.yaml"
    file.write_text(SCENARIO, "utf-8")
    words = ["run", str(file), "--no-figures", "--quiet", "--json", "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert '"radio"' in done.stdout
