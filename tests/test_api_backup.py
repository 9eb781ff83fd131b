"""Backup and restore: everything comes back, on both databases; and nothing is restored over anything, or damaged."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from made_postgres import make_postgres
from made_service import REACH, ended, make_client, service_of, started
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from ew4all.api.identifiers import new_id
from ew4all.api.jobs.outcome import keep_file
from ew4all.api.routes.scenarios import EXAMPLE
from ew4all.api.settings import Settings
from ew4all.api.store import now, postgres_tools, upgrade
from ew4all.api.store.backup import back_up
from ew4all.api.store.restore import restore
from ew4all.api.store.tables import UPLOADS
from ew4all.errors import OptionError, ReadError, WriteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from made_postgres import Postgres
    from starlette.testclient import TestClient

YAML = {"Content-Type": "application/yaml"}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = make_postgres()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["sqlite", "postgres"])
def stores(request: pytest.FixtureRequest) -> Callable[[str], dict[str, Any]]:
    """Settings of a database of a name, which is empty."""
    if request.param == "sqlite":
        return lambda _: {}
    server: Postgres = request.getfixturevalue("postgres")
    return lambda name: {"database_url": server.database(name)}


def kept(client: TestClient, data: bytes, name: str = "a.csv") -> dict[str, Any]:
    """An upload, without the process that looks through it: that takes seconds."""
    service = service_of(client)
    part = service.blobs.folder / "incoming" / name
    part.write_bytes(data)
    sha256, size = service.blobs.take(part)
    keep_file(service, sha256, size)
    row = {
        "id": new_id(), "name": name, "role": "other", "media_type": "text/csv", "sha256": sha256, "bytes": size, "facts": {},
        "owner": "local", "created": now(),
    }  # fmt: skip
    with service.database.begin() as connection:
        connection.execute(UPLOADS.insert().values(row))
    return dict(client.get(f"/v1/uploads/{row['id']}").json())


def filled(folder: Path, **settings: Any) -> dict[str, Any]:
    """A service with one of everything, left alone; what it said."""
    with make_client(folder, workers=0, **settings) as client:
        upload = kept(client, b"a,b\n1,2\n")
        first = client.post("/v1/scenarios", content=EXAMPLE, headers=YAML)
        changed = client.put(
            first.headers["location"],
            content=EXAMPLE + "# changed\n",
            headers={**YAML, "If-Match": first.headers["etag"]},
        ).json()
        job = started(client, "reach", REACH)
        key = client.post("/v1/keys", json={"name": "a", "role": "viewer"}).json()
        # A content that is named by nothing any more, and gone: no reason to fail.
        gone = kept(client, b"gone")
        client.delete(f"/v1/uploads/{gone['id']}")
        service_of(client).blobs.path(gone["sha256"]).unlink()
        audit = client.get("/v1/audit").json()["entries"]
    return {"upload": upload, "scenario": changed, "job": job, "key": key, "audit": audit}


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_everything_comes_back_and_goes_on(
    tmp_path: Path, stores: Callable[[str], dict[str, Any]], workers: int
) -> None:
    before = stores(f"before{workers}")
    made = filled(tmp_path / "one", **before)
    archive = tmp_path / "backup.tar"
    told = back_up(Settings(data_dir=tmp_path / "one" / "data", **before), archive)
    assert (told["files"], told["bytes"]) == (1, 8)
    after = stores(f"after{workers}")
    there = restore(Settings(data_dir=tmp_path / "two" / "data", **after), archive)
    assert there == told
    with make_client(tmp_path / "two", workers=workers, **after) as client:
        assert client.get(f"/v1/uploads/{made['upload']['id']}").json() == made["upload"]
        found = client.get(f"/v1/layers/{made['upload']['id']}/file")
        assert found.content == b"a,b\n1,2\n"
        scenario = client.get(f"/v1/scenarios/{made['scenario']['id']}").json()
        assert scenario == made["scenario"]
        assert client.get(f"/v1/scenarios/{scenario['id']}/versions/1").json()["text"] == EXAMPLE
        assert client.get("/v1/audit").json()["entries"] == made["audit"]
        assert client.get(f"/v1/keys/{made['key']['id']}").json()["state"] == "good"
        assert client.get(f"/jobs/{made['job']}").status_code == 200
        # A job that was accepted before is done here.
        assert not workers or ended(client, made["job"])["status"] == "successful"


def test_a_backup_of_a_running_service_is_one_state(tmp_path: Path) -> None:
    with make_client(tmp_path, workers=0) as client:
        for k in range(30):
            kept(client, b"%d" % k)
        settings = service_of(client).settings
        with service_of(client).database.begin() as connection:  # somebody writes at that moment
            connection.exec_driver_sql("DELETE FROM uploads")
            told = back_up(settings, tmp_path / "b.tar")
            connection.rollback()
        assert told["files"] == 30
        assert len(client.get("/v1/uploads").json()["uploads"]) == 30
    restore(Settings(data_dir=tmp_path / "two" / "data"), tmp_path / "b.tar")
    with make_client(tmp_path / "two", workers=0) as client:
        assert len(client.get("/v1/uploads").json()["uploads"]) == 30


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    filled(folder)
    back_up(Settings(data_dir=folder / "data"), folder / "b.tar")
    return folder / "b.tar"


def test_what_is_there_stays(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.txt").write_text("mine")
    with pytest.raises(OptionError, match="not empty"):
        restore(Settings(data_dir=tmp_path / "data"), archive)
    assert [p.name for p in tmp_path.rglob("*")] == ["data", "mine.txt"]
    with pytest.raises(OptionError, match="is there already"):
        back_up(Settings(data_dir=archive.parent / "data"), archive)
    store = tmp_path / "elsewhere.sqlite"
    store.write_bytes(b"mine")
    settings = Settings(data_dir=tmp_path / "new", database_url=f"sqlite:///{store}")
    with pytest.raises(OptionError, match="is there already"):
        restore(settings, archive)
    (tmp_path / "empty").mkdir()
    restore(Settings(data_dir=tmp_path / "empty"), archive)


def _changed(archive: Path, to: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> None:  # fmt: skip
    with tarfile.open(archive) as old, tarfile.open(to, "w") as new:
        for member in old:
            file = old.extractfile(member)
            assert file is not None
            found = change(member.name, file.read())
            if found is not None:
                info = tarfile.TarInfo(found[0])
                info.size = len(found[1])
                new.addfile(info, io.BytesIO(found[1]))


def _manifest(data: bytes, **values: Any) -> bytes:
    return json.dumps({**json.loads(data), **values}).encode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda n, d: (n, d[:-1] + b"x") if n.startswith("files/") else (n, d), "is not what it was"),
        (lambda n, d: (n, d + b"x") if n == "store.sqlite" else (n, d), "is not what it was"),
        (lambda n, d: None if n.startswith("files/") else (n, d), "are missing"),
        (lambda n, d: ("../out", d) if n.startswith("files/") else (n, d), "does not belong"),
        (lambda n, d: (n, _manifest(d, schema="x")) if n == "manifest.json" else (n, d), "is no backup"),
        (lambda n, d: (n, _manifest(d, kind="x")) if n == "manifest.json" else (n, d), "is no backup"),
        (lambda n, d: (n, _manifest(d, files=[{"sha256": "../" * 20 + "abcd", "bytes": 1}])) if n == "manifest.json" else (n, d), "no hash"),
        (lambda n, d: None if n == "manifest.json" else (n, d), "is no backup"),
    ],
    ids=["content", "store", "cut", "name", "schema", "kind", "hash", "manifest"],
)  # fmt: skip
def test_a_damaged_archive_restores_nothing(
    archive: Path, tmp_path: Path, change: Any, told: str
) -> None:
    _changed(archive, tmp_path / "bad.tar", change)
    with pytest.raises(ReadError, match=told):
        restore(Settings(data_dir=tmp_path / "data"), tmp_path / "bad.tar")
    assert [p.name for p in tmp_path.iterdir()] == ["bad.tar"]


def test_what_is_no_archive(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.tar").write_bytes(archive.read_bytes()[:20_000])
    (tmp_path / "text.tar").write_text("no archive")
    for name in ("cut.tar", "text.tar", "none.tar"):
        with pytest.raises(ReadError):
            restore(Settings(data_dir=tmp_path / "data"), tmp_path / name)
        assert not (tmp_path / "data").exists()


def test_a_store_that_lacks_a_content_is_not_backed_up_in_silence(tmp_path: Path) -> None:
    with make_client(tmp_path, workers=0) as client:
        made = kept(client, b"a,b\n")
        path = service_of(client).blobs.path(made["sha256"])
    settings = Settings(data_dir=tmp_path / "data")
    path.write_bytes(b"x,y\n")
    with pytest.raises(ReadError, match="is damaged"):
        back_up(settings, tmp_path / "b.tar")
    path.unlink()
    with pytest.raises(ReadError, match="is missing"):
        back_up(settings, tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()
    with pytest.raises(ReadError, match="there is no store"):
        back_up(Settings(data_dir=tmp_path / "none"), tmp_path / "b.tar")
    path.write_bytes(b"a,b\n")
    with pytest.raises(WriteError):
        back_up(settings, tmp_path / "no" / "folder" / "b.tar")
    back_up(settings, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as tar:
        names = tar.getnames()
    assert names == ["manifest.json", "store.sqlite", f"files/{made['sha256'][:2]}/{made['sha256']}"]  # fmt: skip
    assert hashlib.sha256(b"a,b\n").hexdigest() == made["sha256"]


def test_postgresql_without_its_programs(
    tmp_path: Path, postgres: Postgres, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=postgres.database("no_programs"))
    with pytest.raises(OptionError, match="is a backup of sqlite"):
        restore(settings, archive)
    monkeypatch.setattr("ew4all.api.store.postgres_tools.shutil.which", lambda _: None)
    with pytest.raises(OptionError, match="pg_dump is not on this machine"):
        back_up(settings, tmp_path / "b.tar")
    away = Settings(data_dir=tmp_path, database_url=f"postgresql+psycopg://ew4all@127.0.0.1:{postgres.port}/none")  # fmt: skip
    with pytest.raises(ReadError, match="cannot be read"):
        back_up(away, tmp_path / "c.tar")
    assert not list(tmp_path.glob("*.tar"))


def test_a_password_is_no_word_of_a_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # fmt: skip
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "pg_restore"
    program.write_text(f'#!/bin/sh\necho "$PGPASSWORD $@" > {tmp_path}/said\necho no such thing >&2\nexit 3\n')  # fmt: skip
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    url = make_url("postgresql+psycopg://me:p%40ss@db.example:5433/store?sslmode=require")
    with pytest.raises(ReadError, match="is as it was: no such thing"):
        postgres_tools.restore_dump(url, tmp_path / "dump")
    password, first, *_ = (tmp_path / "said").read_text().split()
    assert (password, first) == (
        "p@ss",
        "--dbname=postgresql://me@db.example:5433/store?sslmode=require",
    )


def test_postgis_is_no_obstacle(tmp_path: Path, postgres: Postgres) -> None:
    """Its table of reference systems is no reason to refuse a database, and comes back with the extension."""
    urls = [postgres.database(name) for name in ("with_postgis", "to_postgis")]
    for url in urls:
        engine = create_engine(url)
        with engine.begin() as connection:
            query = text("SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'")
            if not connection.execute(query).scalar_one():
                engine.dispose()
                pytest.skip("PostGIS is not installed (Debian: apt-get install postgresql-postgis)")
            connection.execute(text("CREATE EXTENSION postgis"))
        engine.dispose()
    made = Settings(data_dir=tmp_path / "one", database_url=urls[0])
    upgrade(made)
    back_up(made, tmp_path / "b.tar")
    restore(Settings(data_dir=tmp_path / "two", database_url=urls[1]), tmp_path / "b.tar")
    with pytest.raises(OptionError, match="tables already"):
        restore(Settings(data_dir=tmp_path / "three", database_url=urls[1]), tmp_path / "b.tar")
    assert (tmp_path / "b.tar").stat().st_mode & 0o077 == 0
