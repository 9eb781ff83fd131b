"""`ew4all db`: the store of the service on its host: tables, backups, API keys."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ew4all.cli.options import moment
from ew4all.cli.parameters import Json
from ew4all.cli.serve import DataDir, settings_of
from ew4all.cli.terminal import print_json, reporting, say
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ew4all.api.store import Database

__all__ = ["db"]

db = typer.Typer(
    name="db",
    help="The store of the service: bring it to this version, back it up, restore it, API keys.",
    no_args_is_help=True,
)
key = typer.Typer(
    name="key",
    help="API keys, for `Authorization: Bearer KEY` where EW4ALL_AUTH=keys.",
    no_args_is_help=True,
)
db.add_typer(key, name="key")

Archive = Annotated[Path, typer.Argument(metavar="FILE.tar", help="The archive.")]
_DAYS = 366.0 * 100


@db.command()
def upgrade(data_dir: DataDir = None) -> None:
    """Bring the store to this version of ew4all, or make it; `serve` and `worker` do so at their start."""
    with reporting(), _store(data_dir):
        from ew4all.api.store import upgrade as bring

        settings = settings_of(data_dir=data_dir)
        print_json({"schema": "ew4all/db/1", "migration": bring(settings)})


@db.command()
def backup(archive: Archive, data_dir: DataDir = None) -> None:
    """Write everything that the service keeps into one archive, each content with its hash. The service may run.

    PostgreSQL is copied by its own pg_dump.
    """
    with reporting():
        from ew4all.api.store.backup import back_up

        print_json(back_up(settings_of(data_dir=data_dir), archive))


@db.command()
def restore(archive: Archive, data_dir: DataDir = None) -> None:
    """Restore a backup into a data folder, and a database, in which there is nothing; all is checked first."""
    with reporting():
        from ew4all.api.store.restore import restore as put_back

        print_json(put_back(settings_of(data_dir=data_dir), archive))


@key.command("make")
def make(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what it is for.")],
    role: Annotated[
        Literal["viewer", "analyst", "facilitator", "administrator"],
        typer.Option(help="What it may do; see docs/api.md."),
    ],
    days: Annotated[
        float | None, typer.Option(metavar="N", help="How long it is good; for ever by default.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Until when it is good, with its offset.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make an API key and print it; it is shown this once and kept as a hash."""
    with reporting():
        expires = _expires(days, until)
        if not 0 < len(name) <= 200 or not name.isprintable():
            msg = f"{name!r} is no name: up to 200 printable characters"
            raise OptionError(msg)
        with _store(data_dir) as database:
            from ew4all.api import audit
            from ew4all.api.identity import new_key

            with database.begin() as connection:
                identifier, secret = new_key(connection, name, role, expires)
                told = {"name": name, "role": role, "expires": expires and expires.isoformat()}
                audit.record(connection, audit.HOST, "key.create", f"key:{identifier}", **told)
        if as_json:
            print_json({"schema": "ew4all/key/1", "id": identifier, **told, "secret": secret})
        else:
            typer.echo(secret)
        say(f"key {identifier} of {name}, {role}; keep it now, it is shown once", quiet=as_json)


@key.command("list")
def list_all(data_dir: DataDir = None, as_json: Json = False) -> None:
    """List API keys, the newest first: whose they are, what they may do, whether they are still good."""
    with reporting(), _store(data_dir) as database:
        from ew4all.api.identity import list_keys

        with database.read() as connection:
            found, _ = list_keys(connection, limit=1_000_000)
        for one in found:
            for name in ("created", "expires", "revoked"):
                one[name] = None if one[name] is None else one[name].isoformat(timespec="seconds")
        if as_json:
            print_json({"schema": "ew4all/keys/1", "keys": found})
            return
        for one in found:
            until = one["expires"] or "no end"
            typer.echo(f"{one['id']}  {one['role']:<13}  {one['state']:<7}  {until:<25}  {one['name']}")  # fmt: skip


@key.command("revoke")
def revoke(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="As `list` has it.")],
    data_dir: DataDir = None,
) -> None:
    """End an API key: it opens nothing from now on."""
    with reporting(), _store(data_dir) as database:
        from ew4all.api import audit
        from ew4all.api.identity import end_key

        with database.begin() as connection:
            if not end_key(connection, identifier):
                msg = f"there is no key {identifier!r} that is not revoked; `ew4all db key list` lists them"
                raise OptionError(msg)
            audit.record(connection, audit.HOST, "key.revoke", f"key:{identifier}")
        say(f"key {identifier} is revoked", quiet=False)


def _expires(days: float | None, until: str | None) -> dt.datetime | None:
    if days is not None and until is not None:
        msg = "give one of --days and --until"
        raise OptionError(msg)
    if days is not None:
        if not 0.0 < days <= _DAYS:
            msg = f"--days {days:g} is not between 0 and {_DAYS:.0f}"
            raise OptionError(msg)
        return dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    if until is None:
        return None
    end = moment("--until", until).astimezone(dt.UTC)
    if end <= dt.datetime.now(dt.UTC):
        msg = f"--until {until} is over; such a key would open nothing"
        raise OptionError(msg)
    return end


@contextmanager
def _store(data_dir: Any) -> Iterator[Database]:
    """Give the database of the store, of this version."""
    from ew4all.api.service import Service

    service = Service(settings_of(data_dir=data_dir))
    try:
        yield service.database
    finally:
        service.close()
