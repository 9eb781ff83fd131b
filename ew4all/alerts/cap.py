"""An alert of the OASIS Common Alerting Protocol (CAP) 1.2 as plain, frozen data.

Names are those of the standard, written as Python writes names. What an XML schema calls optional is
None or an empty tuple where it is absent. The model holds what an alert says; whether that is
consistent is the business of `ew4all.alerts.cap_rules`, and XML that of `cap_xml` and `cap_write`.

References
----------
OASIS CAP 1.2 (1 July 2010), sections 3.2.1 to 3.2.4; ITU-T X.1303 bis has the same text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from numpy import float64
    from numpy.typing import NDArray

__all__ = [
    "Alert",
    "AlertFields",
    "Area",
    "Category",
    "Certainty",
    "Circle",
    "Info",
    "MsgType",
    "NamedValue",
    "Polygon",
    "Reference",
    "Resource",
    "ResponseType",
    "Scope",
    "Severity",
    "Status",
    "Urgency",
]

DEFAULT_LANGUAGE = "en-US"


class Status(StrEnum):
    """How a message is to be handled; only ACTUAL is meant for the public."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    SYSTEM = "System"
    TEST = "Test"
    DRAFT = "Draft"


class MsgType(StrEnum):
    """What a message does."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"
    ACK = "Ack"
    ERROR = "Error"


class Scope(StrEnum):
    """Whom a message is meant for."""

    PUBLIC = "Public"
    RESTRICTED = "Restricted"
    PRIVATE = "Private"


class Category(StrEnum):
    """Kind of event."""

    GEO = "Geo"
    MET = "Met"
    SAFETY = "Safety"
    SECURITY = "Security"
    RESCUE = "Rescue"
    FIRE = "Fire"
    HEALTH = "Health"
    ENV = "Env"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    CBRNE = "CBRNE"
    OTHER = "Other"


class ResponseType(StrEnum):
    """What people are asked to do."""

    SHELTER = "Shelter"
    EVACUATE = "Evacuate"
    PREPARE = "Prepare"
    EXECUTE = "Execute"
    AVOID = "Avoid"
    MONITOR = "Monitor"
    ASSESS = "Assess"
    ALL_CLEAR = "AllClear"
    NONE = "None"


class Urgency(StrEnum):
    """How soon people must act."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Severity(StrEnum):
    """How grave the event is for life and property."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    """How sure the event is. CAP 1.0's "Very Likely" is read as LIKELY, as CAP 1.2 asks."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Reference:
    """Another message, by the three things that identify it."""

    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A parameter, event code or geocode: `name` is CAP's valueName."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Polygon:
    """A ring as CAP writes it: (latitude, longitude) in degrees, the last pair equal to the first.

    Thousands of pairs as Python objects take longer than reading them: a long ring keeps an array, and
    `points` is made of it when somebody first asks.
    """

    points: tuple[tuple[float, float], ...]
    _array: NDArray[float64] | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def of_array(cls, latlon_deg: NDArray[float64]) -> Polygon:
        """Return the ring of an array of (latitude, longitude), degrees, that nobody changes any more."""
        ring = object.__new__(cls)
        object.__setattr__(ring, "_array", latlon_deg)
        return ring

    def __getattr__(self, name: str) -> Any:
        """Make `points`: what is called for a slot that was not filled, which that one is for a while."""
        if name != "points":
            raise AttributeError(name)
        array = self._array
        if array is None:
            raise AttributeError(name)
        points = tuple(map(tuple, array.tolist()))
        object.__setattr__(self, "points", points)
        return points

    @property
    def latlon_deg(self) -> NDArray[float64]:
        """The points as an array (n, 2) that cannot be written to."""
        array = self._array
        if array is None:
            import numpy as np

            array = np.array(self.points, dtype=np.float64).reshape(-1, 2)
        # A copy, or one from a pickle, can be written to.
        array.setflags(write=False)
        return array

    @property
    def is_array(self) -> bool:
        """Whether it was read as an array, one vertex for each comma of the text."""
        return self._array is not None

    @property
    def vertices(self) -> int:
        """How many points there are, the repeated one counted."""
        return len(self.points) if self._array is None else len(self._array)


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle as CAP writes it; a radius of 0 marks a point."""

    lat_deg: float
    lon_deg: float
    radius_km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Where an info block applies: the union of its polygons, circles and geocodes.

    `altitude_ft` and `ceiling_ft` are feet above mean sea level; with both, the area is the range
    between them.
    """

    description: str
    polygons: tuple[Polygon, ...] = ()
    circles: tuple[Circle, ...] = ()
    geocodes: tuple[NamedValue, ...] = ()
    altitude_ft: float | None = None
    ceiling_ft: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A picture, sound or document. `deref_uri` is its content in base64, `size` is in bytes.

    `mime_type` may be absent in CAP 1.0 and 1.1 only.
    """

    description: str
    mime_type: str | None
    size: int | None = None
    uri: str | None = None
    deref_uri: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """One description of an event, in one language, for some areas.

    `language` is "en-US" where the alert names none; `language_given` then is false, and it is
    left out of comparisons because it changes nothing in the meaning. Times are aware.
    """

    language: str = DEFAULT_LANGUAGE
    language_given: bool = field(default=True, compare=False)
    categories: tuple[Category, ...]
    event: str
    response_types: tuple[ResponseType, ...] = ()
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    audience: str | None = None
    event_codes: tuple[NamedValue, ...] = ()
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str | None = None
    headline: str | None = None
    description: str | None = None
    instruction: str | None = None
    web: str | None = None
    contact: str | None = None
    parameters: tuple[NamedValue, ...] = ()
    resources: tuple[Resource, ...] = ()
    areas: tuple[Area, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFields:
    """What every CAP message says; `Alert` and `ew4all.alerts.drill.DrillAlert` differ in the status it may have."""

    identifier: str
    sender: str
    sent: datetime
    status: StrEnum
    msg_type: MsgType
    source: str | None = None
    scope: Scope
    restriction: str | None = None
    addresses: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    note: str | None = None
    references: tuple[Reference, ...] = ()
    incidents: tuple[str, ...] = ()
    infos: tuple[Info, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(AlertFields):
    """One CAP message. `version` is the version of CAP that it was read from.

    The writer always writes CAP 1.2, so `version` is left out of comparisons. Times are aware.
    """

    status: Status
    version: str = field(default="1.2", compare=False)

    @property
    def reference(self) -> Reference:
        """What other messages name this one by."""
        return Reference(self.sender, self.identifier, self.sent)
