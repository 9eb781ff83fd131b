"""A scripted service that speaks the contract of exercises (docs/exercise-api.md), for tests of what the console shows and sends.

It simulates nothing: numbers are what the test says. What the exercise itself does is tested on the service.
"""

from __future__ import annotations

import json
import queue
import re
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from made_console_scene import (
    CURVES,
    DECISIONS,
    EXERCISE,
    INJECTS,
    LAYERS,
    LIBRARY,
    MAY,
    MESSAGES,
    SCORES,
    STATE,
    TRUTH,
)

from ew4all.api.routes.console import FOLDER as CONSOLE
from ew4all.api.web.assets import FOLDER as WEB
from ew4all.api.web.assets import assets, policy_of

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKENS: Final = {
    "ew4x_player": ("player", "nema"),
    "ew4x_observer": ("observer", None),
    "ew4x_evaluator": ("evaluator", None),
    "ew4_key": ("facilitator", None),
}
SECRET: Final = "ew4i_nema"
ID: Final = EXERCISE["id"]


class Problem(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"status": status, "code": code, "detail": more.pop("detail", code), **more}


class Room:
    """What the scripted service knows; the test changes it and tells those who listen.

    Attributes
    ----------
    asked
        Method, path and body of every request that changes something.
    is_down
        Every line is cut and every request refused.
    wants_key
        Whoever shows no key, and no token of a seat, is refused.
    slow_s
        How long what changes something waits before it is done, seconds.
    out
        Tokens that are good no more.
    """

    def __init__(self) -> None:
        copy = json.loads(json.dumps([INJECTS, MESSAGES, DECISIONS, SCORES, STATE, CURVES]))
        self.injects, self.messages, self.decisions, self.scores, self.state, self.curves = copy
        self.alerts: list[dict[str, Any]] = []
        self.invitations: list[dict[str, Any]] = []
        self.branches: list[dict[str, Any]] = []
        self.report: dict[str, Any] = {"state": "none"}
        self.notes: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str, Any]] = []
        self.is_down = self.wants_key = False
        self.slow_s = 0.0
        self.out: set[str] = set()
        self.seq = 100
        self.events: list[tuple[int, str, dict[str, Any]]] = []
        self.listeners: list[queue.Queue[Any]] = []
        self.lock = threading.Lock()
        self.heard_s = time.monotonic()

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        """Tell an event to everybody and keep it for those who come later."""
        with self.lock:
            self.seq += 1
            numbered = {"seq": self.seq, "time_s": self.state["clock"]["time_s"], **data}
            self.events.append((self.seq, kind, numbered))
            for one in self.listeners:
                one.put((self.seq, kind, numbered))

    def cut(self) -> None:
        """Cut the lines of everybody and take no more."""
        self.is_down = True
        with self.lock:
            for one in self.listeners:
                one.put(None)

    def now(self) -> dict[str, Any]:
        """The clock, brought to this moment."""
        clock = self.state["clock"]
        seconds = time.monotonic() - self.heard_s
        self.heard_s += seconds
        if clock["state"] == "running":
            clock["time_s"] += seconds * clock["speed"]
        return clock

    def state_for(self, role: str) -> dict[str, Any]:
        out = {**self.state, "alerts": self.alerts, "seq": self.seq}
        if role in {"player", "observer"}:
            for name in ("counters", "channels", "facts", "injects", "scores", "seats"):
                out.pop(name, None)
            out["geo"] = {k: v for k, v in out["geo"].items() if k not in TRUTH}
        else:
            out["injects"] = [
                {k: one[k] for k in ("id", "version", "state", "time_s", "fired_s")}
                for one in self.injects
            ]
        return out

    def document(self, role: str, team: str | None) -> dict[str, Any]:
        you = {"role": role, "team": team, "name": "Maria", "seat": None}
        return {**EXERCISE, "clock": self.state["clock"], "you": you, "may": MAY[role]}

    # Each answer: (method, pattern) to a method that gets the match, the body, the query and the role.
    def answer(
        self, method: str, path: str, query: dict[str, list[str]], body: Any, role: str, team: str | None, headers: Any
    ) -> Any:  # fmt: skip
        if method != "GET":
            time.sleep(self.slow_s)
            self.asked.append((method, path, body))
        if path == "/v1/exercises/library":
            return {"exercises": LIBRARY}
        if path == "/v1/exercises":
            return self.document(role, team) if method == "POST" else {"exercises": [self.document(role, team)]}  # fmt: skip
        if path == "/v1/seats":
            if body["invitation"] != SECRET:
                raise Problem(403, "invitation-invalid")
            return {"token": "ew4x_player", "seat": "s1", "exercise": ID, "role": "player", "team": "nema", "name": body["name"]}  # fmt: skip
        found = re.fullmatch(rf"/v1/exercises/{ID}(?:/(.*))?", path)
        if found is None:
            raise Problem(404, "unknown-exercise", detail="there is no such exercise")
        part, _, rest = (found[1] or "").partition("/")
        if not part:
            return self.document(role, team)
        if part in {"injects", "scores", "curves", "branches"} and role in {"player", "observer"}:
            raise Problem(403, "not-your-role")
        handler = getattr(self, f"_{part}")
        return handler(method, rest, query, body, role, team, headers)

    def _state(self, *asked: Any) -> Any:
        return self.state_for(asked[4])

    def _clock(self, method: str, _rest: str, _query: Any, body: Any, *_: Any) -> Any:
        clock = self.now()
        if method == "POST":
            do = body["do"]
            clock["state"] = {"start": "running", "resume": "running", "pause": "paused", "end": "ended"}.get(do, clock["state"])  # fmt: skip
            clock["speed"] = body.get("speed", clock["speed"])
            clock["time_s"] = body.get("time_s", clock["time_s"] + body.get("seconds", 0))
            self.tell("clock", {"clock": clock, "do": do})
        return clock

    def _injects(
        self, method: str, rest: str, _query: Any, body: Any, _role: str, _team: Any, headers: Any
    ) -> Any:
        if method == "GET" and not rest:
            return {"injects": self.injects}
        if method == "POST" and not rest:
            made = {**self.injects[0], **body, "id": f"n{len(self.injects)}", "version": 1, "state": "pending", "due_s": body.get("time_s")}  # fmt: skip
            self.injects.append(made)
            return made
        one = next(i for i in self.injects if i["id"] == rest)
        if method == "PUT":
            if headers["If-Match"] != f'"{one["version"]}"':
                raise Problem(412, "changed-meanwhile", current=one, detail="Ana changed it")
            if not body["title"]:
                raise Problem(400, "invalid-inject", detail="one thing is wrong", errors=[{"pointer": "#/title", "detail": "an inject has a title"}])  # fmt: skip
            one.update(body)
        elif method == "POST":
            one["state"] = {"fire": "fired", "hold": "held", "release": "pending", "skip": "skipped", "undo": "pending"}[body["do"]]  # fmt: skip
            one["fired_s"] = self.state["clock"]["time_s"] if body["do"] == "fire" else None
        one["version"] += 1
        self.tell("inject", {"do": "edit", "inject": {k: one[k] for k in ("id", "version", "state", "time_s", "fired_s", "title")}})  # fmt: skip
        return one

    def _imports(self, _method: str, _rest: str, query: Any, *_: Any) -> Any:
        mapped = dict(one.rsplit(":", 1) for one in query.get("map", []))
        columns = [{"column": "When", "field": "at"}, {"column": "What", "field": "title"}]
        known = {"columns": columns, "unmapped": ["Remarks"], "fields": ["id", "at", "title", "text", "notes"]}  # fmt: skip
        if mapped.get("Remarks") == "text":
            raise Problem(400, "invalid-list", detail="one thing is wrong", errors=[{"sheet": "MSEL", "row": 7, "column": "When", "detail": "“soon” is no time"}], **known)  # fmt: skip
        return {**known, "added": 12, "changed": 3, "unchanged": 1, "injects": [], "notes": []}

    def _decisions(
        self, method: str, _rest: str, _query: Any, body: Any, role: str, team: str | None, *_: Any
    ) -> Any:
        if method == "GET":
            return {"decisions": list(reversed(self.decisions))}
        kind, given = body["kind"], body.get("alert")
        if isinstance(given, dict) and not given.get("id"):
            text = given["contents"][0]["text"]
            if len(text) > 1200:
                raise Problem(400, "invalid-alert", detail="one thing is wrong", errors=[{"pointer": "#/alert/contents/0/text", "detail": "19 pages, and cell broadcast has 15"}])  # fmt: skip
            given = {
                **given, "id": f"a{len(self.alerts) + 1}", "version": 1, "state": "draft", "team": body.get("team") or team,
                "headline": "EXERCISE: " + given["contents"][0]["text"][:60], "status": "Exercise", "message_identifiers": [4381], "pages": 1,
                "drafted_s": 1.0,
            }  # fmt: skip
            self.alerts.append(given)
        elif kind.endswith("_alert"):
            wanted = given if isinstance(given, str) else given["id"]
            given = next(a for a in self.alerts if a["id"] == wanted)
            given["state"] = {"approve_alert": "approved", "issue_alert": "issued", "cancel_alert": "cancelled"}.get(kind, given["state"])  # fmt: skip
            if kind == "issue_alert":
                given["issued_s"] = self.state["clock"]["time_s"]
                given["expires_s"] = given["issued_s"] + given["duration_s"]
        self.seq += 1
        now = self.state["clock"]["time_s"]
        made = {**body, "id": self.seq, "seq": self.seq, "team": body.get("team") or team, "time_s": now, "state": "done", "alert": given}  # fmt: skip
        self.decisions.append(made)
        if given is not None and kind.endswith("_alert"):
            told = {k: v for k, v in given.items() if k not in {"area", "contents"}}
            self.tell("alert", {"alert": told})
        self.tell("decision", {"decision": made})
        del role
        return made

    def _alerts(self, *_: Any) -> Any:
        return {"alerts": self.alerts}

    def _preview(self, _method: str, _rest: str, _query: Any, body: Any, role: str, *_: Any) -> Any:
        alert = body["alert"]
        texts = []
        for one in alert.get("contents", []):
            text = f"EXERCISE: {one['text']} EXERCISE"
            pages = -(-len(text) // 93)
            texts.append({"language": one["language"], "text": text, "characters": len(text), "alphabet": "gsm7", "pages": pages, "most_pages": 15, "identifier": 4381, "fits": pages <= 15, "findings": []})  # fmt: skip
        has_area = bool(alert.get("area")) or alert.get("national")
        count = 48_200 if has_area else 0
        out: dict[str, Any] = {"status": "Exercise", "texts": texts, "can_issue": bool(has_area)}
        if has_area:
            out["area"] = {"km2": 214.2, "vertices": 5, "people": count, "findings": []}
            out["people"] = {"in_area": count, "covered": 41_000, "missed": 7_200, "over_reach": 4_100}  # fmt: skip
            out["channels"] = [{"name": n, "reached": 39_000, "missed": 9_200, "over_reach": 4_100, "cells": 31, "findings": []} for n in alert.get("channels", [])]  # fmt: skip
            if role == "facilitator":
                out["truth"] = {"at_risk": 75_424, "at_risk_in_area": 40_100, "at_risk_outside": 35_324}  # fmt: skip
        return out

    def _messages(
        self, method: str, rest: str, _query: Any, body: Any, role: str, team: str | None, *_: Any
    ) -> Any:
        if rest.endswith("/read"):
            return None
        if method == "POST":
            self.seq += 1
            now = self.state["clock"]["time_s"]
            sender = {"team": team, "name": body.get("from") or "Maria"}
            made = {"id": self.seq, "seq": self.seq, "time_s": now, "from": sender, "channel": None, "attachments": [], "is_inject": False, "withdrawn": False, **{k: v for k, v in body.items() if k != "from"}}  # fmt: skip
            self.messages.append(made)
            self.tell("message", {"message": made})
            return made
        mine = [m for m in self.messages if role != "player" or not m["to"] or team in m["to"] or "everybody" in m["to"] or m["from"]["team"] == team]  # fmt: skip
        return {"messages": mine}

    def _scores(
        self, method: str, rest: str, _query: Any, body: Any, _role: str, _team: Any, headers: Any
    ) -> Any:
        if method == "GET":
            return self.scores
        row = next(r for r in self.scores["scores"] if r["expectation"] == rest)
        if headers["If-Match"] != f'"{row["version"]}"':
            raise Problem(412, "changed-meanwhile", current=row)
        row.update(body, state="judged", version=row["version"] + 1)
        return row

    def _geo(self, _method: str, rest: str, *_: Any) -> Any:
        if rest == "alerts":
            shapes = [a for a in self.alerts if a.get("area")]
            return {"type": "FeatureCollection", "time_s": 0, "features": [{"type": "Feature", "properties": {k: a[k] for k in ("id", "state", "headline", "team")}, "geometry": a["area"]} for a in shapes]}  # fmt: skip
        return LAYERS[rest]

    def _curves(self, *_: Any) -> Any:
        return self.curves

    def _branches(self, method: str, _rest: str, _query: Any, body: Any, *_: Any) -> Any:
        if method == "GET":
            return {"branches": self.branches}
        counters = self.state["counters"]
        made = {"id": f"b{len(self.branches)}", "title": body["title"], "state": "done", "counters": {"actual": counters, "branch": {**counters, "warned": 56_000}}}  # fmt: skip
        self.branches.append(made)
        return made

    def _report(self, method: str, *_: Any) -> Any:
        if method == "POST":
            self.report = {"state": "running", "created": "2026-06-01T12:40:00Z", "events": 41}
        return self.report

    def _invitations(self, method: str, rest: str, _query: Any, body: Any, *_: Any) -> Any:
        if method == "DELETE":
            next(one for one in self.invitations if one["id"] == rest)["state"] = "revoked"
            return None
        if method == "POST":
            made = {"id": f"v{len(self.invitations)}", "state": "good", "used": 0, **body}
            self.invitations.append(made)
            return {**made, "link": f"{self.url}/console/#join={SECRET}", "secret": SECRET}
        return {"invitations": self.invitations}

    def _notes(self, method: str, _rest: str, _query: Any, body: Any, *_: Any) -> Any:
        if method == "POST":
            made = {"id": len(self.notes), "time_s": 1834.0, "by": {"name": "Eva"}, **body}
            self.notes.append(made)
            return made
        return {"notes": self.notes}

    def _seats(self, *_: Any) -> Any:
        return {"seats": [{"id": "s1", "role": "player", "team": "nema", "name": "Maria", "is_listening": True}]}  # fmt: skip

    url = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    room: Room

    def log_message(self, *_: Any) -> None:
        pass

    def _send(self, status: int, body: bytes, kind: str, **more: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **more}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _file(self, path: str) -> None:
        folder, name = (CONSOLE, path[9:] or "index.html") if path.startswith("/console/") else (WEB, path[5:])  # fmt: skip
        found = assets(folder).get(name)
        if found is None:
            self._send(404, b"", "text/plain")
            return
        more = {"Content_Encoding": "gzip"}
        if name == "index.html":
            more["Content_Security_Policy"] = policy_of(found.body)
        self._send(200, found.packed, found.media_type, **more)

    def _listen(self, role: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.close_connection = True
        self.end_headers()
        room, mine = self.room, queue.Queue[Any]()
        last = int(self.headers.get("Last-Event-ID") or 0)
        with room.lock:
            kept = [e for e in room.events if last and e[0] > last]
            room.listeners.append(mine)
        if kept:
            self._event(None, "missed", {"count": len(kept), "from": kept[0][0], "to": kept[-1][0]})
        for one in kept:
            self._event(*one)
        self._event(room.seq, "state", room.state_for(role))
        try:
            while True:
                try:
                    found = mine.get(timeout=1.0)
                except queue.Empty:
                    self._event(None, "tick", {"clock": room.now()})
                    continue
                if found is None:
                    return
                self._event(*found)
        except OSError:
            return
        finally:
            with room.lock:
                room.listeners.remove(mine)

    def _event(self, number: int | None, kind: str, data: Any) -> None:
        head = f"event: {kind}\n" + (f"id: {number}\n" if number is not None else "")
        self.wfile.write(f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode())
        self.wfile.flush()

    def _any(self) -> None:
        asked = urlsplit(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(size)
        if self.room.is_down and asked.path.startswith("/v1"):
            self.close_connection = True
            return
        if not asked.path.startswith("/v1"):
            self._file(asked.path)
            return
        token = self.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if self.room.wants_key if not token else token not in TOKENS or token in self.room.out:
            code = "seat-invalid" if token else "key-missing"
            problem = {"status": 401, "code": code, "detail": "gone"}
            self._send(401, json.dumps(problem).encode(), "application/problem+json")
            return
        role, team = TOKENS.get(token, ("facilitator", None))
        if asked.path.endswith("/events"):
            self._listen(role)
            return
        is_json = self.headers.get("Content-Type", "").startswith("application/json")
        body = json.loads(raw) if raw and is_json else raw
        try:
            found = self.room.answer(
                self.command, asked.path, parse_qs(asked.query), body, role, team, self.headers
            )
        except Problem as problem:
            told = json.dumps(problem.body).encode()
            self._send(problem.status, told, "application/problem+json")
            return
        if found is None:
            self._send(204, b"", "text/plain")
        else:
            self._send(200, json.dumps(found).encode(), "application/json")

    do_GET = do_POST = do_PUT = do_DELETE = _any


@contextmanager
def room_served() -> Iterator[Room]:
    """A scripted service that runs in threads."""
    room = Room()
    handler = type("Handler", (_Handler,), {"room": room})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    room.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield room
    finally:
        room.cut()
        time.sleep(0.05)
        server.shutdown()
        thread.join()
        server.server_close()
