"""The store: one database (SQLite or PostgreSQL) and one folder of contents by hash."""

from ew4all.api.store.blobs import Blobs
from ew4all.api.store.database import Database, now, upgrade

__all__ = ["Blobs", "Database", "now", "upgrade"]
