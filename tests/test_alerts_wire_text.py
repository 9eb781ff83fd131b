"""Texts of many scripts on every interface, as Wireshark reads them: nothing is lost on the way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import tshark

from ew4all.alerts.cbs import cb_data, decode_cb_data, encode_text
from ew4all.alerts.wire import ngap, s1ap, sbcap
from ew4all.alerts.wire.request import WriteReplace
from ew4all.alerts.wire.sib import SIB8, SIB12

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXTS = [
    "Test of the warning system. No action is needed.",
    "x" * 93,
    "y" * 94,
    "".join(chr(ord("A") + k % 26) for k in range(1395)),
    "Essai {du} système d'alerte: 5 € [rien à faire] ~ \\ ^ |",
    "Проверка системы оповещения населения. Действий не требуется.",
    "اختبار نظام الإنذار المبكر. لا حاجة إلى أي إجراء. هذا اختبار فقط.",
    "预警系统测试。无需采取行动。这只是一次测试。" * 10,
    "Σύστημα προειδοποίησης: δοκιμή μόνο",
]


def _messages() -> list[WriteReplace]:
    coded = [encode_text(text, None) for text in TEXTS]
    return [
        WriteReplace(4398, 16 * k, 30, 10, text.dcs, cb_data(text.pages), tac=(1,))
        for k, text in enumerate(coded)
    ]


def _segments(block: Any, message: WriteReplace) -> Sequence[bytes]:
    parts: Sequence[bytes] = block.segments(
        message.contents, message.dcs, message.message_identifier, message.serial_number
    )
    return parts


@pytest.mark.parametrize(("interface", "kind"), [(sbcap, "sbcap"), (s1ap, "s1ap"), (ngap, "ngap")])
def test_core_and_radio_network(interface: Any, kind: str) -> None:
    pdus = [interface.encode(message) for message in _messages()]
    assert _read(pdus, kind) == TEXTS
    assert not tshark.malformed(pdus, kind)
    for pdu, text in zip(pdus, TEXTS, strict=True):
        heard = interface.decode(pdu)
        assert decode_cb_data(heard.contents, heard.dcs).text == text


@pytest.mark.parametrize(("block", "kind"), [(SIB12, "lte-rrc"), (SIB8, "nr-rrc")])
def test_on_air(block: Any, kind: str) -> None:
    parts = [_segments(block, message) for message in _messages()]
    heard = [part for message in parts for part in message]
    assert len(heard) > len(parts)  # some are in several segments
    assert _read(heard, kind) == TEXTS
    assert not tshark.malformed(heard, kind)


def _read(pdus: Sequence[bytes], kind: str) -> list[str]:
    """The text of each message, its pages joined, as ``tshark -V`` shows them."""
    texts: list[str] = []
    for number, page in re.findall(r"Decoded Page (\d+): (.*)", tshark.decode(pdus, kind)):
        if number == "1":
            texts.append("")
        texts[-1] += page.rstrip("\r")
    return texts
