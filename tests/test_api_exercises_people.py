"""Links, seats and logs of exercises: no secret is kept, an end is an end, and nothing is written twice."""

from __future__ import annotations

import datetime as dt
import threading
from typing import TYPE_CHECKING, Any

import pytest
from made_exercise_service import put as made
from made_exercise_service import seated
from made_postgres import make_postgres
from made_service import make_client, service_of
from sqlalchemy import text, update

from ew4all.api.exercises import records
from ew4all.api.exercises.invitations import DAY, find_seat, invite, sit_down
from ew4all.api.exercises.records import Entry, Made, Overtaken
from ew4all.api.identity import LOCAL, make_key
from ew4all.api.settings import Settings
from ew4all.api.store import Database, now, upgrade
from ew4all.api.store.tables import INVITATIONS, SEATS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

CLOCK = {"state": "ready", "time_s": 0.0, "speed": 1.0, "at": None}
MADE = Made("t", "valley-flash-flood", "text", {}, {"teams": [{"id": "nema"}]}, {}, CLOCK)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    server = make_postgres() if request.param == "postgres" else None
    try:
        url = None if server is None else server.database("exercises")
        settings = Settings(data_dir=tmp_path, database_url=url)
        upgrade(settings)
        found = Database(settings)
        yield found
        found.close()
    finally:
        if server is not None:
            server.remove()


def stored(database: Database) -> records.Stored:
    with database.begin() as connection:
        return records.create(connection, MADE, LOCAL)


def entry(number: int) -> Entry:
    return Entry(number, "note", float(number), f'{{"sequence": {number}}}', [{"event": "note"}])


def test_a_log_is_appended_to_and_never_overtaken(database: Database) -> None:
    exercise = stored(database).id
    running = {**CLOCK, "state": "running", "time_s": 2.0}
    with database.begin() as connection:
        records.append(database, connection, exercise, [entry(1), entry(2)], running)
    with pytest.raises(Overtaken), database.begin() as connection:
        records.append(database, connection, exercise, [entry(2)], CLOCK)
    with pytest.raises(Overtaken), database.begin() as connection:
        records.append(database, connection, exercise, [entry(4)], CLOCK)
    with database.read() as connection:
        assert records.entries(connection, exercise) == [entry(1), entry(2)]
        assert records.entries(connection, exercise, 1) == [entry(2)]
        assert records.last(connection, exercise) == 2
        assert records.running(connection) == [exercise]
        found = records.find(connection, exercise)
        assert found is not None
        assert found.clock == running  # what was refused changed nothing


def test_two_that_write_at_once_do_not_both(database: Database) -> None:
    exercise = stored(database).id
    won: list[int] = []

    def write(number: int) -> None:
        for _ in range(10):
            try:
                with database.begin() as connection:
                    at = records.last(connection, exercise) + 1
                    records.append(database, connection, exercise, [entry(at)], CLOCK)
            except Overtaken:
                continue
            won.append(number)

    threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        sequences = [one.sequence for one in records.entries(connection, exercise)]
    assert sequences == list(range(1, len(won) + 1))


def test_the_last_place_is_taken_once(database: Database) -> None:
    exercise = stored(database).id
    with database.begin() as connection:
        _, secret = invite(connection, exercise, "player", "nema", "desk", now() + DAY, 3, "local")
    seats: list[str] = []

    def come() -> None:
        with database.begin() as connection:
            found = sit_down(connection, secret, "")
        if found is not None:
            seats.append(found[1])

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seats)) == 3
    with database.read() as connection:
        seat = find_seat(connection, seats[0])
        assert seat is not None
        assert (seat.role, seat.team, seat.name) == ("player", "nema", "desk")


def test_no_secret_is_in_the_store(database: Database) -> None:
    exercise = stored(database).id
    with database.begin() as connection:
        _, secret = invite(connection, exercise, "observer", None, "", now() + DAY, None, "local")
        found = sit_down(connection, secret, "Ana")
        assert found is not None
        token = found[1]
    with database.read() as connection:
        for table in ("invitations", "seats", "exercises", "audit"):
            rows = str(connection.execute(text(f"SELECT * FROM {table}")).all())
            assert secret not in rows
            assert token not in rows


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with make_client(tmp_path, workers=0, auth="keys", limits={"failed_keys_per_minute": 10**6}) as found:  # fmt: skip
        yield found


