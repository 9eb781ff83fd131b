"""Who may do what: keys, roles, and where the service may listen."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from made_service import make_client, service_of

from ew4all.api.app import create_app
from ew4all.api.identity import ROLES, find_key, make_key, revoke_key
from ew4all.api.settings import Settings
from ew4all.api.store import now
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

EXECUTION = {"inputs": {"population": "demo:population.tif", "population_unit": "count"}}


def asked(client: TestClient, secret: str | None, method: str, path: str) -> tuple[int, str]:
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    body = EXECUTION if method == "POST" else None
    answer = client.request(method, path, headers=headers, json=body)
    told = answer.json()
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert secret is None or secret not in answer.text
    return answer.status_code, str(told.get("code", ""))


def test_a_key_is_wanted_and_opens_what_its_role_may(tmp_path: Path) -> None:
    with make_client(tmp_path, auth="keys", workers=0, sync_wait_s=0.0) as client:
        database = service_of(client).database
        viewer = make_key(database, "a map", "viewer")[1]
        analyst = make_key(database, "an analyst", "analyst")[1]
        for secret, code in ((None, "key-missing"), ("ew4_no", "key-invalid")):
            assert asked(client, secret, "GET", "/jobs") == (401, code)
        assert asked(client, viewer, "GET", "/jobs")[0] == 200
        execution = "/processes/reach/execution"
        assert asked(client, viewer, "POST", execution) == (403, "scope-missing")
        assert asked(client, analyst, "POST", execution)[0] == 201
        (job,) = client.get("/jobs", headers={"Authorization": f"Bearer {analyst}"}).json()["jobs"]
        assert asked(client, viewer, "GET", f"/jobs/{job['jobID']}")[0] == 404  # somebody else's
        assert client.get("/healthz").status_code == 200


def test_keys_end(tmp_path: Path) -> None:
    with make_client(tmp_path, auth="keys", workers=0) as client:
        database = service_of(client).database
        hour = dt.timedelta(hours=1)
        lasting = make_key(database, "lasting", "viewer", now() + hour)[1]
        expired = make_key(database, "expired", "viewer", now() - hour)[1]
        identifier, revoked = make_key(database, "revoked", "administrator")
        found = find_key(database, revoked)
        assert found is not None
        assert found.scopes == ROLES["administrator"]
        assert revoke_key(database, identifier)
        assert not revoke_key(database, identifier)
        assert asked(client, lasting, "GET", "/jobs")[0] == 200
        for secret in (expired, revoked):
            assert asked(client, secret, "GET", "/jobs") == (401, "key-invalid")
        for path in tmp_path.rglob("*.sqlite*"):
            assert lasting.encode() not in path.read_bytes()


def test_reading_may_be_open_to_anybody(tmp_path: Path) -> None:
    with make_client(tmp_path, auth="keys", public_read=True, workers=0) as client:
        assert asked(client, None, "GET", "/processes")[0] == 200
        assert asked(client, None, "POST", "/processes/reach/execution") == (403, "scope-missing")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])
def test_nobody_listens_beyond_this_machine_without_keys(tmp_path: Path, host: str) -> None:
    with pytest.raises(OptionError, match=r"listen on 127\.0\.0\.1"):
        create_app(Settings(data_dir=tmp_path, host=host))
    create_app(Settings(data_dir=tmp_path, host=host, auth="keys"))
    for local in ("127.0.0.1", "::1", "localhost"):
        create_app(Settings(data_dir=tmp_path, host=local))
