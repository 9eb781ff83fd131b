"""Layers: results of jobs and uploads, as files."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ew4all.client.wire import AGAIN
from ew4all.errors import ServiceError, TransportError, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from ew4all.client.wire import Wire

__all__ = ["ENDINGS", "Layer", "download", "layer_path"]

ENDINGS: Final = {"csv": ".csv", "geojson": ".geojson", "gpkg": ".gpkg", "parquet": ".parquet"}
"""Formats that vector layers can be had in, and tables of Parquet as csv, with their endings."""

_SHA256: Final = re.compile(r'"([0-9a-f]{64})"')
_PART: Final = re.compile(r"bytes (\d+)-")


@dataclass(frozen=True)
class Layer:
    """A file that a job has made, or that was uploaded.

    Attributes
    ----------
    kind
        ``raster``, ``vector``, ``table`` or ``document``.
    bbox
        West, south, east, north, degrees; None of what lies nowhere.
    reference
        What inputs of processes take: ``layer:ID`` or ``upload:ID``.
    document
        All that the service tells of it.
    """

    id: str
    name: str
    kind: str
    media_type: str
    bytes: int
    sha256: str
    bbox: tuple[float, ...] | None
    reference: str
    document: Mapping[str, Any]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Layer:
        """Return the layer that a document of the service tells of."""
        bbox = document.get("bbox")
        return cls(
            str(document["id"]), str(document["name"]), str(document["kind"]), str(document["media_type"]),
            int(document["bytes"]), str(document["sha256"]), None if bbox is None else tuple(map(float, bbox)),
            str(document["reference"]), document,
        )  # fmt: skip


def layer_path(layer: Layer | str) -> str:
    """Return where a layer is."""
    return "/v1/layers/" + quote(layer.id if isinstance(layer, Layer) else layer, safe="")


def download(wire: Wire, layer: Layer, target: str | os.PathLike[str], f: str | None) -> Path:
    """Bring the file of a layer to this machine: whole, or not at all.

    Where the line is cut, it goes on from there. The content is compared with the SHA-256 that the service tells.

    Parameters
    ----------
    target
        A file, or a folder that is there; then the file is called as the layer is.
    f
        Another format: a key of `ENDINGS`.

    Raises
    ------
    WriteError
        It cannot be stored here.
    """
    path = Path(target)
    if path.is_dir():
        path = path / _name(layer, f)
    with _taking_place(path) as file:
        # Packed, a part would be a part of something else.
        _fetch(wire, layer_path(layer) + "/file", {} if f is None else {"f": f}, file)
    return path


def _name(layer: Layer, f: str | None) -> str:
    """Return a name without any folder, whatever the service says."""
    name = PurePosixPath(layer.name.replace("\\", "/")).name or "layer"
    return name if f is None else PurePosixPath(name).stem + ENDINGS.get(f, f".{f}")


@contextmanager
def _taking_place(path: Path) -> Iterator[IO[bytes]]:
    """Give a new file beside `path` that takes its place when all went well, and is gone when not."""
    try:
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise _unwritten(path, error) from error
    part = Path(name)
    try:
        with os.fdopen(number, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except OSError as error:
        if isinstance(error, TransportError | WriteError):
            raise
        raise _unwritten(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def _umask() -> int:
    """Return what files of this process are made without; it can be read only by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _unwritten(path: Path, error: OSError) -> WriteError:
    return WriteError(f"{path} cannot be written: {error.strerror or error}")


def _fetch(wire: Wire, url: str, params: Mapping[str, str], file: IO[bytes]) -> None:
    tag, left, left_s = "", wire.retries, wire.patience_s
    while True:
        have = file.tell()
        headers = {"Accept-Encoding": "identity"}
        if have and tag:
            headers |= {"Range": f"bytes={have}-", "If-Range": tag}
        try:
            with wire.stream(url, headers=headers, params=dict(params)) as answer:
                _continue_at(answer, have, file)
                tag = answer.headers.get("etag", "")
                for chunk in answer.iter_bytes():
                    file.write(chunk)
            _check(file, tag, url)
        except (TransportError, ServiceError) as error:
            told_s = None
            if isinstance(error, ServiceError):
                if error.status not in AGAIN:
                    raise
                told_s = error.retry_after_s
            elif file.tell() > have:  # as long as something comes, there is hope
                left, left_s = wire.retries, wire.patience_s
            left_s -= wire.pause(left, left_s, told_s, error)
            left -= 1
        else:
            return


def _continue_at(answer: httpx.Response, have: int, file: IO[bytes]) -> None:
    """Go on where the answer does: behind what is there, or at the beginning."""
    part = _PART.match(answer.headers.get("content-range", ""))
    if answer.status_code == 206 and part is not None and int(part[1]) == have:
        return
    file.seek(0)
    file.truncate()
    if answer.status_code == 206:
        msg = f"{answer.request.url} answered with another part than the one that was asked for"
        raise TransportError(msg)


def _check(file: IO[bytes], tag: str, url: str) -> None:
    """Compare the content with the SHA-256 that stands in the ETag of files that are given as they are kept."""
    told = _SHA256.fullmatch(tag)
    if told is None:
        return
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    found = digest.hexdigest()
    if found != told[1]:
        file.seek(0)
        file.truncate()
        msg = f"{url} came with SHA-256 {found}, not {told[1]}: it was changed on its way"
        raise TransportError(msg)
