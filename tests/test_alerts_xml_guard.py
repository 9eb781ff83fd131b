"""Attacks on whoever reads XML: each is a finding, quick, and opens nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from cap_texts import CAP_12, GOOD, SQUARE, alert, area, info, polygon, resource

from ew4all.alerts import cap_fields, cap_tree, cap_xml, xml_guard
from ew4all.alerts.cap_xml import Reading, read_alerts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BOMB = "".join(f'<!ENTITY l{k} "{f"&l{k - 1};" * 10}">' for k in range(1, 10))
DOCTYPES = {
    "external": f'<!DOCTYPE alert SYSTEM "file:///etc/passwd">{GOOD}',
    "entity": f'<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    f"{GOOD.replace('Flood', '&x;')}",
    "bomb": f'<!DOCTYPE alert [<!ENTITY l0 "water">{BOMB}]>{GOOD.replace("Flood", "&l9;")}',
    "parameter": f'<!DOCTYPE alert [<!ENTITY % x SYSTEM "http://localhost/x"> %x;]>{GOOD}',
    "default": f'<!DOCTYPE alert [<!ATTLIST alert a CDATA "b">]>{GOOD}',
    "after": f"<?xml version='1.0'?>\n<!-- <!DOCTYPE x> --><?p x?>\n<!DOCTYPE alert>{GOOD}",
}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]


# What takes a fifth of a second when it is alone must not grow with the square of the file. The second that the worst
# files may take is asked in test_alerts_limits.py, where nothing else runs: on a busy host even time on the processor
# grew from 0.6 to 1.1 s.
NO_HANG_S = 4.0


def read(data: str | bytes) -> Reading:
    started = time.process_time()
    found = read_alerts(data.encode() if isinstance(data, str) else data, "a.xml")
    assert time.process_time() - started < NO_HANG_S
    assert len(found) == 1
    return found[0]


def code_of(data: str | bytes) -> str:
    reading = read(data)
    assert reading.alert is None
    assert not reading.valid
    assert len(reading.findings) == 1
    return reading.findings[0].code


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", DOCTYPES)
def test_a_document_type_is_refused_in_any_encoding(kind: str, encoding: str) -> None:
    assert code_of(DOCTYPES[kind].encode(encoding)) == "xml.doctype"


def test_a_document_type_is_found_before_a_parser_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_guard, "_parser", lambda: pytest.fail("it was parsed"))
    for text in DOCTYPES.values():
        for encoding in ENCODINGS:
            assert code_of(text.encode(encoding)) == "xml.doctype"


def test_a_document_type_that_is_overlooked_is_found_after_parsing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(xml_guard, "_doctype_line", lambda _: None)
    for kind in ("external", "entity", "default", "after"):
        assert code_of(DOCTYPES[kind]) == "xml.doctype"
    # libxml2's own guard, or none of its entities is ever expanded.
    assert code_of(DOCTYPES["bomb"]) in {"xml.doctype", "xml.syntax"}


def test_the_words_of_a_document_type_inside_a_text_are_no_document_type() -> None:
    text = alert(info(area(), description="<![CDATA[<!DOCTYPE html><p>Water]]>"))
    reading = read(text)
    assert reading.valid
    assert reading.alert is not None
    assert reading.alert.infos[0].description == "<!DOCTYPE html><p>Water"


def test_the_sample_attack_is_refused_without_opening_what_it_names(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = (shared_data / "cap-samples" / "google_xee.xml").read_bytes()
    monkeypatch.setattr("builtins.open", lambda *_, **__: pytest.fail("a file was opened"))
    assert code_of(data) == "xml.doctype"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_alert_is_read_in_the_encoding_of_its_byte_order_mark(encoding: str) -> None:
    reading = read(alert(info(area(), event="Überschwemmung 洪水 😀")).encode(encoding))
    assert reading.valid
    assert reading.alert is not None
    assert reading.alert.infos[0].event == "Überschwemmung 洪水 😀"


@pytest.mark.parametrize(
    "text",
    [
        "Fl<!-- x -->ood",
        "Fl<?x y?>ood",
        "Fl<![CDATA[oo]]>d",
        "&#70;lood",
        "F<!---->l<!-- a --><!-- b -->ood",
    ],
)
def test_nothing_cuts_a_text_in_two(text: str) -> None:
    reading = read(alert(info(area(), event=text), identifier=f"X{text}"))
    assert reading.valid
    assert reading.alert is not None
    assert reading.alert.infos[0].event == "Flood"
    assert reading.alert.identifier == "XFlood"


@pytest.mark.parametrize(
    "text",
    ["", " \n", "water", "\x00", "<", "<alert", GOOD[:-1], GOOD + "<x/>", GOOD + "x", "<a>&nbsp;</a>",
     "<?xml version='1.0' encoding='none'?><a/>"],
)  # fmt: skip
def test_what_is_no_xml_is_said(text: str) -> None:
    assert code_of(text) in {"xml.syntax", "xml.empty"}


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"\xff\xff\xff", b"<alert>\xe9</alert>", b"PK\x03\x04"]
)
def test_bytes_that_are_no_text_are_said(data: bytes) -> None:
    assert code_of(data) == "xml.syntax"


def test_too_many_bytes_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_guard, "MOST_BYTES", len(GOOD))
    assert read(GOOD).valid
    assert code_of(GOOD + " ") == "limit.bytes"


def test_too_many_tags_are_not_parsed() -> None:
    assert code_of("<a>" + "<b/>" * xml_guard.MOST_TAGS + "</a>") == "limit.elements"


@pytest.mark.parametrize("depth", [65, 200, 300, 10_000])
def test_elements_may_not_nest_without_end(depth: int) -> None:
    assert code_of("<a>" * depth + "</a>" * depth) == "limit.depth"


def test_what_nests_less_is_read() -> None:
    assert code_of("<a>" * 64 + "</a>" * 64) == "cap.root"


def test_too_many_infos(monkeypatch: pytest.MonkeyPatch) -> None:
    text = alert(*(info(area(), event=f"Flood {k}") for k in range(3)))
    monkeypatch.setattr(cap_tree, "MOST_INFOS", 3)
    assert read(text).valid
    monkeypatch.setattr(cap_tree, "MOST_INFOS", 2)
    assert code_of(text) == "limit.infos"


def test_too_many_areas_over_all_infos(monkeypatch: pytest.MonkeyPatch) -> None:
    text = alert(info(area(), area()), info(area(), event="Storm"))
    monkeypatch.setattr(cap_tree, "MOST_AREAS", 3)
    assert read(text).valid
    monkeypatch.setattr(cap_tree, "MOST_AREAS", 2)
    assert code_of(text) == "limit.areas"


def test_too_many_vertices_over_all_polygons(monkeypatch: pytest.MonkeyPatch) -> None:
    text = alert(info(area(polygon(SQUARE), polygon(SQUARE))))
    monkeypatch.setattr(cap_tree, "MOST_VERTICES", 10)
    assert read(text).valid
    monkeypatch.setattr(cap_tree, "MOST_VERTICES", 9)
    assert code_of(text) == "limit.vertices"


def test_too_many_alerts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cap_xml, "MOST_ALERTS", 1)
    assert code_of(f"<alerts>{GOOD}{GOOD}</alerts>") == "limit.alerts"


def test_findings_end_somewhere() -> None:
    text = alert(info(area(), "<x/>" * 100_000))
    reading = read(text)
    codes = [each.code for each in reading.findings]
    assert codes.count("cap.element.unknown") == cap_fields.MOST_FINDINGS
    assert codes.count("limit.findings") == 1
    # The schema has its own number of messages.
    assert len(codes) <= cap_fields.MOST_FINDINGS + 101


def test_no_error_is_hidden_behind_what_is_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cap_fields, "MOST_FINDINGS", 3)
    words = "".join(area("", name=f"A{k}") for k in range(10))
    reading = read(alert(info(words, area(polygon(SQUARE[:-6])))))
    codes = [each.code for each in reading.findings]
    assert codes.count("cap.area.words_only") == 3
    assert "cap.polygon.open" in codes
    assert not reading.valid


# As large as the limits allow, and built to take long.
PAIR = "<parameter><valueName>a</valueName><value>b</value></parameter>"
WORST: dict[str, tuple[Callable[[], str], bool]] = {
    "areas": (lambda: alert(info(*(area(name=f"A{k}") for k in range(9_900)))), True),
    "strangers": (lambda: alert(info(area(), "<x/>" * 390_000)), False),
    "pairs": (lambda: alert(info(PAIR * 60_000)), True),
    "blocks": (lambda: alert(info(area()) * 1_000), True),
    "vertices": (
        lambda: alert(info(area(polygon("1.000000,2.000000 2.0,3.0 1.5,4.0 " * 80_000 + "1,2")))),
        True,
    ),
    "a word at the end": (lambda: alert(info(area(polygon("10,20 " * 200_000 + "x")))), False),
    "text": (lambda: alert(info(area(), description="x" * 9_900_000)), True),
    "references": (lambda: alert(info(area()), references="a,b,2026-01-31T18:00:00+01:00 " * 6_000), True),
    "base64": (lambda: alert(info(resource(derefUri="AAAA" * 2_400_000), area())), True),
}  # fmt: skip


@pytest.mark.parametrize("kind", WORST)
def test_the_largest_alerts_are_read_without_a_hang(kind: str) -> None:
    make, valid = WORST[kind]
    assert read(make()).valid is valid


@pytest.mark.parametrize(
    "text",
    [
        "<rss>" + "<item><link>x</link></item>" * 90_000 + "</rss>",
        "<rss>" + "<item/>" * 390_000 + "</rss>",
        "<a>" + "<b>" * 62 + "<c/>" * 390_000 + "</b>" * 62 + "</a>",
    ],
    ids=["links", "items", "deep"],
)
def test_the_largest_files_without_an_alert_are_read_without_a_hang(text: str) -> None:
    assert not read(text).valid


def test_a_feed_of_five_thousand_alerts() -> None:
    started = time.process_time()
    found = read_alerts(f"<alerts>{GOOD * 5_000}</alerts>".encode(), "a.xml")
    assert len(found) == 5_000
    assert all(reading.valid for reading in found)
    assert time.process_time() - started < NO_HANG_S


def test_an_alert_inside_an_alert_is_no_alert() -> None:
    inner = GOOD.replace("X1", "X2")
    reading = read(GOOD.replace("</alert>", f"{inner}</alert>"))
    assert reading.alert is None
    assert [each.code for each in reading.findings] == ["cap.element.unknown"]
    assert CAP_12 in GOOD
