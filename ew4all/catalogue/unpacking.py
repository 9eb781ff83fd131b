"""From what was sent to a file that is ready to use: members of archives get our names, and only what was meant is taken."""

from __future__ import annotations

import fnmatch
import gzip
import shutil
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from ew4all.errors import TransportError, WriteError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["unpack"]

_CHUNK: Final = 1 << 20
_SIDE_FILES: Final = (".shx", ".dbf", ".prj", ".cpg")
"""What belongs to a Shapefile, beside its shapes."""


def unpack(
    form: str, source: Path, folder: Path, file: str, member: str, where: str
) -> Sequence[Path]:
    """Put what was fetched into `folder` under the name `file`.

    Parameters
    ----------
    form
        ``"zip"`` and ``"gzip"`` are taken apart, anything else is moved as it is.
    source
        The file as it was sent; it is gone afterwards where it was moved.
    folder
        An empty folder, on the same file system.
    member
        Pattern of the one member of a zip; the other files of a Shapefile come along.
    where
        Address, for messages.

    Returns
    -------
    sequence of Path
        The file first, then what belongs to it.

    Raises
    ------
    TransportError
        The archive is broken, or does not hold exactly one such member.
    WriteError
        There is no room for what is in it.
    """
    final = folder / file
    if form == "gzip":
        try:
            with gzip.open(source) as packed, final.open("wb") as out:
                shutil.copyfileobj(packed, out, _CHUNK)
        except (OSError, EOFError, zlib.error) as error:
            if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
                msg = f"cannot write {final.name}: {error.strerror or error}"
                raise WriteError(msg) from error
            raise _broken(where, error) from error
        return [final]
    if form == "zip":
        try:
            return _from_zip(source, final, member, where)
        except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError) as error:
            raise _broken(where, error) from error
    source.replace(final)
    return [final]


def _broken(where: str, error: Exception) -> TransportError:
    return TransportError(f"what {where} sent is a broken archive ({error}); fetch it again")


def _from_zip(source: Path, final: Path, member: str, where: str) -> list[Path]:
    with zipfile.ZipFile(source) as archive:
        names = [n for n in archive.namelist() if not n.endswith("/")]
        found = [n for n in names if fnmatch.fnmatch(PurePosixPath(n).name.lower(), member)]
        if len(found) != 1:
            held = ", ".join(names[:8]) or "nothing"
            msg = f"the archive of {where} holds {len(found)} files like {member}, not one (it holds {held}); the provider has changed it"
            raise TransportError(msg)
        taken = {found[0]: final}
        if final.suffix == ".shp":
            stem = PurePosixPath(found[0]).with_suffix("")
            for suffix in _SIDE_FILES:
                beside = f"{stem}{suffix}"
                if beside in names:
                    taken[beside] = final.with_suffix(suffix)
        need = sum(archive.getinfo(name).file_size for name in taken)
        free = shutil.disk_usage(final.parent).free
        if need > free:
            msg = f"{final.parent} has {free:,} bytes free and {need:,} are in the archive; make room or name another folder"
            raise WriteError(msg)
        for name, path in taken.items():
            # No more than the archive says of the member is ever written; its CRC is checked at the end.
            with archive.open(name) as packed, path.open("wb") as out:
                shutil.copyfileobj(packed, out, _CHUNK)
    return list(taken.values())
