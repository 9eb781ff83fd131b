"""Cell-broadcast messages for a terminal: what is sent, what a phone shows, and what cannot be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from ew4all.alerts.encoding import Encoded

__all__ = ["messages_report"]


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
                    f"  {len(message.pages)} pages, data coding scheme 0x{message.dcs or 0:02x}, "
                    f"every {message.repetition_s} s, {message.broadcasts} times"
                )
            )
        if message.phone is not None:
            shown = "shown" if message.phone["shown"] else "not shown"
            parts.append(
                Text(f"  phone: {shown}, {message.phone['title']}; {message.phone['reason']}")
            )
        sizes = [
            f"{name} {len(pdu)} octets" if isinstance(pdu, bytes) else f"{name} {len(pdu)} segments"
            for name, pdu in message.pdus.items()
        ]
        if sizes:
            parts.append(Text(f"  octets (--json prints them): {', '.join(sizes)}"))
        parts += [Text(f"  no {name}: {why}") for name, why in message.without.items()]
        if mapped.other_channels:
            parts.append(Text(f"  other channels: {', '.join(mapped.other_channels)}"))
        parts += [Text(f"  note: {note}") for note in (*mapped.notes, *message.notes)]
    return Group(*parts)
