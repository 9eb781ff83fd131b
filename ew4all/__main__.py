"""Run the command line as ``python -m ew4all``."""

from __future__ import annotations

from ew4all.cli import main

if __name__ == "__main__":
    main()
