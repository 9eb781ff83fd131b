"""The client itself: one service, one key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

import httpx

from ew4all.client.documents import Documents
from ew4all.client.jobs import Job
from ew4all.client.keys import Keys
from ew4all.client.layers import Layer, download, layer_path
from ew4all.client.runs import Runs
from ew4all.client.wire import Wire
from ew4all.errors import OptionError, ReadError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

__all__ = ["Client"]


class Client:
    """A service of ew4all; used in a `with`, or closed at the end.

    What fails on the way, or is answered with "not now" (429, 503), is asked again, as long as it cannot be done twice.

    Parameters
    ----------
    url
        Address of the service, such as ``http://127.0.0.1:8000``.
    key
        API key, for services that demand one; it goes to no other host.
    timeout_s
        How long the service may be silent within an answer, seconds.
    retries, patience_s
        How often a request is asked again, and how long it may wait for that in all, seconds.
    transport
        Of httpx; for tests.

    Attributes
    ----------
    scenarios, alerts, runs, keys
        Things of the service that have a list of their own.

    Raises
    ------
    OptionError
        The address or the key can be none.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout_s: float = 60.0,
        retries: int = 4,
        patience_s: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            msg = f"{url!r} is no address of a service: give one such as http://127.0.0.1:8000"
            raise OptionError(msg)
        headers = {"Accept": "application/json", "User-Agent": "ew4all-client"}
        if key is not None:
            if not key or not key.isascii() or not key.isprintable() or " " in key:
                msg = "the key is empty or has characters that no key has: give it as it was shown, ew4_..."
                raise OptionError(msg)
            headers["Authorization"] = f"Bearer {key}"
        timeout = httpx.Timeout(timeout_s, connect=min(10.0, timeout_s))
        http = httpx.Client(
            base_url=url, headers=headers, timeout=timeout, transport=transport
        )  # redirects are not followed: a key belongs to one host
        self._wire = Wire(http, retries, patience_s)
        self.scenarios = Documents(self._wire, "scenarios", "application/yaml")
        self.alerts = Documents(self._wire, "alerts", "application/cap+xml")
        self.runs = Runs(self._wire)
        self.keys = Keys(self._wire)

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Give up the connections."""
        self._wire.http.close()

    # --- files in

    def upload(
        self, path: str | os.PathLike[str], role: str = "other", name: str | None = None
    ) -> str:
        """Send a file, and return the reference ``upload:ID`` that inputs of processes take.

        Parameters
        ----------
        role
            What it is for: ``population``, ``coverage``, ``sites``, ``zones``, ``hazard``, ``alert``, ...
        name
            Name of the file, whose ending says what it is; by default that of `path`.

        Raises
        ------
        ReadError
            The file cannot be opened.
        """
        file = Path(path)
        try:
            with file.open("rb") as opened:

                def again() -> Any:
                    opened.seek(0)
                    return opened

                asked = {"name": name or file.name, "role": role}
                headers = {"Content-Type": "application/octet-stream"}
                answer = self._wire.post(
                    "/v1/uploads", params=asked, content=again, headers=headers
                )
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            msg = f"{file} cannot be opened: {error.strerror}"
            raise ReadError(msg) from error
        return str(self._wire.read(answer)["reference"])

    def uploads(self) -> Iterator[dict[str, Any]]:
        """Yield one's own uploads, the newest first."""
        return self._wire.pages("/v1/uploads", "uploads")

    # --- jobs

    def processes(self) -> list[dict[str, Any]]:
        """Return what can be executed."""
        return list(self._wire.get("/processes")["processes"])

    def process(self, identifier: str) -> dict[str, Any]:
        """Return the description of a process: its inputs and outputs as JSON Schema."""
        return dict(self._wire.get("/processes/" + quote(identifier, safe="")))

    def execute(self, process: str, inputs: Mapping[str, Any], priority: int = 0) -> Job:
        """Start a job; it is started once, however often the request is lost.

        Parameters
        ----------
        inputs
            As `process` describes them; files are ``upload:ID``, ``layer:ID``, ``alert:ID`` or ``demo:NAME``.
        priority
            Higher goes first; over 0 needs the role of a facilitator.
        """
        path = "/processes/" + quote(process, safe="") + "/execution"
        headers = {"Prefer": "respond-async"}
        asked = {"priority": priority} if priority else {}
        body = {"inputs": dict(inputs)}
        answer = self._wire.post(path, params=asked, json=body, headers=headers)
        return Job(self._wire, self._wire.read(answer))

    def job(self, identifier: str) -> Job:
        """Return a job that was started before."""
        return Job(self._wire, self._wire.get("/jobs/" + quote(identifier, safe="")))

    def jobs(self, status: str | None = None, process: str | None = None) -> Iterator[Job]:
        """Yield one's own jobs, the newest first."""
        asked = {"status": status, "processID": process}
        return (Job(self._wire, one) for one in self._wire.pages("/jobs", "jobs", asked))

    # --- results

    def layers(self, job: Job | str | None = None, kind: str | None = None) -> Iterator[Layer]:
        """Yield results and one's own uploads, the newest first; `kind` is ``raster``, ``vector``, ``table`` or ``document``."""
        identifier = job.id if isinstance(job, Job) else job
        asked = {"job": identifier, "kind": kind}
        return map(Layer.of, self._wire.pages("/v1/layers", "layers", asked))

    def layer(self, identifier: str) -> Layer:
        """Return a layer."""
        return Layer.of(self._wire.get(layer_path(identifier)))

    def download(
        self, layer: Layer | str, target: str | os.PathLike[str] = ".", f: str | None = None
    ) -> Path:
        """Bring the file of a layer to this machine, whole or not at all, and return where it is.

        Parameters
        ----------
        target
            A file, or a folder that is there.
        f
            Vector layers also as ``csv``, ``geojson``, ``gpkg`` or ``parquet``, tables as ``csv``.

        Raises
        ------
        WriteError
            It cannot be stored here.
        """
        found = layer if isinstance(layer, Layer) else self.layer(layer)
        return download(self._wire, found, target, f)

    def tilejson(self, layer: Layer | str) -> dict[str, Any]:
        """Return where the tiles of a layer are, for maps."""
        return dict(self._wire.get(layer_path(layer) + "/tilejson.json"))

    def collections(self) -> Iterator[dict[str, Any]]:
        """Yield what can be asked for as features, the newest first."""
        return self._wire.pages("/collections", "collections")

    def features(
        self,
        collection: str,
        bbox: Sequence[float] | None = None,
        datetime: str | None = None,
        page: int = 1000,
    ) -> Iterator[dict[str, Any]]:
        """Yield features as GeoJSON, longitude first, page by page.

        Parameters
        ----------
        collection
            Such as ``alerts``, or ``JOB.zones``.
        bbox
            West, south, east, north, degrees; a west that is larger than the east goes over the 180th meridian.
        datetime
            RFC 3339: an instant, or a span such as ``2024-07-01T00:00:00Z/..``.
        page
            Features of one request.
        """
        asked: dict[str, Any] = {"limit": page, "datetime": datetime}
        if bbox is not None:
            asked["bbox"] = ",".join(str(float(one)) for one in bbox)
        path = "/collections/" + quote(collection, safe="") + "/items"
        return self._wire.pages(path, "features", asked)
