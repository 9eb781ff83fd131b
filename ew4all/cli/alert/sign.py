"""`ew4all alert sign` and `verify`: XML signatures of CAP alerts."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Annotated

import typer

from ew4all.cli.options import moment
from ew4all.cli.parameters import Json, Quiet
from ew4all.cli.terminal import print_json, reporting, say
from ew4all.errors import OptionError
from ew4all.readers.whole_file import whole_file

__all__ = ["sign", "verify"]

File = Annotated[Path, typer.Argument(metavar="FILE", help="CAP alert.", show_default=False)]


def sign(
    file: File,
    key: Annotated[
        Path,
        typer.Option(
            metavar="KEY.pem", help="Private key, RSA or elliptic curve, that only you can read."
        ),
    ],
    cert: Annotated[
        Path,
        typer.Option(
            metavar="CERT.pem", help="Its certificate, and those that lead to an authority."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The signed alert.")],
    passphrase_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="File whose first line opens the key, if it is encrypted."
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Sign a CAP alert as a whole; without a sound signature nothing is written.

    Signing sends nothing, and what is signed is not yet allowed to be sent (docs/gateway.md).
    """
    with reporting():
        from ew4all.alerts.signature import sign as signed
        from ew4all.writers.plain_table import write_text

        _must_not_be(out, file)
        passphrase = None
        if passphrase_file is not None:
            passphrase = _secret(passphrase_file).splitlines()[:1]
        alert = whole_file(file)
        content = signed(
            alert,
            _secret(key),
            whole_file(cert),
            passphrase=passphrase[0] if passphrase else None,
        )
        write_text(out, content.decode("utf-8"))
        say(f"Signed: {out}", quiet=quiet)
        if b"SignatureValue" in alert:
            say(
                "The alert carried a signature before: readers that follow the XML standard to the letter find that "
                "one broken by the new one. Sign the alert as it was before, if you can.",
                quiet=quiet,
            )


def verify(
    file: File,
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="CERT.pem",
            help="Certificate of a signer or an authority that you trust. Repeatable.",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="When the certificates must have been valid, with its offset. Default: when the alert was sent.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write what was signed, if it is valid: act upon this alone."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check who signed a CAP alert: valid, invalid, unchecked (cannot be told), or none.

    A certificate inside the alert proves nothing by itself, so without --trust the best answer is
    unchecked. Exit code 2 unless it is valid.
    """
    with reporting():
        from ew4all.alerts.signature import Outcome
        from ew4all.alerts.signature import verify as verified
        from ew4all.writers.plain_table import write_text

        if out is not None:
            _must_not_be(out, file)
        found = verified(
            whole_file(file),
            [whole_file(path) for path in trust or ()],
            at=None if at is None else moment("--at", at),
        )
        if as_json:
            signed = found.signed
            document = {
                "schema": "ew4all/signature/1",
                "file": str(file),
                "signature": str(found.outcome),
                "reason": found.reason,
                "signer": found.signer,
                "signed_sha256": None if signed is None else hashlib.sha256(signed).hexdigest(),
            }
            print_json(document)
        else:
            typer.echo(f"{file}: {found.outcome}: {found.reason}")
        if out is not None and found.signed is not None:
            write_text(out, found.signed.decode("utf-8"))
        if found.outcome is not Outcome.VALID:
            raise typer.Exit(2)


def _must_not_be(out: Path, file: Path) -> None:
    if out.exists() and file.exists() and out.samefile(file):
        msg = f"--out is the alert itself ({file}), which is kept as it was received; name another file"
        raise OptionError(msg)


def _secret(path: Path) -> bytes:
    """Read a secret; on a system that can tell, only if it is one."""
    from ew4all.alerts.guarded_file import guarded_bytes

    return guarded_bytes(path, secret=True) if os.name == "posix" else whole_file(path)
