"""Feeds and envelopes: the alerts that they hold, and what they only link to."""

from __future__ import annotations

import pytest
from cap_texts import CAP_11, GOOD, alert, area, info

from ew4all.alerts.cap_xml import Reading, read_alerts
from ew4all.alerts.feeds import MOST_ENTRIES

SECOND = GOOD.replace("X1", "X2")
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom">'


def read(text: str) -> tuple[Reading, ...]:
    return read_alerts(text.encode(), "feed.xml")


def identifiers(readings: tuple[Reading, ...]) -> list[str | None]:
    return [None if r.alert is None else r.alert.identifier for r in readings]


WRAPPERS = {
    "alerts": f"<alerts>{GOOD}{SECOND}</alerts>",
    "atom": f"{ATOM}<title>t</title><entry><content type='text/xml'>{GOOD}</content></entry>"
    f"<entry><content type='text/xml'>{SECOND}</content></entry></feed>",
    "rss": f"<rss><channel><title>t</title><item><title>t</title>{GOOD}</item><item>{SECOND}</item>"
    "</channel></rss>",
    "rdf": '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><item>'
    f"{GOOD}</item><item>{SECOND}</item></r:RDF>",
    "edxl": '<d:EDXLDistribution xmlns:d="urn:oasis:names:tc:emergency:EDXL:DE:1.0">'
    f"<d:contentObject><d:xmlContent><d:embeddedXMLContent>{GOOD}</d:embeddedXMLContent>"
    f"</d:xmlContent></d:contentObject><d:contentObject>{SECOND}</d:contentObject>"
    "</d:EDXLDistribution>",
    "soap": f'<s:Envelope xmlns:s="urn:s"><s:Body>{GOOD}{SECOND}</s:Body></s:Envelope>',
}


@pytest.mark.parametrize("kind", WRAPPERS)
def test_alerts_are_taken_out_in_their_order(kind: str) -> None:
    readings = read(WRAPPERS[kind])
    assert identifiers(readings) == ["X1", "X2"]
    for k, reading in enumerate(readings):
        assert reading.index == k
        assert reading.valid
        assert reading.xsd_valid is True
        assert [f.code for f in reading.findings] == ["feed.unwrapped"]
        assert reading.data == WRAPPERS[kind].encode()


def test_a_fault_in_one_alert_leaves_the_others_alone() -> None:
    broken = alert(info(area(), event=None))
    readings = read(f"<alerts>{GOOD}\n{broken}\n{SECOND}</alerts>")
    assert identifiers(readings) == ["X1", None, "X2"]
    assert [r.valid for r in readings] == [True, False, True]
    fault = next(f for f in readings[1].findings if f.code == "cap.element.missing")
    assert (fault.path, fault.line) == ("/alert/info[1]", 2)


def test_versions_may_be_mixed() -> None:
    readings = read(
        f"<alerts>{GOOD}{GOOD.replace('urn:oasis:names:tc:emergency:cap:1.2', CAP_11)}</alerts>"
    )
    assert [r.cap_version for r in readings] == ["1.2", "1.1"]
    assert [r.xsd_valid for r in readings] == [True, None]


@pytest.mark.parametrize(
    ("entry", "link"),
    [
        ('<link href="https://a.b/1.xml"/>', "https://a.b/1.xml"),
        ("<link>https://a.b/1.xml</link>", "https://a.b/1.xml"),
        ("<id>urn:1</id>", "urn:1"),
        ("<title>Flood</title>", "names no alert"),
    ],
)
def test_entries_that_only_link_are_named(entry: str, link: str) -> None:
    readings = read(f"{ATOM}<entry>{GOOD}</entry><entry>{entry}</entry></feed>")
    assert identifiers(readings) == ["X1"]
    assert readings[0].valid
    found = [f for f in readings[0].findings if f.code == "feed.link"]
    assert len(found) == 1
    assert found[0].path == "/feed/entry[2]"
    assert link in found[0].message


def test_a_feed_of_links_holds_no_alert() -> None:
    items = "".join(f"<item><link>https://a.b/{k}</link></item>" for k in range(30))
    readings = read(f"<rss><channel>{items}</channel></rss>")
    assert len(readings) == 1
    assert not readings[0].valid
    assert readings[0].xsd_valid is None
    assert readings[0].cap_version is None
    codes = [f.code for f in readings[0].findings]
    assert codes == ["feed.no_alert", *["feed.link"] * MOST_ENTRIES]
    assert "10 more entries" in readings[0].findings[-1].message


def test_an_empty_feed_holds_no_alert() -> None:
    for text in (f"{ATOM}</feed>", "<alerts/>", "<rss><channel/></rss>"):
        assert [f.code for f in read(text)[0].findings] == ["feed.no_alert"]


def test_an_alert_below_an_alert_is_not_taken_out() -> None:
    hidden = GOOD.replace("</alert>", f"{SECOND}</alert>")
    readings = read(f"<alerts>{hidden}</alerts>")
    assert identifiers(readings) == [None]
    assert "cap.element.unknown" in {f.code for f in readings[0].findings}


def test_an_alert_of_another_namespace_in_a_feed_is_named() -> None:
    readings = read(f'<alerts><alert xmlns="urn:x"/>{GOOD}</alerts>')
    assert identifiers(readings) == [None, "X1"]
    assert "cap.namespace" in {f.code for f in readings[0].findings}