@pytest.fixture
def lead(client: TestClient) -> dict[str, str]:
    key = make_key(service_of(client).database, "lead", "facilitator")[1]
    client.headers["Authorization"] = f"Bearer {key}"
    return {"Authorization": f"Bearer {key}"}


def test_a_link_becomes_a_token_which_opens_one_exercise(
    client: TestClient, lead: dict[str, str]
) -> None:
    exercise, other = made(client), made(client)
    player = seated(client, exercise, "player", "nema")
    document = client.get(f"/v1/exercises/{exercise}", headers=player).json()
    assert document["you"]["role"] == "player"
    assert document["you"]["team"] == "nema"
    assert document["may"] == ["decide", "message"]
    assert client.get(f"/v1/exercises/{other}", headers=player).status_code == 404
    for path in ("/v1/exercises", "/v1/runs", "/v1/keys", "/jobs", "/v1/events"):
        assert client.get(path, headers=player).status_code == 401, path
    del lead


def test_a_briefing_is_for_its_team(client: TestClient, lead: dict[str, str]) -> None:
    exercise = made(client)
    path = f"/v1/exercises/{exercise}"
    seen = client.get(path, headers=seated(client, exercise, "player", "nema")).json()
    assert [("brief" in one) for one in seen["teams"]] == [True, False]
    assert "objectives" not in seen
    seen = client.get(path, headers=seated(client, exercise, "observer")).json()
    assert [("brief" in one) for one in seen["teams"]] == [False, False]
    assert [("brief" in one) for one in client.get(path, headers=lead).json()["teams"]] == [
        True,
        True,
    ]


def test_a_link_ends(client: TestClient, lead: dict[str, str]) -> None:
    exercise = made(client)
    path = f"/v1/exercises/{exercise}/invitations"
    asked = client.post(path, json={"role": "observer", "uses": 2}).json()
    assert asked["link"] == f"http://testserver/console/#join={asked['secret']}"
    come = {"invitation": asked["secret"]}
    first = client.post("/v1/seats", json=come)
    assert first.headers["cache-control"] == "no-store"
    seat = {"Authorization": f"Bearer {first.json()['token']}"}
    assert client.post("/v1/seats", json=come).status_code == 201
    third = client.post("/v1/seats", json=come)
    assert (third.status_code, third.json()["code"]) == (403, "invitation-invalid")
    listed = client.get(path).json()["invitations"]
    assert [(one["state"], one["used"]) for one in listed] == [("used-up", 2)]
    assert "secret" not in listed[0]
    assert client.get(f"/v1/exercises/{exercise}", headers=seat).status_code == 200
    assert client.delete(f"{path}/{asked['id']}").status_code == 204
    gone = client.get(f"/v1/exercises/{exercise}", headers=seat)
    assert (gone.status_code, gone.json()["code"]) == (401, "seat-invalid")
    assert client.get(path).json()["invitations"][0]["state"] == "revoked"
    assert client.delete(f"{path}/none").status_code == 404
    unknown = client.post("/v1/seats", json={"invitation": "ew4i_none"})
    assert unknown.json()["detail"] == third.json()["detail"]  # nobody learns which
    del lead


def test_an_expired_link_or_seat_opens_nothing(client: TestClient, lead: dict[str, str]) -> None:
    exercise = made(client)
    seat = seated(client, exercise, "evaluator")
    asked = client.post(f"/v1/exercises/{exercise}/invitations", json={"role": "observer"}).json()
    past = now() - dt.timedelta(seconds=1)
    with service_of(client).database.begin() as connection:
        for table in (INVITATIONS, SEATS):
            connection.execute(update(table).values(expires=past))
    assert client.post("/v1/seats", json={"invitation": asked["secret"]}).status_code == 403
    assert client.get(f"/v1/exercises/{exercise}", headers=seat).status_code == 401
    listed = client.get(f"/v1/exercises/{exercise}/invitations").json()["invitations"]
    assert {one["state"] for one in listed} == {"expired"}
    assert client.get(f"/v1/exercises/{exercise}/seats").json() == {"seats": []}
    del lead


