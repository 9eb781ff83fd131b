"""Bring the JavaScript that the web pages use into the tree, as its authors publish it; for maintainers only.

Nobody else needs Node: the files are committed, and ``manifest.json`` beside them holds name, version, licence and
SHA-256 of each. Run from the root of the checkout, with ``npm`` on the path::

    python -m tools.refresh_vendor            # the versions named below
    python -m tools.refresh_vendor --check    # only compare the files with the manifest

A new version is a new folder: change the version below and the addresses in the pages, run this, look at the pages.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

VENDOR: Final = Path("ew4all/api/web/static/vendor")
MANIFEST: Final = "manifest.json"


@dataclass(frozen=True)
class Package:
    """What is taken from a package.

    Attributes
    ----------
    licence
        SPDX identifier; that of the package must be the same.
    files
        Paths within the package; the text of the licence is one of them.
    """

    name: str
    version: str
    licence: str
    files: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Name of its folder: a version has its own address, which may be kept for ever."""
        return f"{self.name}-{self.version}"


PACKAGES: Final = (
    Package(
        "maplibre-gl", "6.17.0", "BSD-3-Clause",
        ("dist/maplibre-gl.mjs", "dist/maplibre-gl-worker.mjs", "dist/maplibre-gl.css", "LICENSE.txt"),
    ),
    Package("preact", "11.2.0", "MIT", ("dist/preact.mjs", "hooks/dist/hooks.mjs", "LICENSE")),
    Package("htm", "3.1.1", "Apache-2.0", ("dist/htm.module.js", "LICENSE")),
    Package("uplot", "1.6.32", "MIT", ("dist/uPlot.esm.js", "dist/uPlot.min.css", "LICENSE")),
    Package("topojson-client", "3.1.0", "ISC", ("dist/topojson-client.min.js", "LICENSE")),
    Package("world-atlas", "2.0.2", "ISC", ("countries-50m.json", "LICENSE")),
)  # fmt: skip


class VendorError(SystemExit):
    """A package is not what the table says, or a file is not what the manifest says."""


def taken(package: Package, target: Path) -> dict[str, Any]:
    """Fetch a package, put its files into the folder of it, and return its entry in the manifest."""
    with tempfile.TemporaryDirectory() as scratch:
        command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
        ran = subprocess.run(command, cwd=scratch, capture_output=True, check=True, text=True)
        archive = Path(scratch) / ran.stdout.strip().splitlines()[-1]
        with tarfile.open(archive) as packed:
            packed.extractall(scratch, filter="data")
        source = Path(scratch) / "package"
        told = json.loads((source / "package.json").read_text("utf-8"))
        if (told["version"], told["license"]) != (package.version, package.licence):
            msg = f"{package.name}: version {told['version']}, licence {told['license']}"
            raise VendorError(msg)
        folder = target / package.folder
        for file in package.files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / file, folder / file)
    return {
        "name": package.name, "version": package.version, "licence": package.licence,
        "files": {f: digest(folder / f) for f in package.files},
    }  # fmt: skip


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def faults(vendor: Path) -> list[str]:
    """Return what differs between the manifest and the files beside it."""
    entries = json.loads((vendor / MANIFEST).read_text("utf-8"))
    expected = {
        f"{e['name']}-{e['version']}/{f}": d for e in entries for f, d in e["files"].items()
    }
    there = {p.relative_to(vendor).as_posix() for p in vendor.rglob("*") if p.is_file()} - {
        MANIFEST
    }
    found = [f"{name}: not in the manifest" for name in sorted(there - set(expected))]
    for name, sha256 in expected.items():
        if name not in there:
            found.append(f"{name}: missing")
        elif digest(vendor / name) != sha256:
            found.append(f"{name}: changed")
    return found


def main() -> None:
    """Refresh or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fetch nothing, compare only")
    if not parser.parse_args().check:
        shutil.rmtree(VENDOR, ignore_errors=True)
        VENDOR.mkdir(parents=True)
        entries = [taken(package, VENDOR) for package in PACKAGES]
        (VENDOR / MANIFEST).write_text(json.dumps(entries, indent=1) + "\n", "utf-8")
    found = faults(VENDOR)
    if found:
        raise VendorError("\n".join(found))
    print(f"{VENDOR}: as its manifest says", file=sys.stderr)


if __name__ == "__main__":
    main()
