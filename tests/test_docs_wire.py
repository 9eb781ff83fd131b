"""docs/wire.md: its example prints what it says, and its tables are those of the code."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from wire_golden import CONTENTS

from ew4all.alerts.wire import ngap, s1ap, sbcap
from ew4all.alerts.wire.sib import MAX_SEGMENTS, SIB8, SIB12

if TYPE_CHECKING:
    from pathlib import Path

    from ew4all.alerts.wire.frame import Interface

INTERFACES = (sbcap.INTERFACE, s1ap.INTERFACE, ngap.INTERFACE)

# Fields of a request, and the elements that carry them.
FIELDS = {
    "message_identifier": ("message_identifier",),
    "serial_number": ("serial_number",),
    "tac": ("tracking_areas", "areas"),
    "cells, emergency_areas": ("areas",),
    "repetition_s": ("repetition", "extended_repetition"),
    "broadcasts": ("broadcasts",),
    "warning_type": ("warning_type",),
    "security_information": ("security_information",),
    "dcs": ("dcs",),
    "contents": ("contents",),
    "concurrent": ("concurrent",),
    "send_indication": ("send_indication",),
    "area_coordinates": ("area_coordinates",),
    "stop_all": ("stop_all",),
}


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "wire.md").read_text(encoding="utf-8")


def table(page: str, name: str) -> list[str]:
    return page.partition(f"<!-- table: {name} -->\n")[2].partition("<!-- end -->")[0].splitlines()


def test_the_example_prints_what_it_says(page: str) -> None:
    found = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", page, flags=re.DOTALL)
    assert found is not None
    done = subprocess.run(
        [sys.executable, "-c", found[1]], capture_output=True, text=True, check=True
    )
    assert done.stdout == found[2]


def messages_of_the_code() -> list[str]:
    names = [message.name for message in sbcap.INTERFACE.messages]
    codes = [
        {message.name: str(message.procedure_code) for message in interface.messages}
        for interface in INTERFACES
    ]
    assert all(set(known) <= set(names) for known in codes)
    rows = [" | ".join([name, *(known.get(name, "") for known in codes)]) for name in names]
    return ["| message | SBc-AP | S1AP | NGAP |", "| --- | --- | --- | --- |"] + [
        f"| {row} |" for row in rows
    ]


def numbers(interface: Interface, names: tuple[str, ...]) -> str:
    """The numbers of elements; in a stop they may be others, as that of the indication is."""
    found: dict[str, list[int]] = {}
    for message in interface.messages:
        if message.name.endswith("request"):
            for element in message.elements:
                known = found.setdefault(element.name, [])
                known += [element.number] if element.number not in known else []
    return ", ".join(str(number) for name in names for number in found.get(name, []))


def fields_of_the_code() -> list[str]:
    rows = [
        " | ".join([field, *(numbers(interface, names) for interface in INTERFACES)])
        for field, names in FIELDS.items()
    ]
    return ["| field | SBc-AP | S1AP | NGAP |", "| --- | --- | --- | --- |"] + [
        f"| {row} |" for row in rows
    ]


def test_tables(page: str) -> None:
    assert table(page, "messages") == messages_of_the_code()
    assert table(page, "fields") == fields_of_the_code()


def test_numbers_of_the_page(page: str) -> None:
    contents = bytes([15]) + CONTENTS[1:84] * 15
    lte, nr = (len(block.segments(contents, 15, 1, 1)) for block in (SIB12, SIB8))
    assert f"15 pages take {lte} segments in LTE and {nr} in 5G" in page
    assert f"at most {MAX_SEGMENTS} segments" in page
    assert f"{SIB12.octets} octets in LTE (DCI format 1C) and of {SIB8.octets} octets in 5G" in page
    assert f"({SIB12.most_octets} octets in LTE, DCI format 1A)" in page
