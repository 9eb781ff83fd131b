"""`ew4all alert`: CAP 1.2 messages and the cell-broadcast messages that would carry them."""

from __future__ import annotations

import typer

from ew4all.cli.alert.audit import audit as audit_command
from ew4all.cli.alert.build import build as build_command
from ew4all.cli.alert.check import check as check_command
from ew4all.cli.alert.diff import diff as diff_command
from ew4all.cli.alert.encode import encode as encode_command
from ew4all.cli.alert.mapping import mapping as mapping_command
from ew4all.cli.alert.sign import sign as sign_command
from ew4all.cli.alert.sign import verify as verify_command

alert = typer.Typer(
    help="CAP 1.2 alerts and cell-broadcast messages: check, encode, build, sign. Nothing here can send.",
    no_args_is_help=True,
)

alert.command("build")(build_command)
alert.command("check")(check_command)
alert.command("diff")(diff_command)
alert.command("encode")(encode_command)
alert.command("mapping")(mapping_command)
alert.command("sign")(sign_command)
alert.command("verify")(verify_command)
alert.command("audit")(audit_command)
