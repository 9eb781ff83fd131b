"""The service without its web edge: settings, store, queue; what routes and workers share."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ew4all.api.bounded import Bounded
from ew4all.api.documents.checker import Checker
from ew4all.api.feeds.polling import Poller
from ew4all.api.jobs.keeper import locked
from ew4all.api.jobs.workers import Dispatcher, Worker
from ew4all.api.rates import Rates
from ew4all.api.references import references_in
from ew4all.api.store import Blobs, Database, upgrade
from ew4all.api.store.tables import LAYERS, UPLOADS
from ew4all.errors import InputError, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ew4all.api.answers import Answer
    from ew4all.api.features.collections import Collection
    from ew4all.api.features.table import Table
    from ew4all.api.layers.catalogue import Layer
    from ew4all.api.settings import Settings

__all__ = ["Service"]


class Service:
    """Everything that lives as long as the process."""

    def __init__(self, settings: Settings) -> None:
        with _beginning(settings):
            upgrade(settings)
            self.dispatcher = Dispatcher(settings.store_url)
        self.settings = settings
        self.stopping = threading.Event()
        """Set when this process is to end: workers let go of their jobs."""
        self.database = Database(settings)
        self.blobs = Blobs(settings.data_dir.resolve() / "files")
        self.work_dir: Path = settings.data_dir.resolve() / "work"
        self.worker: Worker | None = None
        self.poller: Poller | None = None
        self.checker = Checker()
        """Checks scenarios."""
        self.exercise_checker = Checker(module="ew4all.api.exercises.checker")
        """Looks through exercises and lists of injects."""
        self.engines_beside = threading.BoundedSemaphore(settings.limits.exercises_beside)
        """Taken by each engine that plays beside an exercise, for a report or a what-if: each takes the memory of another exercise."""
        self.rates = Rates(settings.limits)
        """How often each client asked in the last minute."""
        self.tiles: Bounded[bytes] = Bounded(settings.tile_cache_bytes, len)
        """Finished tiles, by their tag."""
        self.tables: Bounded[Table] = Bounded(settings.feature_cache_bytes, lambda t: t.nbytes)
        """Features of collections and layers, by version."""
        self.answers: Bounded[Answer] = Bounded(settings.tile_cache_bytes // 4, lambda a: a.nbytes)
        """Pages of features and descriptions of tiles, by their tag."""
        self.seen_collections: dict[str, tuple[Collection, float]] = {}
        """Collections of results that were looked up a moment ago, and until when that holds."""
        self.seen_layers: dict[str, tuple[Layer, float]] = {}
        """Layers that were looked up a moment ago, and until when that holds."""

    def work(self, name: str | None = None) -> None:
        """Take jobs in this process, too."""
        self.worker = Worker(self, name)
        self.worker.start()
        self.poller = Poller(self)
        self.poller.start()

    def paths_of(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        """Return where the files are that inputs refer to, by reference.

        Raises
        ------
        InputError
            There is no such upload, layer or demo file.
        """
        return {reference: str(self.path_of(reference)) for reference in references_in(inputs)}

    def path_of(self, reference: str) -> Path:
        """Return where a file is that is referred to: ``upload:ID``, ``layer:ID`` or ``demo:NAME``.

        No text of a client ever becomes a path: identifiers are looked up, names of the demo are a fixed list.

        Raises
        ------
        InputError
            There is no such thing.
        """
        kind, _, name = reference.partition(":")
        if kind == "demo":
            from ew4all.demo import folder

            for path in folder().iterdir():
                if path.name == name:
                    return path
        elif kind in {"upload", "layer"}:
            table = UPLOADS if kind == "upload" else LAYERS
            with self.database.read() as connection:
                query = select(table.c.sha256, table.c.name).where(table.c.id == name)
                if kind == "upload":
                    query = query.where(UPLOADS.c.deleted.is_(None))
                row = connection.execute(query).first()
            if row is not None:
                suffix = "." + row.name.rpartition(".")[2].lower() if "." in row.name else ""
                return self.blobs.path(row.sha256, suffix if suffix[1:].isalnum() else "")
        msg = f"there is no {reference!r}: see /v1/uploads and /v1/layers for what there is"
        raise InputError(msg)

    def close(self) -> None:
        """Let go of everything; jobs that run go on at the next start."""
        if self.poller is not None:
            self.stopping.set()
            self.poller.stop()
        if self.worker is not None:
            self.worker.stop()
        self.checker.close()
        self.exercise_checker.close()
        self.dispatcher.close()
        self.database.close()


@contextmanager
def _beginning(settings: Settings) -> Iterator[None]:
    """Open the store while no other process does: two that make its tables at once would hinder each other.

    Raises
    ------
    WriteError
        The data folder cannot be written.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with locked(settings.data_dir / "opening.lock"):
            yield
    except OSError as error:
        msg = (
            f"the data folder {settings.data_dir} cannot be written ({error.strerror}): "
            "make it writable, or name another one with --data-dir or EW4ALL_DATA_DIR"
        )
        raise WriteError(msg) from error
