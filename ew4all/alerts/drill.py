"""What this project may create: alerts and messages that cannot warn anybody.

The lock is in the types. `DrillStatus` has no member for a real alert and `DrillIdentifier` none
for a live message identifier, so whatever takes and gives only these types (building an alert,
simulation, exercise, API) has no way to say "Actual" or "4370". Reading and analysing somebody
else's alert uses `ew4all.alerts.cap.Alert`, which holds any status; nothing here makes a
`DrillAlert` out of one without a status being named anew.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from ew4all.alerts.cap import Alert, AlertFields, Status
from ew4all.alerts.wire.request import MAX_REPETITION_S
from ew4all.errors import MessageError, TemplateError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DrillAlert", "DrillIdentifier", "DrillMessage", "DrillStatus", "identifier_of"]


class DrillStatus(StrEnum):
    """Status of an alert that is made here (OASIS CAP 1.2, section 3.2.1): no other can be made."""

    EXERCISE = "Exercise"
    TEST = "Test"
    DRAFT = "Draft"

    @classmethod
    def _missing_(cls, value: object) -> DrillStatus:
        msg = (
            f"an alert that is made here has the status {', '.join(cls)}, and {str(value)!r} is "
            "none of them; real alerts are made by the agency's own system"
        )
        raise TemplateError(msg)


class DrillIdentifier(IntEnum):
    """Message identifiers of tests and exercises (3GPP TS 23.041, clause 9.4.1.2.2).

    EU-Alert uses 4380, 4381, 4398 and 4399 in the same way: so Android has it for Germany and France
    (CellBroadcastReceiver, res/values-mcc262 and mcc208).
    """

    ETWS_TEST = 4355
    REQUIRED_MONTHLY_TEST = 4380
    EXERCISE = 4381
    EXERCISE_ADDITIONAL_LANGUAGE = 4394
    STATE_LOCAL_TEST = 4398
    STATE_LOCAL_TEST_ADDITIONAL_LANGUAGE = 4399

    @classmethod
    def _missing_(cls, value: object) -> DrillIdentifier:
        msg = (
            f"a message that is made here has the identifier {', '.join(str(i.value) for i in cls)}"
            f", and {value} is none of them"
        )
        raise MessageError(msg)


# Total: a member without a row is a KeyError in the tests, not a guess.
_STATUS: Mapping[DrillStatus, Status] = {
    DrillStatus.EXERCISE: Status.EXERCISE,
    DrillStatus.TEST: Status.TEST,
    DrillStatus.DRAFT: Status.DRAFT,
}
# (first language, additional language). A draft is not broadcast. The monthly test has no
# additional-language identifier among those that may be made, hence the state and local test.
_IDENTIFIERS: Mapping[DrillStatus, tuple[DrillIdentifier, DrillIdentifier] | None] = {
    DrillStatus.EXERCISE: (
        DrillIdentifier.EXERCISE,
        DrillIdentifier.EXERCISE_ADDITIONAL_LANGUAGE,
    ),
    DrillStatus.TEST: (
        DrillIdentifier.STATE_LOCAL_TEST,
        DrillIdentifier.STATE_LOCAL_TEST_ADDITIONAL_LANGUAGE,
    ),
    DrillStatus.DRAFT: None,
}


def identifier_of(status: DrillStatus, *, additional: bool = False) -> DrillIdentifier | None:
    """Return the identifier of a status, or of its additional languages; None for a draft."""
    pair = _IDENTIFIERS[DrillStatus(status)]
    return pair[additional] if pair else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillAlert(AlertFields):
    """A CAP alert that was made here: all that `ew4all.alerts.cap.Alert` holds, and a drill status.

    Raises
    ------
    TemplateError
        The status is none of Exercise, Test and Draft.
    """

    status: DrillStatus

    def __post_init__(self) -> None:
        """Bring the status into its type: types alone do not stop a caller without a checker."""
        object.__setattr__(self, "status", DrillStatus(self.status))

    @property
    def alert(self) -> Alert:
        """The same as a plain alert, for the writer and for whatever analyses alerts."""
        held = {field.name: getattr(self, field.name) for field in fields(self)}
        return Alert(**{**held, "status": _STATUS[self.status]})


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillMessage:
    """A cell-broadcast message that was made here, one language of one alert.

    Periods are in seconds; `broadcasts` is how often it is sent, at least once (0 would be without
    end, which no drill asks for).

    Raises
    ------
    MessageError
        The identifier is none of a test or exercise, or a number is out of range.
    """

    message_identifier: DrillIdentifier
    serial_number: int
    text: str
    language: str | None = None
    repetition_s: int = 60
    broadcasts: int = 1

    def __post_init__(self) -> None:
        """Bring the identifier into its type and check the numbers (TS 23.041, TS 38.413)."""
        identifier = DrillIdentifier(self.message_identifier)
        object.__setattr__(self, "message_identifier", identifier)
        for name, value, least, most in (
            ("serial_number", self.serial_number, 0, 0xFFFF),
            ("repetition_s", self.repetition_s, 0, MAX_REPETITION_S),
            ("broadcasts", self.broadcasts, 1, 65_535),
        ):
            if not least <= value <= most:
                msg = f"{name} is {value}, and must lie in {least} to {most}"
                raise MessageError(msg)
