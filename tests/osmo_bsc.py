"""A real osmo-bsc (Debian's, without a radio), which judges our client from outside."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEAD = """log stderr
 logging filter all 1
 logging color 0
 logging timestamp 0
 logging level set-all notice
 logging level cbs debug
line vty
 bind 127.0.0.1
ctrl
 bind 127.0.0.1
e1_input
 e1_line 0 driver ipa
 ipa bind 127.0.0.1
network
 network country code 001
 mobile network code 01
 encryption a5 0
"""
_CELL = """ bts {number}
  type osmo-bts
  band DCS1800
  cell_identity {ci}
  location_area_code {lac}
  base_station_id_code 6{number}
  ipa unit-id 69{number} 0
  oml ipa stream-id 255 line 0
  gprs mode none
  trx 0
   rf_locked 0
   arfcn 87{number}
   timeslot 0
    phys_chan_config CCCH+SDCCH4+CBCH
"""
_TAIL = """msc 0
 allow-emergency deny
cbc
 mode server
 server
  local-ip 127.0.0.1
  local-port {port}
"""


class OsmoBsc:
    """Its port, and what it logs about cell broadcast."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self._log = log

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def osmo_bsc(folder: Path, cells: tuple[tuple[int, int], ...]) -> Iterator[OsmoBsc]:
    """Run one with cells of (location area, identity); skip where it is not installed."""
    program = shutil.which("osmo-bsc")
    if program is None:
        pytest.skip("osmo-bsc is not installed: `apt-get install osmo-bsc`")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config, log = folder / "osmo-bsc.cfg", folder / "osmo-bsc.log"
    stations = "".join(
        _CELL.format(number=number, lac=lac, ci=ci)
        + "".join(f"   timeslot {slot}\n    phys_chan_config TCH/F\n" for slot in range(1, 8))
        for number, (lac, ci) in enumerate(cells)
    )
    config.write_text(_HEAD + stations + _TAIL.format(port=port), encoding="utf-8")
    with log.open("wb") as out:
        running = subprocess.Popen([program, "-c", str(config)], cwd=folder, stdout=out, stderr=out)
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert running.poll() is None, log.read_text(errors="replace")[-2000:]
                time.sleep(0.1)
            yield OsmoBsc(port, log)
        finally:
            running.terminate()
            running.wait(timeout=10)
