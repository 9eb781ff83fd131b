"""What Wireshark reads in our octets: an independent decoder of every interface.

Several PDUs in one call cost one start of tshark (about a second). Recipes: text2pcap wraps each PDU
as its network would carry it, since this machine may have no SCTP.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["decode", "fields", "malformed", "needs_tshark"]

# text2pcap's options: SCTP ports and payload protocol identifier, TCP ports, or a link type.
_CARRIERS = {
    "sbcap": ("-S", "29168,29168,24"),
    "s1ap": ("-S", "36412,36412,18"),
    "ngap": ("-S", "38412,38412,60"),
    "cbsp": ("-T", "48049,50000"),
    "gsm-cbs": ("-l", "147"),
    "lte-rrc": ("-l", "147"),
    "nr-rrc": ("-l", "147"),
}
_DISSECTORS = {
    "gsm-cbs": "gsm_cbs",
    "lte-rrc": "lte_rrc.bcch_dl_sch",
    "nr-rrc": "nr-rrc.bcch.dl.sch",
}


def needs_tshark() -> None:
    """Skip the test, with a message, where tshark is absent."""
    for program in ("tshark", "text2pcap"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: `apt-get install tshark`")


def decode(pdus: bytes | Sequence[bytes], kind: str) -> str:
    """Everything that tshark says about PDUs of one kind, as text (``tshark -V``).

    kind: sbcap, s1ap, ngap, cbsp, lte-rrc or nr-rrc (BCCH-DL-SCH), gsm-cbs (88 octets on air).
    Segments of one message are reassembled.
    """
    return _tshark(pdus, kind, "-V")


def fields(pdus: bytes | Sequence[bytes], kind: str, *names: str) -> list[dict[str, list[str]]]:
    """The values of display-filter fields in each PDU, such as ``cbsp.message_id``."""
    options = [word for name in names for word in ("-e", name)]
    text = _tshark(
        pdus, kind, "-T", "fields", "-E", "separator=/t", "-E", "aggregator=\x1f", *options
    )
    rows = [line.split("\t") for line in text.rstrip("\n").split("\n")]
    return [
        {name: value.split("\x1f") if value else [] for name, value in zip(names, row, strict=True)}
        for row in rows
    ]


def malformed(pdus: bytes | Sequence[bytes], kind: str) -> bool:
    """Whether tshark finds fault with one of the PDUs."""
    flagged = _tshark(pdus, kind, "-Y", "_ws.malformed || _ws.expert.severity==error")
    return bool(flagged.strip())


def _tshark(pdus: bytes | Sequence[bytes], kind: str, *options: str) -> str:
    needs_tshark()
    packets = [pdus] if isinstance(pdus, bytes) else list(pdus)
    with tempfile.TemporaryDirectory() as folder:
        dump, capture = Path(folder, "pdu.hex"), Path(folder, "pdu.pcap")
        dump.write_text("".join(map(_dump, packets)))
        _run("text2pcap", "-q", *_CARRIERS[kind], str(dump), str(capture))
        user = _DISSECTORS.get(kind)
        table = ["-o", f'uat:user_dlts:"User 0 (DLT=147)","{user}","0","","0",""'] if user else []
        # Two passes, since the text is shown where the last segment of it arrives.
        return _run("tshark", "-2", "-n", "-r", str(capture), *table, *options)


def _dump(pdu: bytes) -> str:
    rows = (f"{at:06x} {pdu[at : at + 16].hex(' ')}\n" for at in range(0, len(pdu), 16))
    return "".join(rows) + "\n"


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, f"{command[0]} failed: {done.stderr}"
    return done.stdout
