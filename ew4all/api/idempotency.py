"""`Idempotency-Key`: a creation that is asked for again, because its answer was lost, is answered again and not done again.

The answer is written in the transaction of what it tells of. Keys are those of one principal, and are kept for a day.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from sqlalchemy import insert, select, update

from ew4all.api.deps import Asking
from ew4all.api.problems import Problem
from ew4all.api.store.database import now
from ew4all.api.store.tables import IDEMPOTENCY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Response
    from sqlalchemy import Connection

    from ew4all.api.service import Service

__all__ = ["Answer", "Kept", "Key", "Once", "OnceOnly", "Repeated", "once_with"]

PENDING: Final = 0
"""Status of an answer that is not known yet."""

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,200}$",
        description="any text that is new for each creation, such as a UUID: the same key with the same body is answered "
        "as before and nothing is made twice; kept for 24 hours",
        examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    ),
]


class Repeated(Exception):
    """Somebody else has used the key in the meantime; what was written in this transaction is to be undone."""


@dataclass(frozen=True)
class Answer:
    """What is answered to a creation."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """Return it as it goes out."""
        return JSONResponse(dict(self.body), self.status, headers=dict(self.headers))


@dataclass(frozen=True)
class Kept:
    """What is known of a key; `answer` is None while a job works on it."""

    answer: Answer | None
    job: str | None


@dataclass(frozen=True)
class Once:
    """A creation and its key, if it has one."""

    key: str | None
    owner: str
    request_hash: str

    def before(self, service: Service) -> Kept | None:
        """Return what was answered before, None where nothing was.

        Raises
        ------
        Problem
            422: the key was used for something else.
        """
        if self.key is None:
            return None
        with service.database.read() as connection:
            return self._found(connection)

    def again(self, service: Service, connection: Connection) -> Kept | None:
        """Return what `before` does, once whoever uses the same key at this moment is done; for a transaction that writes."""
        if self.key is None:
            return None
        service.database.hold(connection, f"key {self.owner} {self.key}")
        return self._found(connection)

    def keep(self, connection: Connection, answer: Answer | None, job: str | None = None) -> None:
        """Write the answer down; None where a job has it, once it is done."""
        if self.key is None:
            return
        row = {
            "owner": self.owner, "key": self.key, "request_hash": self.request_hash, "job": job, "created": now(),
            "status": PENDING if answer is None else answer.status,
            "headers": {} if answer is None else dict(answer.headers),
            "body": {} if answer is None else dict(answer.body),
        }  # fmt: skip
        connection.execute(insert(IDEMPOTENCY).values(row))

    def settle(self, service: Service, answer: Answer) -> None:
        """Write the answer down that was not known before."""
        if self.key is None:
            return
        mine = IDEMPOTENCY.c.owner == self.owner, IDEMPOTENCY.c.key == self.key
        values = {
            "status": answer.status, "headers": dict(answer.headers), "body": dict(answer.body),
        }  # fmt: skip
        with service.database.begin() as connection:
            connection.execute(update(IDEMPOTENCY).where(*mine).values(values))

    def _found(self, connection: Connection) -> Kept | None:
        mine = IDEMPOTENCY.c.owner == self.owner, IDEMPOTENCY.c.key == self.key
        row = connection.execute(select(IDEMPOTENCY).where(*mine)).first()
        if row is None:
            return None
        if row.request_hash != self.request_hash:
            told = "this Idempotency-Key was used for another request within 24 hours: take a new one for a new creation"
            fault = {"pointer": "header:Idempotency-Key", "detail": told, "code": "key-reused"}
            raise Problem(422, "key-reused", told, errors=[fault])
        answer = None if row.status == PENDING else Answer(row.status, row.body, row.headers)
        return Kept(answer, row.job)


def once_with(request: Request, owner: str, key: str | None, content: str) -> Once:
    """Return a creation whose body is named by its hash."""
    query = "&".join(sorted(request.url.query.split("&")))
    text = "\n".join((request.method, request.url.path, query, content))
    return Once(key, owner, hashlib.sha256(text.encode()).hexdigest())


async def _once(request: Request, asking: Asking, key: Key = None) -> Once:
    content = hashlib.sha256(await request.body()).hexdigest()
    return once_with(request, asking.id, key, content)


OnceOnly = Annotated[Once, Depends(_once)]
"""For routes that read the whole body; uploads, which do not, use `once_with`."""
