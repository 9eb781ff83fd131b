"""Each code of a finding has a file that brings it about, and nothing worse."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime

import pytest
from cap_texts import (
    CAP_10,
    CAP_11,
    GOOD,
    SQUARE,
    alert,
    area,
    circle,
    geocode,
    info,
    polygon,
    resource,
)

from ew4all.alerts.cap_codes import RULES
from ew4all.alerts.checking import check, check_together
from ew4all.alerts.findings import Level

NOW = datetime.fromisoformat("2026-01-31T18:30:00+01:00")
REFERENCE = "agency@example.org,X0,2026-01-31T17:00:00+01:00"
UPDATE = {"msgType": "Update"}
# Whether its middle is inside depends on the rule.
PENTAGRAM = "12,20 8.38,21.18 11.46,18.1 11.46,21.9 8.38,18.82 12,20"
CONTENT = base64.b64encode(b"water").decode()


def shaped(*shapes: str) -> str:
    return alert(info(area(*shapes)))


def old(text: str, space: str = CAP_11) -> str:
    if space == CAP_10:
        text = text.replace("Observed", "Likely")
    return text.replace("urn:oasis:names:tc:emergency:cap:1.2", space)


def heights(text: str) -> str:
    return alert(info(area(polygon(SQUARE), text)))


# For each code, a file that has it, and the path that it points to.
FILES: dict[str, tuple[str, str]] = {
    "xml.empty": ("\n", ""),
    "xml.doctype": ("<!DOCTYPE alert>" + GOOD, ""),
    "xml.syntax": (GOOD[:-3], ""),
    "xml.encoding": (f'<?xml version="1.0" encoding="ISO-8859-1"?>{GOOD}', ""),
    "feed.unwrapped": (f"<alerts>{GOOD}</alerts>", ""),
    "feed.link": (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="https://a.b/c"/></entry>'
        f"<entry>{GOOD}</entry></feed>",
        "/feed/entry[1]",
    ),
    "feed.no_alert": (
        "<rss><channel><item><link>https://a.b/c</link></item></channel></rss>",
        "/rss",
    ),
    "cap.root": ("<page/>", "/page"),
    "cap.namespace": ('<alert xmlns="urn:oasis:names:tc:emergency:cap:1.3"/>', "/alert"),
    "cap.version": (old(GOOD), "/alert"),
    "cap.schema": (
        GOOD.replace("<event>", '<event colour="red">'),
        "/alert/info[1]/event",
    ),
    "cap.element.missing": (alert(info(area()), scope=None), "/alert"),
    "cap.element.order": (
        alert(info(area()))
        .replace("<scope>Public</scope>", "")
        .replace("<status>", "<scope>Public</scope><status>"),
        "/alert/status",
    ),
    "cap.element.repeated": (
        GOOD.replace("<event>", "<event>Storm</event><event>"),
        "/alert/info[1]/event[2]",
    ),
    "cap.element.unknown": (alert(info(area(), "<colour>red</colour>")), "/alert/info[1]/colour"),
    "cap.element.content": (alert(info(area(), event="<b>Flood</b>")), "/alert/info[1]/event"),
    "cap.element.text": (old(alert(info("Flood!", area()))), "/alert/info[1]"),
    "cap.element.blank": (alert(info(area(), event=" ")), "/alert/info[1]/event"),
    "cap.element.empty": (alert(info(area()), source=""), "/alert/source"),
    "cap.value.enumeration": (alert(info(area()), status="actual"), "/alert/status"),
    "cap.value.blanks": (alert(info(area()), status=" Actual "), "/alert/status"),
    "cap.value.deprecated": (
        alert(info(area(), certainty="Very Likely")),
        "/alert/info[1]/certainty",
    ),
    "cap.time.form": (alert(info(area()), sent="yesterday"), "/alert/sent"),
    "cap.time.zone": (alert(info(area()), sent="2026-01-31T18:00:00"), "/alert/sent"),
    "cap.time.letter": (alert(info(area()), sent="2026-01-31T17:00:00Z"), "/alert/sent"),
    "cap.time.letter_old": (
        old(alert(info(area()), sent="2026-01-31T17:00:00Z"), CAP_10),
        "/alert/sent",
    ),
    "cap.time.fraction": (alert(info(area()), sent="2026-01-31T18:00:00.5+01:00"), "/alert/sent"),
    "cap.number": (heights("<altitude>1e3</altitude>"), "/alert/info[1]/area[1]/altitude"),
    "cap.pair.form": (
        old(shaped(polygon(SQUARE), "<geocode>006037</geocode>"), CAP_10),
        "/alert/info[1]/area[1]/geocode[1]",
    ),
    "cap.language.form": (alert(info(area(), language="english!")), "/alert/info[1]/language"),
    "cap.language.default": (alert(info(area(), language=None)), "/alert/info[1]"),
    "cap.identifier.characters": (alert(info(area()), identifier="X 1"), "/alert/identifier"),
    "cap.sender.characters": (alert(info(area()), sender="a,b"), "/alert/sender"),
    "cap.references.missing": (alert(info(area()), **UPDATE), "/alert"),
    "cap.references.syntax": (alert(info(area()), references="X0"), "/alert/references"),
    "cap.references.self": (
        alert(info(area()), references="agency@example.org,X1,2026-01-31T17:00:00+00:00"),
        "/alert/references",
    ),
    "cap.references.repeated": (
        alert(info(area()), references=f"{REFERENCE} {REFERENCE}", **UPDATE),
        "/alert/references",
    ),
    "cap.references.later": (
        alert(info(area()), references=REFERENCE.replace("17:", "19:"), **UPDATE),
        "/alert/references",
    ),
    "cap.references.sender": (
        alert(info(area()), references=REFERENCE.replace("agency", "other"), **UPDATE),
        "/alert/references",
    ),
    "cap.restriction.missing": (alert(info(area()), scope="Restricted"), "/alert/scope"),
    "cap.restriction.unused": (alert(info(area()), restriction="police"), "/alert/restriction"),
    "cap.addresses.missing": (alert(info(area()), scope="Private"), "/alert/scope"),
    "cap.quotes": (alert(info(area()), addresses='a "b c'), "/alert/addresses"),
    "cap.note.missing": (alert(info(area()), status="Exercise"), "/alert"),
    "cap.status.not_actual": (alert(info(area()), status="Test"), "/alert/status"),
    "cap.scope.default": (old(alert(info(area()), scope=None), CAP_10), "/alert"),
    "cap.password": (old(alert(info(area()), password="x"), CAP_10), "/alert/password"),
    "cap.info.missing": (alert(), "/alert"),
    "cap.info.repeated": (alert(info(area()), info(area())), "/alert/info[2]"),
    "cap.sent.future": (alert(info(area()), sent="2026-01-31T18:31:00+01:00"), "/alert/sent"),
    "cap.expired": (
        alert(info(area(), expires="2026-01-31T18:30:00+01:00")),
        "/alert/info[1]/expires",
    ),
    "cap.expires.missing": (alert(info(area(), expires=None)), "/alert/info[1]"),
    "cap.expires.before_effective": (
        # 18:30 in the east is before 18:00 in the west.
        alert(info(area(), expires="2026-01-31T18:30:00+02:00")),
        "/alert/info[1]/expires",
    ),
    "cap.expires.at_once": (
        alert(info(area(), expires="2026-01-31T17:00:00+00:00")),
        "/alert/info[1]/expires",
    ),
    "cap.onset.before_effective": (
        alert(info(area(), onset="2026-01-31T17:59:59+01:00")),
        "/alert/info[1]/onset",
    ),
    "cap.onset.after_expires": (
        alert(info(area(), onset="2026-01-31T20:00:01+01:00")),
        "/alert/info[1]/onset",
    ),
    "cap.text.markup": (
        alert(info(area(), description="Go <![CDATA[<b>now</b>]]>.")),
        "/alert/info[1]/description",
    ),
    "cap.web.relative": (alert(info(area(), web="www.example.org")), "/alert/info[1]/web"),
    "cap.resource.nothing": (alert(info(resource(), area())), "/alert/info[1]/resource[1]"),
    "cap.resource.relative": (
        alert(info(resource(uri="map.png"), area())),
        "/alert/info[1]/resource[1]/uri",
    ),
    "cap.resource.mime": (
        alert(info(resource(mimeType="picture", uri="https://a.b/c"), area())),
        "/alert/info[1]/resource[1]/mimeType",
    ),
    "cap.resource.size": (
        alert(info(resource(size="-1", uri="https://a.b/c"), area())),
        "/alert/info[1]/resource[1]/size",
    ),
    "cap.resource.base64": (
        alert(info(resource(derefUri="%%%"), area())),
        "/alert/info[1]/resource[1]/derefUri",
    ),
    "cap.resource.digest_form": (
        alert(info(resource(uri="https://a.b/c", digest="abc"), area())),
        "/alert/info[1]/resource[1]/digest",
    ),
    "cap.resource.digest": (
        alert(info(resource(derefUri=CONTENT, digest="0" * 40), area())),
        "/alert/info[1]/resource[1]/digest",
    ),
    "cap.area.missing": (alert(info()), "/alert/info[1]"),
    "cap.area.words_only": (shaped(""), "/alert/info[1]/area[1]"),
    "cap.area.geocodes_only": (shaped(geocode("SAME", "006037")), "/alert/info[1]/area[1]"),
    "cap.polygon.empty": (
        shaped(polygon(SQUARE), polygon(" ")),
        "/alert/info[1]/area[1]/polygon[2]",
    ),
    "cap.polygon.empty_old": (
        old(shaped(polygon(""), polygon(SQUARE))),
        "/alert/info[1]/area[1]/polygon[1]",
    ),
    "cap.polygon.syntax": (
        shaped(polygon(SQUARE.replace(",", ", "))),
        "/alert/info[1]/area[1]/polygon[1]",
    ),
    "cap.polygon.comma": (
        shaped(polygon(SQUARE.replace("10,21", "10,21,"))),
        "/alert/info[1]/area[1]/polygon[1]",
    ),
    "cap.polygon.pairs": (
        shaped(polygon("10,20 10,21 10,20")),
        "/alert/info[1]/area[1]/polygon[1]",
    ),
    "cap.polygon.open": (shaped(polygon(SQUARE[:-6])), "/alert/info[1]/area[1]/polygon[1]"),
    "cap.polygon.latitude": (
        shaped(polygon("91,20 91,170 95,170 95,20 91,20")),
        "/alert/info[1]/area[1]/polygon[1]",
    ),
    "cap.polygon.longitude": (
        shaped(polygon("10,179 10,181 11,181 11,179 10,179")),
        "/alert/info[1]/area[1]/polygon[1]",
    ),
    "cap.polygon.far": (
        shaped(polygon("10,359 10,361 11,361 11,359 10,359")),
        "/alert/info[1]/area[1]/polygon[1]",
    ),
    "cap.polygon.swapped": (
        shaped(polygon("120,20 120,21 121,21 121,20 120,20")),
        "/alert/info[1]/area[1]/polygon[1]",
    ),
    "cap.polygon.flat": (
        shaped(polygon("10,20 11,21 12,22 10,20")),
        "/alert/info[1]/area[1]/polygon[1]",
    ),
    "cap.polygon.crossing": (
        shaped(polygon(PENTAGRAM)),
        "/alert/info[1]/area[1]/polygon[1]",
    ),
    "cap.polygon.mended": (
        shaped(polygon("10,20 10,21 10,22 10,21 11,21 11,20 10,20")),
        "/alert/info[1]/area[1]/polygon[1]",
    ),
    "cap.circle.empty": (shaped(polygon(SQUARE), circle("")), "/alert/info[1]/area[1]/circle[1]"),
    "cap.circle.empty_old": (
        old(shaped(polygon(SQUARE), circle(""))),
        "/alert/info[1]/area[1]/circle[1]",
    ),
    "cap.circle.syntax": (shaped(circle("10,20,5")), "/alert/info[1]/area[1]/circle[1]"),
    "cap.circle.range": (shaped(circle("100,20 5")), "/alert/info[1]/area[1]/circle[1]"),
    "cap.circle.longitude": (shaped(circle("10,181 5")), "/alert/info[1]/area[1]/circle[1]"),
    "cap.circle.radius": (shaped(circle("10,20 -5")), "/alert/info[1]/area[1]/circle[1]"),
    "cap.circle.pole": (shaped(circle("89.9,20 50")), "/alert/info[1]/area[1]/circle[1]"),
    "cap.circle.point": (shaped(circle("10,20 0")), "/alert/info[1]/area[1]/circle[1]"),
    "cap.ceiling.without_altitude": (
        heights("<ceiling>100</ceiling>"),
        "/alert/info[1]/area[1]/ceiling",
    ),
    "cap.ceiling.below_altitude": (
        heights("<altitude>100</altitude><ceiling>99.5</ceiling>"),
        "/alert/info[1]/area[1]/ceiling",
    ),
}

# What comes along with a code because the same fault has two sides.
WITH = {
    "cap.expires.before_effective": {"cap.expired"},
    "cap.expires.at_once": {"cap.expired"},
    "feed.no_alert": {"feed.link"},
    "feed.link": {"feed.unwrapped"},
}
# Brought about elsewhere: limits in test_alerts_xml_guard.py, signatures and several alerts in
# test_alerts_checking.py, files that cannot be read in test_cli_alert_check.py.
ELSEWHERE = ("file.", "limit.", "signature.", "together.")


def codes(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in check(text.encode(), "a.xml", at=NOW)[0].reading.findings:
        found.setdefault(each.code, []).append(each.path)
    return found


def test_every_code_is_brought_about_by_some_file() -> None:
    assert {code for code in RULES if not code.startswith(ELSEWHERE)} == set(FILES)


def test_an_alert_as_it_should_be_has_no_findings() -> None:
    checked = check(GOOD.encode(), "a.xml", at=NOW)
    assert len(checked) == 1
    assert checked[0].reading.findings == ()
    assert checked[0].valid
    assert checked[0].reading.xsd_valid is True
    assert checked[0].signature == "none"


@pytest.mark.parametrize("code", FILES)
def test_a_fault_has_its_code_and_its_place(code: str) -> None:
    text, path = FILES[code]
    found = codes(text)
    assert path in found[code]
    expected = {code, *WITH.get(code, set())}
    if code.endswith("_old") or "cap:1.1" in text or CAP_10 in text:
        expected.add("cap.version")
    if "Exercise" in text:
        expected.add("cap.status.not_actual")
    assert set(found) == expected
    reading = check(text.encode(), "a.xml", at=NOW)[0].reading
    errors = {each.code for each in reading.findings if each.severity is Level.ERROR}
    assert reading.valid is not bool(errors)
    assert (RULES[code].severity is Level.ERROR) is (code in errors)


@pytest.mark.parametrize(
    "name",
    ["identifier", "sender", "event", "areaDesc", "resourceDesc", "mimeType", "valueName"],
)
def test_what_is_required_may_not_be_empty(name: str) -> None:
    full = alert(
        info(resource(uri="https://a.b/c"), area(polygon(SQUARE), geocode("SAME", "006037")))
    )
    text = re.sub(f"<{name}>[^<]*</{name}>", f"<{name}/>", full, count=1)
    reading = check(text.encode(), "a.xml", at=NOW)[0].reading
    assert [each.code for each in reading.findings] == ["cap.element.blank"]
    assert reading.findings[0].path.endswith(f"/{name}")
    assert reading.xsd_valid is True
    assert reading.alert is None


@pytest.mark.parametrize("code", FILES)
def test_a_finding_says_its_line(code: str) -> None:
    # Each tag on a line of its own.
    text = FILES[code][0].replace("><", ">\n<")
    for each in check(text.encode(), "a.xml", at=NOW)[0].reading.findings:
        if each.line is None:
            assert each.code in {"xml.empty"}
            continue
        line = text.splitlines()[each.line - 1]
        last = each.path.rpartition("/")[2].partition("[")[0]
        if each.path:
            assert f"<{last}" in line


@pytest.mark.parametrize("code", RULES)
def test_a_rule_says_what_it_means_and_what_to_do(code: str) -> None:
    rule = RULES[code]
    assert rule.meaning
    assert rule.hint
    assert not rule.meaning.endswith(".")
    assert not rule.hint.endswith(".")


def test_an_alert_whose_parts_can_all_be_read_is_there_though_it_is_not_valid() -> None:
    reading = check(FILES["cap.polygon.open"][0].encode(), "a.xml")[0].reading
    assert not reading.valid
    assert reading.alert is not None
    assert len(reading.alert.infos[0].areas[0].polygons[0].points) == 4


@pytest.mark.parametrize(
    "code",
    ["cap.polygon.syntax", "cap.circle.syntax", "cap.time.form", "cap.element.unknown",
     "cap.element.missing", "cap.element.repeated", "cap.value.enumeration", "cap.number"],
)  # fmt: skip
def test_an_alert_of_which_a_part_would_be_lost_is_not_there(code: str) -> None:
    assert check(FILES[code][0].encode(), "a.xml")[0].reading.alert is None


@pytest.mark.parametrize("text", [" X1", "X1\n", "X\t1", "X,1", "X&amp;1", "X&lt;1"])
@pytest.mark.parametrize("name", ["identifier", "sender"])
def test_identifiers_have_no_blanks_inside_or_around(name: str, text: str) -> None:
    assert codes(alert(info(area()), **{name: text})) == {
        f"cap.{name}.characters": [f"/alert/{name}"]
    }


@pytest.mark.parametrize(
    ("text", "marked"),
    [("a &amp;nbsp; b", True), ("a &amp;#160; b", True), ("&lt;br/&gt;", True), ("&lt;/p&gt;", True),
     ("level &lt; 3 m and &gt; 2 m", False), ("wind &amp; rain; hail", False), ("A&amp;B;", False),
     ("&lt;3", False)],
)  # fmt: skip
def test_markup_in_texts(text: str, marked: bool) -> None:
    found = codes(alert(info(area(), headline=text)))
    assert found == ({"cap.text.markup": ["/alert/info[1]/headline"]} if marked else {})


def test_the_digest_of_a_content_is_checked() -> None:
    digest = hashlib.sha1(b"water", usedforsecurity=False).hexdigest()
    text = alert(info(resource(derefUri=CONTENT, digest=digest.upper()), area()))
    assert codes(text) == {}


def test_alerts_given_together_are_compared() -> None:
    texts = [GOOD, GOOD, GOOD.replace("Flood", "Storm"), GOOD.replace("18:00", "18:01")]
    checked = [one for k, text in enumerate(texts) for one in check(text.encode(), f"{k}.xml")]
    found = [[f.code for f in each.reading.findings] for each in check_together(checked)]
    assert found == [[], ["together.repeated"], ["together.conflict"], ["together.reused"]]
