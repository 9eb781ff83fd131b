"""Identifiers: version 7 of UUID (RFC 9562, 5.7), whose order is that of time."""

from __future__ import annotations

import secrets
import time
import uuid

__all__ = ["new_id"]


def new_id() -> str:
    """Return a new identifier."""
    milliseconds = time.time_ns() // 1_000_000
    bits = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    bits = bits & ~(0xF << 76) | 0x7 << 76
    bits = bits & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=bits))
