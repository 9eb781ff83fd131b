"""What scenarios and alerts have in common over HTTP: created, changed, listed, deleted, each with its version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Path, Query
from fastapi.responses import JSONResponse, Response

from ew4all.api import audit
from ew4all.api.answers import LOOK_AGAIN, Links, kept, unchanged
from ew4all.api.conditions import must_match, quoted
from ew4all.api.documents import records
from ew4all.api.documents.models import shown
from ew4all.api.idempotency import Answer
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request
    from pydantic import BaseModel

    from ew4all.api.documents.records import Checked, Document, Kind
    from ew4all.api.idempotency import Once
    from ew4all.api.identity import Principal
    from ew4all.api.service import Service

__all__ = ["DocumentId", "Limit", "Noun", "Offset", "Version"]

DocumentId = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9-]{1,40}$",
        description="identifier, as the list has it",
        examples=["0192f0c1-5b3e-7d5a-8f21-9b1f0f6c2a11"],
    ),
]
Version = Annotated[int, Path(ge=1, le=999_999_999, description="number of the version")]
Limit = Annotated[int, Query(ge=1, le=1000, description="entries of one page")]
Offset = Annotated[int, Query(ge=0, le=10**9, description="entries before the page")]

JSON: Final = "application/json"


@dataclass(frozen=True)
class Noun:
    """A kind of document and how it is shown.

    Attributes
    ----------
    forms
        Ending to media type of the other forms of a version.
    show
        Values of the model, without those that all documents have; told whether the whole is wanted.
    """

    kind: Kind
    model: type[BaseModel]
    page: type[BaseModel]
    forms: dict[str, str]
    show: Callable[[Document, bool], dict[str, Any]]

    @property
    def path(self) -> str:
        """Where they are."""
        return f"/v1/{self.kind}s"

    def create(
        self, request: Request, service: Service, asking: Principal, once: Once, check: Callable[[], Checked]
    ) -> Response:  # fmt: skip
        """Answer POST."""
        before = once.before(service)
        if before is not None and before.answer is not None:
            return before.answer.response()
        checked = check()
        with service.database.begin() as connection:
            before = once.again(service, connection)
            if before is not None and before.answer is not None:
                return before.answer.response()
            document = records.create(connection, self.kind, checked, asking)
            self._record(connection, asking, "create", document)
            headers = {
                "Location": f"{self.path}/{document.id}",
                "ETag": quoted(document.etag),
            }
            answer = Answer(201, self.document(document, Links(request)), headers)
            once.keep(connection, answer)
        return answer.response()

    def change(
        self,
        request: Request,
        service: Service,
        asking: Principal,
        identifier: str,
        if_match: str | None,
        check: Callable[[Document], Checked],
    ) -> Response:
        """Answer PUT: another version, or the same one where nothing is different."""
        before = self.find(service, identifier)
        self._must_be_yours(asking, before)
        must_match(if_match, before.etag)
        checked = check(before)
        with service.database.begin() as connection:
            latest = records.find(connection, self.kind, identifier, hold=service)
            if latest is None:
                raise self._unknown(identifier)
            must_match(if_match, latest.etag)
            document = latest
            if checked.body != latest.body:
                document = records.add_version(connection, latest, checked, asking)
                self._record(connection, asking, "change", document)
        headers = {"ETag": quoted(document.etag)}
        return JSONResponse(self.document(document, Links(request)), headers=headers)

    def delete(
        self, service: Service, asking: Principal, identifier: str, if_match: str | None
    ) -> Response:
        """Answer DELETE."""
        with service.database.begin() as connection:
            document = records.find(connection, self.kind, identifier, hold=service)
            if document is None:
                raise self._unknown(identifier)
            self._must_be_yours(asking, document)
            must_match(if_match, document.etag, is_demanded=False)
            records.delete(connection, document)
            self._record(connection, asking, "delete", document)
        return Response(status_code=204)

    def find(self, service: Service, identifier: str, version: int | None = None) -> Document:
        """Return a version, the latest where none is named.

        Raises
        ------
        Problem
            404: there is none.
        """
        with service.database.read() as connection:
            found = records.find(connection, self.kind, identifier, version)
        if found is None:
            raise self._unknown(identifier, version)
        return found

    def one(self, request: Request, service: Service, document: Document) -> Response:
        """Answer GET of one as JSON."""
        headers = self.headers(service, document)
        same = unchanged(request, headers)
        if same is not None:
            return same
        return JSONResponse(self.document(document, Links(request)), headers=headers)

    def text(
        self, request: Request, service: Service, document: Document, form: str, text: Callable[[], str]
    ) -> Response:  # fmt: skip
        """Answer GET of one in another form."""
        headers = self.headers(service, document, form)
        same = unchanged(request, headers)
        if same is not None:
            return same
        # Somebody else wrote it: a browser is to save it, and never to show it as a page of ours.
        headers["Content-Disposition"] = f'attachment; filename="{document.id}.{form}"'
        return Response(text().encode(), media_type=self.forms[form], headers=headers)

    def list(self, request: Request, service: Service, limit: int, offset: int) -> dict[str, Any]:
        """Answer GET of all."""
        with service.database.read() as connection:
            found, total = records.list_documents(connection, self.kind, limit=limit, offset=offset)
        return self._page(request, self.path, found, total, limit, offset)

    def history(
        self, request: Request, service: Service, identifier: str, limit: int, offset: int
    ) -> dict[str, Any]:
        """Answer GET of all versions of one."""
        self.find(service, identifier)
        with service.database.read() as connection:
            found, total = records.list_versions(
                connection, self.kind, identifier, limit=limit, offset=offset
            )
        path = f"{self.path}/{identifier}/versions"
        return self._page(request, path, found, total, limit, offset)

    def headers(self, service: Service, document: Document, form: str = "") -> dict[str, str]:
        """Return the headers of a version in a form."""
        return {
            "ETag": quoted(document.etag, form),
            "Cache-Control": kept(service.settings, LOOK_AGAIN),
            "Vary": "Accept",
        }

    def document(self, document: Document, links: Links, *, is_whole: bool = True) -> dict[str, Any]:  # fmt: skip
        """Return a version as a document."""
        path = f"{self.path}/{document.id}"
        own = [
            links.link(path, "self"),
            links.link(f"{path}/versions", "version-history"),
            links.link(f"{path}/versions/{document.version}", "item", title="this version"),
        ]
        own += [
            links.link(f"{path}.{form}", "alternate", type_) for form, type_ in self.forms.items()
        ]
        values = {
            "id": document.id, "reference": document.reference, "version": document.version, "title": document.title,
            "owner": document.owner, "author": document.author, "created": document.created, "etag": document.etag,
            "links": own, **self.show(document, is_whole),
        }  # fmt: skip
        return shown(self.model, values)

    def _page(
        self, request: Request, path: str, found: Any, total: int, limit: int, offset: int
    ) -> dict[str, Any]:
        links = Links(request)
        own = [links.link(path, "self", query={"limit": limit, "offset": offset})]
        if offset + len(found) < total:
            own.append(links.link(path, "next", query={"limit": limit, "offset": offset + limit}))
        return {
            f"{self.kind}s": [self.document(one, links, is_whole=False) for one in found],
            "numberMatched": total, "numberReturned": len(found), "links": own,
        }  # fmt: skip

    def _record(self, connection: Any, asking: Principal, verb: str, document: Document) -> None:
        facts = {"version": document.version, "title": document.title}
        audit.record(connection, asking, f"{self.kind}.{verb}", document.reference, **facts)

    def _must_be_yours(self, asking: Principal, document: Document) -> None:
        if document.owner != asking.id and not asking.may("exercise"):
            told = f"the {self.kind} {document.id!r} belongs to somebody else: they, facilitators and administrators may change it"
            raise Problem(403, "not-yours", told)

    def _unknown(self, identifier: str, version: int | None = None) -> Problem:
        what = f"{self.kind} {identifier!r}" + ("" if version is None else f" of version {version}")
        return Problem(
            404, f"unknown-{self.kind}", f"there is no {what}; {self.path} lists what there is"
        )
