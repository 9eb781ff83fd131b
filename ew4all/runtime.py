"""Where this process may keep what it can make again: compiled kernels and digests of inputs.

The first folder of these that can be written is the cache:

1. the environment variable ``EW4ALL_CACHE_DIR`` (taken as it is: an administrator's word);
2. the user's cache folder, where the operating system keeps it;
3. a private folder in the temporary folder.

Nothing is written to find out. Only the third creates its folder at once: a name in a shared
folder that is merely planned could be taken by somebody else, and numba runs what it finds there.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from ew4all.errors import WriteError

__all__ = ["cache_dir", "set_matplotlib_cache", "set_numba_cache"]


def cache_dir() -> Path:
    """Return the folder for what can be made again; it need not exist yet.

    Returns
    -------
    Path
        An absolute path. Digests of inputs and compiled kernels live below it.

    Raises
    ------
    WriteError
        Neither the user's cache folder nor the temporary folder can be written.
    """
    told = os.environ.get("EW4ALL_CACHE_DIR")
    if told:
        return Path(told).absolute()
    return _user_cache() or _temporary_cache()


def set_numba_cache() -> None:
    """Tell numba where to keep compiled kernels, unless the user already did.

    Without it, a package that cannot be written and a user without a home make ``cache=True``
    fail when a kernel is imported. numba reads the variable once, when it is first imported.
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    try:
        folder = str(cache_dir() / "numba")
    except WriteError:
        return  # nothing better to offer than numba's own search, which may find a place
    os.environ["NUMBA_CACHE_DIR"] = folder
    numba = sys.modules.get("numba")
    if numba is not None and not numba.config.CACHE_DIR:
        numba.config.CACHE_DIR = folder


def set_matplotlib_cache() -> None:
    """Keep matplotlib's list of fonts in our cache, and leave the user's style out of our figures.

    For the command line only, before matplotlib is imported. By itself matplotlib makes folders
    in the home and reads a style from there; in a notebook that style is the user's own affair.
    """
    if not os.environ.get("MPLCONFIGDIR"):
        os.environ["MPLCONFIGDIR"] = str(cache_dir() / "matplotlib")


def _user_cache() -> Path | None:
    from platformdirs import user_cache_path

    folder = user_cache_path("ew4all", appauthor=False)
    # Relative where there is no home at all: "~" could not be replaced.
    return folder if folder.is_absolute() and _can_write(folder) else None


def _can_write(folder: Path) -> bool:
    """Tell whether `folder` could be created and written, without trying."""
    for place in (folder, *folder.parents):
        if os.path.lexists(place):
            return place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    return False


def _temporary_cache() -> Path:
    import tempfile

    owner = os.getuid() if hasattr(os, "getuid") else "user"
    try:
        folder = Path(tempfile.gettempdir()) / f"ew4all-{owner}"
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            if not _is_private(folder):
                folder = Path(tempfile.mkdtemp(prefix="ew4all-"))
    except OSError as error:
        msg = (
            "no folder for the cache: neither the user's cache folder nor the temporary folder "
            f"can be written ({error}); name one in EW4ALL_CACHE_DIR"
        )
        raise WriteError(msg) from error
    return folder


def _is_private(folder: Path) -> bool:
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode):
        return False
    if not hasattr(os, "getuid"):
        return True
    others_may_write = facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return facts.st_uid == os.getuid() and not others_may_write
