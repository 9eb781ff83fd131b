"""`ew4all alert`: CAP 1.2 messages and the cell-broadcast messages that would carry them."""

from __future__ import annotations

import typer

alert = typer.Typer(
    help="CAP 1.2 alerts and cell-broadcast messages: check, encode, build, sign. Nothing here can send.",
    no_args_is_help=True,
)
