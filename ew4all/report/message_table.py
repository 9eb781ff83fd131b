"""Cell-broadcast messages for a terminal: what is sent, what a phone shows, and what cannot be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from ew4all.report.rounding import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from ew4all.alerts.building import Built
    from ew4all.alerts.encoding import Encoded
    from ew4all.alerts.lengths import Length

__all__ = ["build_report", "messages_report"]


def messages_report(messages: Sequence[Encoded], title: str) -> Group:
    """Return every message with its reason, text, pages and the octets of its PDUs."""
    parts: list[RenderableType] = [Text(f"Analysis, nothing is sent. {title}", style="bold")]
    for message in messages:
        mapped = message.mapped
        head = str(mapped.action)
        if message.message_identifier is not None:
            head += f" {message.message_identifier}"
        if message.serial_number is not None:
            head += f", serial number 0x{message.serial_number:04x}"
        parts += [Text(""), Text(f"{head}, {mapped.language or 'no language'}", style="bold")]
        parts.append(Text(f"  why: {mapped.reason}"))
        if message.pages:
            parts.append(Text(f"  text: {message.text}"))
            parts.append(
                Text(
                    f"  {counted(len(message.pages), 'page')}, data coding scheme 0x{message.dcs or 0:02x}, "
                    f"every {message.repetition_s} s, "
                    + (
                        counted(message.broadcasts, "time")
                        if message.broadcasts
                        else "until it is stopped"
                    )
                )
            )
        if message.phone is not None:
            shown = "shown" if message.phone["shown"] else "not shown"
            parts.append(
                Text(f"  phone: {shown}, {message.phone['title']}; {message.phone['reason']}")
            )
        sizes = [
            f"{name} {counted(len(pdu), 'octet' if isinstance(pdu, bytes) else 'segment')}"
            for name, pdu in message.pdus.items()
        ]
        if sizes:
            parts.append(Text(f"  octets (--json prints them): {', '.join(sizes)}"))
        parts += [Text(f"  no {name}: {why}") for name, why in message.without.items()]
        if mapped.other_channels:
            parts.append(Text(f"  other channels: {', '.join(mapped.other_channels)}"))
        parts += [Text(f"  note: {note}") for note in (*mapped.notes, *message.notes)]
    return Group(*parts)


def build_report(built: Built) -> Group:
    """Return each language's texts beside the limits of cell broadcast, hints and notes."""
    parts: list[RenderableType] = [
        Text(f"{built.alert.status}: {built.alert.identifier}", style="bold")
    ]
    for said in built.said:
        parts += [Text(""), Text(f"{said.texts.language}: {said.texts.headline}", style="bold")]
        for name, text, length in (
            ("short", said.texts.short, said.short),
            ("message", said.texts.message, said.message),
        ):
            parts += [Text(f"  {name}: {text}"), Text(f"    {_length(length)}")]
        parts += [Text(f"  hint {hint.code}: {hint.message}") for hint in said.hints]
    for message in built.messages:
        parts.append(
            Text(
                f"message {int(message.message_identifier)}, serial number "
                f"0x{message.serial_number:04x}, {message.language}, every "
                f"{message.repetition_s} s, {counted(message.broadcasts, 'time')}"
            )
        )
    if built.area is not None:
        parts.append(
            Text(
                f"area: {counted(len(built.area.polygons), 'polygon')}, {built.area.vertices} vertices, "
                f"{built.area.added_km2:,.1f} km2 added"
            )
        )
    parts += [Text(f"note: {note}") for note in built.notes]
    return Group(*parts)


def _length(length: Length) -> str:
    name = "GSM-7" if length.coding == "gsm7" else "UCS-2"
    limits = ", ".join(
        f"{abs(limit - length.characters)} {'left' if length.characters <= limit else 'over'} of {limit}"
        for limit in (90, 360, length.most)
    )
    why = f" (not in GSM-7: {' '.join(length.foreign[:8])})" if length.foreign else ""
    return f"{counted(length.characters, 'character')} {name}, {counted(length.pages, 'page')}: {limits}{why}"
