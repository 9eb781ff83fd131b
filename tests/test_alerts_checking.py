"""Everything that is said of a file: signatures, profiles, times and shapes beside the rules."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cap_texts import GOOD, SQUARE, alert, area, circle, info, polygon
from made_gateway import cap_alert, signer

from ew4all.alerts import profiles
from ew4all.alerts.checking import Checked, check, check_together
from ew4all.alerts.findings import Level
from ew4all.alerts.signature import sign
from ew4all.errors import ReadError

AGENCY, STRANGER = signer("Agency"), signer("Stranger")
SIGNED = sign(
    cap_alert(sent=datetime(2026, 5, 1, 12, 0, tzinfo=UTC)), AGENCY.key_pem, AGENCY.certificate_pem
)
ALTERED = SIGNED.replace(b"<urgency>Immediate", b"<urgency>Expected")
assert ALTERED != SIGNED


def of(data: bytes, *anchors: bytes) -> Checked:
    (checked,) = check(data, "a.xml", anchors=anchors)
    return checked


def signature_codes(checked: Checked) -> list[str]:
    return [f.code for f in checked.reading.findings if f.code.startswith("signature.")]


@pytest.mark.parametrize(
    ("data", "anchors", "outcome", "codes", "valid"),
    [
        (SIGNED, [AGENCY.certificate_pem], "valid", [], True),
        (SIGNED, [], "unchecked", ["signature.unchecked"], True),
        (SIGNED, [STRANGER.certificate_pem], "unchecked", ["signature.untrusted"], True),
        (ALTERED, [], "invalid", ["signature.invalid"], False),
        (ALTERED, [AGENCY.certificate_pem], "invalid", ["signature.invalid"], False),
        (GOOD.encode(), [AGENCY.certificate_pem], "none", [], True),
    ],
    ids=["trusted", "no anchor", "other anchor", "altered", "altered, anchor", "unsigned"],
)
def test_signatures(
    data: bytes, anchors: list[bytes], outcome: str, codes: list[str], valid: bool
) -> None:
    checked = of(data, *anchors)
    assert (checked.signature, signature_codes(checked), checked.valid) == (outcome, codes, valid)


def test_a_signature_has_its_place() -> None:
    found = next(f for f in of(ALTERED).reading.findings if f.code == "signature.invalid")
    assert found.path == "/alert/Signature"
    assert found.line is not None
    assert b"Signature" in ALTERED.splitlines()[found.line - 1]


def test_each_alert_of_a_feed_has_its_own_signature() -> None:
    body = SIGNED[SIGNED.index(b"<alert") :]
    feed = b"<alerts>" + body + GOOD.encode() + b"</alerts>"
    checked = check(feed, "a.xml", anchors=[AGENCY.certificate_pem])
    assert [each.signature for each in checked] == ["valid", "none"]


@pytest.mark.parametrize(
    ("text", "outcome"),
    [("<page/>", "none"), ("", "unchecked"), ("<!DOCTYPE a><a/>", "unchecked"), ("<rss/>", "none")],
)
def test_what_is_no_alert_has_no_signature_and_what_was_not_read_was_not_checked(
    text: str, outcome: str
) -> None:
    assert of(text.encode()).signature == outcome


def test_an_anchor_that_is_no_certificate_stops() -> None:
    for data in (SIGNED, GOOD.encode()):
        with pytest.raises(ReadError, match="trusted certificate 2"):
            of(data, AGENCY.certificate_pem, b"water")


def test_a_profile_adds_its_findings_with_lines() -> None:
    text = GOOD.replace("><", ">\n<")
    (checked,) = check(text.encode(), "a.xml", profile=profiles.load("wea-ipaws"))
    found = [f for f in checked.reading.findings if f.code.startswith("profile.wea-ipaws.")]
    assert found
    for each in found:
        assert each.line is not None
        last = each.path.rpartition("/")[2].partition("[")[0]
        assert f"<{last}" in text.splitlines()[each.line - 1]


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("2026-01-31T17:59:59+01:00", "cap.sent.future"),
        ("2026-01-31T18:00:00+01:00", None),
        ("2026-01-31T18:59:59+00:00", None),
        ("2026-01-31T19:00:00+00:00", "cap.expired"),
    ],
)
def test_the_time_of_the_check(moment: str, code: str | None) -> None:
    (checked,) = check(GOOD.encode(), "a.xml", at=datetime.fromisoformat(moment))
    assert [f.code for f in checked.reading.findings] == ([code] if code else [])
    assert checked.valid


def test_shapes_are_named_by_their_place_though_an_empty_one_stands_before() -> None:
    star = "12,20 8.38,21.18 11.46,18.1 11.46,21.9 8.38,18.82 12,20"
    shapes = [polygon(""), polygon(SQUARE), polygon(star), circle(""), circle("89.9,20 50")]
    text = alert(info(area()), info(area(*shapes), event="Storm")).replace("cap:1.2", "cap:1.1")
    errors = [f for f in of(text.encode()).reading.findings if f.severity is Level.ERROR]
    assert [(f.code, f.path) for f in errors] == [
        ("cap.polygon.crossing", "/alert/info[2]/area[1]/polygon[3]"),
        ("cap.circle.pole", "/alert/info[2]/area[1]/circle[2]"),
    ]


def test_a_shape_with_an_error_is_not_named_twice() -> None:
    text = alert(info(area(polygon(SQUARE[:-6]))))
    assert [f.code for f in of(text.encode()).reading.findings] == ["cap.polygon.open"]


def together(*texts: str) -> list[list[str]]:
    checked = [one for k, text in enumerate(texts) for one in check(text.encode(), f"{k}.xml")]
    found = check_together(checked)
    assert all(one.valid for one in found)
    return [[f.code for f in one.reading.findings] for one in found]


def update(reference: str, **head: str) -> str:
    return alert(
        info(area()),
        **{"identifier": "X2", "sent": "2026-01-31T18:10:00+01:00", "msgType": "Update",
           "references": reference, **head},
    )  # fmt: skip


def test_references_to_what_was_given() -> None:
    # The same moment in another zone.
    right = "agency@example.org,X1,2026-01-31T17:00:00+00:00"
    assert together(GOOD, update(right)) == [[], []]
    assert together(update(right), GOOD) == [[], []]
    wrong = right.replace("17:00:00", "17:00:01")
    assert together(GOOD, update(wrong)) == [[], ["together.mismatch"]]
    assert together(GOOD, update(right.replace("X1", "X0"))) == [[], ["together.unknown"]]
    test = update(right, status="Test")
    assert together(GOOD, test) == [[], ["cap.status.not_actual", "together.status"]]
    # One alert alone says nothing of others.
    assert together(update(wrong)) == [[]]


def test_a_reference_has_its_line() -> None:
    text = update("agency@example.org,X0,2026-01-31T17:00:00+00:00").replace("><", ">\n<")
    checked = [one for t in (GOOD, text) for one in check(t.encode(), "a.xml")]
    (found,) = check_together(checked)[1].reading.findings
    assert found.line is not None
    assert "<references>" in text.splitlines()[found.line - 1]
