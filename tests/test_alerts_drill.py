"""What may be created: no status and no identifier by which anybody could be warned."""

from __future__ import annotations

import dataclasses

import pytest
from made_alerts import SENT, made_info

from ew4all.alerts.cap import Alert, MsgType, Scope, Status
from ew4all.alerts.drill import (
    DrillAlert,
    DrillIdentifier,
    DrillMessage,
    DrillStatus,
    identifier_of,
)
from ew4all.errors import InputError, MessageError, TemplateError


def drill(status: object = DrillStatus.EXERCISE) -> DrillAlert:
    return DrillAlert(
        identifier="x",
        sender="a@example.org",
        sent=SENT,
        status=status,  # type: ignore[arg-type]  # on purpose: a caller without a type checker
        msg_type=MsgType.ALERT,
        scope=Scope.PUBLIC,
        infos=(made_info(),),
    )


def test_only_three_statuses_and_six_identifiers_exist() -> None:
    assert [*DrillStatus] == ["Exercise", "Test", "Draft"]
    assert [*DrillIdentifier] == [4355, 4380, 4381, 4394, 4398, 4399]


@pytest.mark.parametrize(
    "status", ["Actual", "System", "actual", "", None, Status.ACTUAL], ids=repr
)
def test_no_other_status_can_be_had(status: object) -> None:
    with pytest.raises(TemplateError, match="Exercise, Test, Draft"):
        DrillStatus(status)
    with pytest.raises(TemplateError):
        drill(status)
    with pytest.raises(TemplateError):
        dataclasses.replace(drill(), status=status)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [*DrillStatus])
def test_every_status_becomes_that_of_a_plain_alert(status: DrillStatus) -> None:
    alert = drill(status).alert
    assert type(alert) is Alert
    assert alert.status is Status(str(status))
    assert alert.infos == (made_info(),)
    assert drill(str(status)).status is status  # a text is brought into the type


def test_a_drill_alert_holds_all_that_an_alert_holds() -> None:
    drills = {f.name for f in dataclasses.fields(DrillAlert)}
    plain = {f.name for f in dataclasses.fields(Alert)}
    assert plain - drills == {"version"}
    assert not drills - plain


def test_every_status_has_its_identifiers() -> None:
    assert identifier_of(DrillStatus.EXERCISE) == 4381
    assert identifier_of(DrillStatus.EXERCISE, additional=True) == 4394
    assert identifier_of(DrillStatus.TEST) == 4398
    assert identifier_of(DrillStatus.TEST, additional=True) == 4399
    assert identifier_of(DrillStatus.DRAFT) is None


@pytest.mark.parametrize("identifier", [4370, 4371, 4352, 4396, 6400, 0, 4400])
def test_no_live_identifier_can_be_had(identifier: int) -> None:
    with pytest.raises(MessageError, match="4355, 4380"):
        DrillIdentifier(identifier)
    with pytest.raises(MessageError):
        DrillMessage(message_identifier=identifier, serial_number=0, text="a")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [("serial_number", -1), ("serial_number", 65536), ("repetition_s", 131072), ("broadcasts", 0)],
)
def test_numbers_of_a_drill_message_have_their_ranges(name: str, value: int) -> None:
    good = DrillMessage(message_identifier=DrillIdentifier.EXERCISE, serial_number=0, text="a")
    with pytest.raises(MessageError, match=name):
        dataclasses.replace(good, **{name: value})


def test_errors_are_errors_of_input() -> None:
    assert issubclass(TemplateError, InputError)
