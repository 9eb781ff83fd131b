"""What a phone shows of a cell-broadcast message, and why not where it shows nothing.

Pages joined, duplicates dropped as Android drops them (same identifier, serial number and place
within 24 hours), alerts that the user may switch off or on (TS 22.268 6.2), additional languages
only for who reads them, and the device's own place where the message carries an area. It is what
`ew4all alert encode` prints and what the test network shows; a real phone's words differ by maker
and country.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ew4all.alerts.cbs import (
    IDENTIFIERS,
    MAX_OCTETS,
    PWS_RANGE,
    SHARE_AREAS,
    EtwsWarning,
    GeographicalScope,
    Identifier,
    OptOut,
    Page,
    SerialNumber,
    WarningType,
    cb_data,
    decode_cb_data,
    decode_warning_area_coordinates,
    describe,
    inside,
    newer,
)
from ew4all.errors import MessageError

if TYPE_CHECKING:
    from datetime import datetime

    from ew4all.alerts.cbs import GeofencingTrigger, GsmPage

__all__ = ["DUPLICATE_WINDOW", "Broadcast", "Display", "Phone", "Settings", "show"]

DUPLICATE_WINDOW = timedelta(hours=24)
"""For how long a repeat is dropped: Android's default, counted from the first reception."""

_ETWS_TITLES: dict[int, str] = {
    WarningType.EARTHQUAKE: "Earthquake warning",
    WarningType.TSUNAMI: "Tsunami warning",
    WarningType.EARTHQUAKE_AND_TSUNAMI: "Earthquake and tsunami warning",
    WarningType.TEST: "Test: earthquake and tsunami warning system",
    WarningType.OTHER: "Emergency warning",
}


@dataclass(frozen=True)
class Settings:
    """What the user of a phone has chosen.

    Parameters
    ----------
    languages
        Languages that the user reads, two letters each; empty for all. Only messages in an
        additional language are held back by it.
    switched_off
        Identifiers of alerts that may be switched off, and are.
    switched_on
        Identifiers of alerts that must be switched on (tests, exercises), and are.
    tests
        All of those that must be switched on are.
    """

    languages: tuple[str, ...] = ()
    switched_off: frozenset[int] = frozenset()
    switched_on: frozenset[int] = frozenset()
    tests: bool = False


@dataclass(frozen=True)
class Broadcast:
    """A message as a phone hears it, all its pages together.

    `contents` is CB data. A primary notification of ETWS has a `warning_type` and neither `dcs` nor
    `contents`. `plmn`, `area` (location or tracking area) and `cell` say where it was heard.
    """

    message_identifier: int
    serial_number: int
    dcs: int | None = None
    contents: bytes | None = None
    warning_type: int | None = None
    area_coordinates: bytes | None = None
    plmn: str = "00101"
    area: int | None = None
    cell: int | None = None

    @property
    def primary(self) -> bool:
        """Whether it is a primary notification of ETWS."""
        return self.warning_type is not None and self.contents is None


@dataclass(frozen=True)
class Display:
    """What a phone does with a message.

    `title` is the line above the text, `level` the EU-Alert level. `text` is None where the phone
    has words of its own (ETWS primary) or there is nothing to show. `update_of` is the serial
    number of the version that it replaces.
    """

    shown: bool
    reason: str
    message_identifier: int
    serial_number: int
    title: str
    level: str | None
    text: str | None
    language: str | None
    opt_out: OptOut
    update_of: int | None = None
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "shown": self.shown,
            "reason": self.reason,
            "title": self.title,
            "eu_alert_level": self.level,
            "text": self.text,
            "language": self.language,
            "opt_out": str(self.opt_out),
            "update_of": self.update_of,
            "notes": list(self.notes),
        }


def show(
    message: Broadcast,
    settings: Settings | None = None,
    *,
    location: tuple[float, float] | None = None,
) -> Display:
    """Return what a phone shows that hears a message for the first time.

    Parameters
    ----------
    message
        All pages together.
    settings
        Those of a new phone by default: tests and exercises are off.
    location
        Longitude and latitude in degrees; None where the phone does not know its place. It then
        shows a message whatever area it carries.

    Raises
    ------
    DecodeError
        The contents cannot be read.
    MessageError
        There is neither a text nor a warning type.
    """
    chosen = Settings() if settings is None else settings
    known = IDENTIFIERS.get(message.message_identifier)
    text, language, notes = _text(message, known)
    shown, reason = _decision(message, known, language, chosen, location)
    return Display(
        shown=shown,
        reason=reason,
        message_identifier=message.message_identifier,
        serial_number=message.serial_number,
        title=_title(message, known),
        level=None if known is None else known.eu_alert,
        text=text,
        language=language,
        opt_out=OptOut.NOTHING if known is None else known.opt_out,
        notes=notes,
    )