def test_who_is_put_out_is_out(client: TestClient, lead: dict[str, str]) -> None:
    exercise = made(client)
    seat = seated(client, exercise, "player", "ntrc")
    (found,) = client.get(f"/v1/exercises/{exercise}/seats").json()["seats"]
    assert (found["role"], found["team"], found["is_listening"]) == ("player", "ntrc", False)
    assert client.delete(f"/v1/exercises/{exercise}/seats/{found['id']}").status_code == 204
    assert client.delete(f"/v1/exercises/{exercise}/seats/{found['id']}").status_code == 404
    assert client.get(f"/v1/exercises/{exercise}", headers=seat).status_code == 401
    del lead


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"role": "player"}, "unknown-team"),
        ({"role": "player", "team": "nobody"}, "unknown-team"),
        ({"role": "observer", "expires": "2001-01-01T00:00:00Z"}, "bad-time"),
        ({"role": "observer", "expires": "2999-01-01T00:00:00Z"}, "bad-time"),
        ({"role": "observer", "expires": "2999-01-01T00:00:00"}, "bad-time"),
        ({"role": "king"}, "invalid-request"),
    ],
)
def test_what_cannot_be_invited(
    client: TestClient, lead: dict[str, str], asked: Any, code: str
) -> None:
    answer = client.post(f"/v1/exercises/{made(client)}/invitations", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    del lead


def test_removing_an_exercise_ends_what_opens_it(client: TestClient, lead: dict[str, str]) -> None:
    exercise = made(client)
    seat = seated(client, exercise, "facilitator")
    assert client.delete(f"/v1/exercises/{exercise}", headers=seat).status_code == 204
    assert client.get(f"/v1/exercises/{exercise}", headers=seat).status_code == 401
    assert client.get(f"/v1/exercises/{exercise}").status_code == 404
    assert client.delete(f"/v1/exercises/{exercise}").status_code == 404
    assert client.get("/v1/exercises").json()["numberMatched"] == 0
    del lead


def test_somebody_who_guesses_puts_nobody_else_out(tmp_path: Path) -> None:
    with make_client(tmp_path, workers=0, auth="keys", limits={"failed_keys_per_minute": 3}) as client:  # fmt: skip
        key = make_key(service_of(client).database, "lead", "facilitator")[1]
        exercise = made(client)
        client.headers["Authorization"] = f"Bearer {key}"
        player = seated(client, exercise, "player", "nema")
        asked = {"role": "observer"}
        link = client.post(f"/v1/exercises/{exercise}/invitations", json=asked).json()["secret"]
        url = f"/v1/exercises/{exercise}"
        wrong = {"Authorization": "Bearer ew4x_wrong"}
        assert [client.get(url, headers=wrong).status_code for _ in range(4)] == [401] * 3 + [429]
        answer = client.post("/v1/seats", json={"invitation": "ew4i_wrong"})
        assert answer.status_code == 429
        assert client.get(url, headers=player).status_code == 200
        assert client.post("/v1/seats", json={"invitation": link}).status_code == 201


def test_seats_have_an_end(tmp_path: Path) -> None:
    with make_client(tmp_path, workers=0, limits={"exercise_seats": 2}) as client:
        exercise = made(client)
        link = client.post(f"/v1/exercises/{exercise}/invitations", json={"role": "observer"}).json()  # fmt: skip
        body = {"invitation": link["secret"]}
        answers = [client.post("/v1/seats", json=body) for _ in range(3)]
        assert [a.status_code for a in answers] == [201, 201, 429]
        seats = client.get(f"/v1/exercises/{exercise}/seats").json()["seats"]
        assert len(seats) == 2
        ended = client.delete(f"/v1/exercises/{exercise}/seats/{seats[0]['id']}")
        assert ended.status_code == 204
        assert client.post("/v1/seats", json=body).status_code == 201


def test_an_exercise_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    with make_client(tmp_path, workers=0) as client:
        exercise = made(client)
        client.post(f"/v1/exercises/{exercise}/invitations", json={"role": "observer"})
        assert client.delete(f"/v1/exercises/{exercise}").status_code == 204
        for name in (exercise, "none"):
            for path in ("", "/state", "/seats", "/invitations", "/branches", "/report", "/log"):
                answer = client.get(f"/v1/exercises/{name}{path}")
                assert (answer.status_code, answer.json()["code"]) == (404, "unknown-exercise"), (
                    path
                )
