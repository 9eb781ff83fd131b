"""The report of an exercise by the service: made beside it, its files, who may have it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from made_exercise_service import ALERT, opened, put, seated
from made_service import make_client

from ew4all.sim.exercise import claims_to_be_real

if TYPE_CHECKING:
    from pathlib import Path


def _done(client: Any, where: str, within_s: float = 240.0) -> dict[str, Any]:
    ends_s = time.monotonic() + within_s
    while True:
        found: dict[str, Any] = client.get(where).json()
        if found["state"] != "running":
            return found
        assert time.monotonic() < ends_s, found
        time.sleep(0.2)


def test_a_report_is_made_and_its_files_are_sent(tmp_path: Path) -> None:
    with make_client(tmp_path, workers=0) as client:
        exercise = put(client)
        opened(client, exercise)
        where = f"/v1/exercises/{exercise}/report"
        assert client.get(where).json() == {"state": "none"}
        early = client.post(where)
        assert (early.status_code, early.json()["code"]) == (409, "clock-state")
        client.post(f"/v1/exercises/{exercise}/clock", json={"do": "start"})
        for kind, alert in (("draft_alert", ALERT), ("approve_alert", "a1"), ("issue_alert", "a1")):
            asked = {"kind": kind, "team": "nema", "alert": alert}
            decided = client.post(f"/v1/exercises/{exercise}/decisions", json=asked)
            assert decided.is_success, decided.text
        stop = client.post(f"/v1/exercises/{exercise}/clock", json={"do": "pause"})
        assert stop.is_success, stop.text
        made = client.post(where)
        assert made.status_code == 202, made.text
        assert made.headers["location"] == where
        found = _done(client, where)
        assert found["state"] == "done", found
        names = {one["name"] for one in found["files"]}
        assert {
            "report.html",
            "report.json",
            "timeline.csv",
            "messages.csv",
            "exercise.gpkg",
        } <= names
        facts = client.get(f"{where}/report.json").json()
        assert facts["status"] == "Exercise"
        assert "alert_issued" in {row["kind"] for row in facts["timeline"]}
        page = client.get(f"{where}/report.html")
        assert page.headers["content-disposition"] == 'attachment; filename="EXERCISE-report.html"'
        assert "EXERCISE" in page.text
        assert not claims_to_be_real(page.text)
        assert client.get(f"{where}/state.json").status_code == 404
        player = seated(client, exercise, "player", "nema")
        assert client.get(where, headers=player).status_code == 403
        assert client.get(f"{where}/report.html", headers=player).status_code == 403
        assert client.delete(f"/v1/exercises/{exercise}").status_code == 204
        assert not (tmp_path / "reports" / exercise).exists()