class Phone:
    """A phone over time: it remembers what it has shown and collects pages.

    `location` may be set anew as the phone moves. A message that was held back counts as heard only
    once it is shown, so that a repeat inside its area is not lost.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        location: tuple[float, float] | None = None,
        window: timedelta = DUPLICATE_WINDOW,
    ) -> None:
        """Begin with an empty memory."""
        self.settings = Settings() if settings is None else settings
        self.location = location
        self._window = window
        self._heard: dict[tuple[object, ...], datetime] = {}
        self._versions: dict[tuple[object, ...], SerialNumber] = {}
        self._pages: dict[tuple[object, ...], dict[int, GsmPage]] = {}
        self._outside: dict[tuple[int, int], Broadcast] = {}

    def receive(self, message: Broadcast, at: datetime) -> Display:
        """Hear a message at a time: shown, held back, or a repeat of one that was shown.

        Raises
        ------
        DecodeError, MessageError
            As `show`.
        """
        display = show(message, self.settings, location=self.location)
        serial = SerialNumber.from_value(message.serial_number)
        place = _place(message, serial.scope)
        key = (message.message_identifier, message.serial_number, message.primary, place)
        first = self._heard.get(key)
        if first is not None and at - first < self._window:
            return replace(display, shown=False, reason=f"a repeat of what was shown at {first}")
        reference = (message.message_identifier, message.serial_number)
        if not display.shown:
            if message.area_coordinates is not None:
                self._outside[reference] = message
            return display
        self._outside.pop(reference, None)
        self._heard[key] = at
        same = (
            message.message_identifier, serial.scope, serial.message_code, message.primary, place
        )  # fmt: skip
        before = self._versions.get(same)
        if before is not None and not newer(serial, before):
            return display
        self._versions[same] = serial
        return display if before is None else replace(display, update_of=before.value)

    def trigger(self, trigger: GeofencingTrigger, at: datetime) -> tuple[Display, ...]:
        """Compare the phone's place anew with alerts that were held back; return what is shown.

        Where the trigger says so, each alert counts for the union of all their areas.
        """
        held = [self._outside[key] for key in trigger.messages if key in self._outside]
        shared = b"".join(message.area_coordinates or b"" for message in held)
        displays = [
            self.receive(
                replace(message, area_coordinates=shared)
                if trigger.kind == SHARE_AREAS and len(shared) <= MAX_OCTETS
                else message,
                at,
            )
            for message in held
        ]
        return tuple(display for display in displays if display.shown)

    def receive_page(
        self, page: GsmPage, at: datetime, *, cell: int | None = None
    ) -> Display | None:
        """Hear one page in GSM; None until all pages of its message are there.

        A message of which a page is missing is not shown, and pages from different cells are not
        put together.
        """
        key = (page.message_identifier, page.serial_number, page.dcs, page.total, cell)
        pages = self._pages.setdefault(key, {})
        pages[page.index] = page
        if len(pages) < page.total:
            return None
        del self._pages[key]
        return self.receive(_from_pages(pages, cell), at)


def _from_pages(pages: dict[int, GsmPage], cell: int | None) -> Broadcast:
    ordered = [pages[k] for k in sorted(pages)]
    # In GSM the number of octets in use is not told: the filling is taken off when it is read.
    contents = cb_data([Page(page.content, len(page.content)) for page in ordered])
    first = ordered[0]
    return Broadcast(first.message_identifier, first.serial_number, first.dcs, contents, cell=cell)


def _text(
    message: Broadcast, known: Identifier | None
) -> tuple[str | None, str | None, tuple[str, ...]]:
    if message.contents is None:
        if message.warning_type is None:
            msg = (
                f"message {message.message_identifier} has neither contents nor a warning type: "
                f"there is nothing that a phone could show"
            )
            raise MessageError(msg)
        return None, None, ()
    if known is not None and not known.displays:
        return None, None, ()
    decoded = decode_cb_data(message.contents, 0x0F if message.dcs is None else message.dcs)
    return decoded.text, decoded.language, decoded.notes


def _title(message: Broadcast, known: Identifier | None) -> str:
    if message.primary and message.warning_type is not None:
        kind = EtwsWarning.from_value(message.warning_type).kind
        if kind in _ETWS_TITLES:
            return _ETWS_TITLES[kind]
    return describe(message.message_identifier) if known is None else known.title


def _decision(
    message: Broadcast,
    known: Identifier | None,
    language: str | None,
    settings: Settings,
    location: tuple[float, float] | None,
) -> tuple[bool, str]:
    """Return whether the message is shown, and why or why not."""
    if known is None:
        what = "kept for later" if message.message_identifier in PWS_RANGE else "no public warning"
        return False, f"message identifier {message.message_identifier} is {what}"
    if not known.displays:
        return False, f"{known.name}: nothing to display"
    first = known.value if known.twin_of is None else known.twin_of
    both = {first, known.value}
    if known.opt_out is OptOut.OPT_IN and not (settings.tests or both & settings.switched_on):
        return False, f"{known.name}: shown only where the user has switched it on"
    if known.opt_out is OptOut.OPT_OUT and both & settings.switched_off:
        return False, f"{known.name}: the user has switched it off"
    if (
        known.twin_of is not None
        and settings.languages
        and language is not None
        and language not in settings.languages
    ):
        return False, f"additional language {language!r}, which the user does not read"
    if message.area_coordinates is not None:
        if location is None:
            return True, "the phone does not know its place, so it shows the alert"
        area = decode_warning_area_coordinates(message.area_coordinates)
        if not inside(area, *location):
            return False, "the phone is outside the area that the message carries"
    if known.opt_out is OptOut.NEVER:
        return True, "shown on every phone: it cannot be switched off"
    return True, "shown"


def _place(message: Broadcast, scope: GeographicalScope) -> tuple[object, ...]:
    """Return where a repeat must be heard to be one."""
    if scope is GeographicalScope.PLMN:
        return (message.plmn,)
    if scope is GeographicalScope.AREA:
        return (message.plmn, message.area)
    return (message.plmn, message.area, message.cell)
