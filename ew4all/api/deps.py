"""What a route asks for: the service, and who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from ew4all.api.identity import ANYBODY, LOCAL, Principal, find_key
from ew4all.api.problems import Problem
from ew4all.api.service import Service

if TYPE_CHECKING:
    pass

__all__ = ["Administering", "Asking", "Executing", "Reading", "Serving", "Writing", "needs"]


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Serving = Annotated[Service, Depends(_service)]


async def principal(request: Request, service: Serving) -> Principal:
    """Return who asks.

    Raises
    ------
    Problem
        401: no key, or one that is not good; 429: too many requests, or too many keys that are not good.
    """
    if service.settings.auth == "none":
        return LOCAL
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if not secret and service.settings.public_read:
        service.rates.take(request, ANYBODY)
        return ANYBODY
    challenge = {"WWW-Authenticate": 'Bearer realm="ew4all"'}
    if kind.lower() != "bearer" or not secret:
        told = "this service wants an API key, as `Authorization: Bearer ew4_...`"
        raise Problem(401, "key-missing", told, headers=challenge)
    service.rates.must_be_let(request)
    # A plain function would be run in a thread each time, and this is asked with each request.
    found = await run_in_threadpool(find_key, service.database, secret)
    if found is None:
        service.rates.failed(request)
        told = "this API key is unknown, expired or revoked; ask the administrator of the service for another"
        raise Problem(401, "key-invalid", told, headers=challenge)
    service.rates.take(request, found)
    return found


Asking = Annotated[Principal, Depends(principal)]


def needs(scope: str) -> Any:
    """Return a dependency that lets nobody pass who may not do this.

    Raises
    ------
    Problem
        403: the key's role does not have the scope.
    """

    async def check(asking: Asking) -> Principal:
        if not asking.may(scope):
            told = f"this needs the scope {scope!r}, which your key does not have (it has {', '.join(sorted(asking.scopes))})"
            raise Problem(403, "scope-missing", told)
        return asking

    return Depends(check)


Reading = Annotated[Principal, needs("read")]
Writing = Annotated[Principal, needs("write")]
Executing = Annotated[Principal, needs("execute")]
Administering = Annotated[Principal, needs("administer")]
