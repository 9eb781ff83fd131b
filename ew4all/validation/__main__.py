"""Print the table: ``python -m ew4all.validation [FILE ...]``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ew4all.errors import EW4AllError
from ew4all.validation.cases import load_case
from ew4all.validation.frozen import changed, parameters
from ew4all.validation.table import compare, markdown

FOLDER = Path("validation")


def main(arguments: list[str] | None = None) -> int:
    """Print the table of some cases, or of all in ``validation/cases``; return the exit code."""
    parser = argparse.ArgumentParser("python -m ew4all.validation", description=__doc__)
    parser.add_argument(
        "files", nargs="*", type=Path, help="case files; all of validation/cases without any"
    )
    parser.add_argument(
        "--freeze",
        action="store_true",
        help="write the frozen set anew, from the defaults of the code",
    )
    given = parser.parse_args(arguments)
    frozen = FOLDER / "parameters.json"
    if given.freeze:
        frozen.write_text(json.dumps(parameters(), indent=1) + "\n", "utf-8")
        return 0
    try:
        files = given.files or sorted((FOLDER / "cases").glob("*.yaml"))
        if not files:
            sys.stderr.write(
                "no cases: name files, or work in the folder that holds validation/cases\n"
            )
            return 2
        found = [one for path in files for one in compare(load_case(path))]
    except EW4AllError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 2
    if frozen.exists():
        for name in changed(json.loads(frozen.read_text("utf-8"))):
            sys.stderr.write(f"not the frozen set: {name}\n")
    sys.stdout.write(markdown(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
