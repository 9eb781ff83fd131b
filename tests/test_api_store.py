"""Tables of the store: every version leads to those of this one, on both databases; a newer store is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from made_postgres import make_postgres
from sqlalchemy import text

import ew4all.api.store
from ew4all.api.settings import Settings
from ew4all.api.store import Database, now, upgrade
from ew4all.api.store.tables import DOCUMENTS, METADATA
from ew4all.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from made_postgres import Postgres


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = make_postgres()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Settings]:
    """Settings of an empty store of a name."""

    def make(name: str) -> Settings:
        if request.param == "sqlite":
            return Settings(data_dir=tmp_path / name)
        url = request.getfixturevalue("postgres").database(name)
        return Settings(data_dir=tmp_path / name, database_url=url)

    return make


def scripts() -> Config:
    config = Config()
    place = Path(ew4all.api.store.__file__).with_name("migrations")
    config.set_main_option("script_location", str(place))
    return config


def moved(settings: Settings, way: Callable[[Config, str], Any], to: str) -> None:
    database, config = Database(settings), scripts()
    try:
        with database.engine.connect() as connection:
            config.attributes["connection"] = connection
            way(config, to)
            connection.commit()
    finally:
        database.close()


def test_migrations_lead_to_the_tables_of_the_code(settings: Callable[[str], Settings]) -> None:
    given = settings("tables")
    head = upgrade(given)
    assert head == ScriptDirectory.from_config(scripts()).get_current_head()
    database = Database(given)
    try:
        with database.engine.connect() as connection:
            found = compare_metadata(MigrationContext.configure(connection), METADATA)
    finally:
        database.close()
    ours = [one for one in found if "dbos" not in str(one)]
    assert ours == []


def test_what_an_older_version_stored_stays(settings: Callable[[str], Settings]) -> None:
    given = settings("older")
    moved(given, command.upgrade, "0002")
    database = Database(given)
    row = {
        "id": "s", "kind": "scenario", "version": 1, "title": "t", "body": "b", "facts": {}, "etag": "e", "owner": "o",
        "created": now(), "is_latest": True, "is_deleted": False,
    }  # fmt: skip
    with database.begin() as connection:
        connection.execute(DOCUMENTS.insert().values(row))
        connection.execute(
            text(
                "INSERT INTO audit (time, principal, action, subject, facts) VALUES (:t, 'p', 'a', 's', '{}')"
            ),
            {"t": now()},
        )
    upgrade(given)
    with database.read() as connection:
        (found,) = connection.execute(DOCUMENTS.select()).mappings().all()
        assert (found["body"], found["author"], found["deleted"]) == ("b", "", None)
        assert connection.execute(text("SELECT name, request_id FROM audit")).all() == [("", "")]
    moved(given, command.downgrade, "0002")
    moved(given, command.upgrade, "head")
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM documents")).scalar_one() == 1
    database.close()


def test_a_newer_store_is_refused(settings: Callable[[str], Settings]) -> None:
    given = settings("newer")
    upgrade(given)
    database = Database(given)
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(ReadError, match="made by another version of ew4all"):
        upgrade(given)
