"""What a host may set: one typed object, read from ``EW4ALL_*`` in the environment or given to `create_app`."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from ew4all.api.feeds.configured import FeedSettings
from ew4all.errors import OptionError

__all__ = ["Limits", "Settings", "must_be_guarded"]

MB = 1024 * 1024


class Limits(BaseSettings):
    """Bounds on what a client may ask for; each is answered with 413, 400 or 429 where it is exceeded."""

    model_config = SettingsConfigDict(env_prefix="EW4ALL_LIMIT_", frozen=True)

    body_bytes: int = Field(default=8 * MB, gt=0, description="JSON body of a request, bytes")
    upload_bytes: int = Field(default=1024 * MB, gt=0, description="one uploaded file, bytes")
    vertices: int = Field(
        default=200_000, gt=0, description="vertices of one geometry in a request"
    )
    cells: int = Field(default=2_000_000_000, gt=0, description="cells of one uploaded raster")
    unpacked_ratio: float = Field(
        default=200.0, gt=1.0, description="largest ratio of decoded to stored bytes of an upload"
    )
    replicas: int = Field(default=10_000, gt=0, description="replicas of one run")
    jobs_waiting: int = Field(
        default=100, gt=0, description="jobs of one principal that are not finished"
    )
    layer_features: int = Field(
        default=500_000,
        gt=0,
        description="features of a layer that is served as features or vector tiles",
    )
    layer_vertices: int = Field(default=20_000_000, gt=0, description="vertices of such a layer")
    layer_cells: int = Field(
        default=500_000_000,
        gt=0,
        description="cells of a raster whose cells are served as features",
    )
    cell_features: int = Field(
        default=100_000, gt=0, description="cells served as features; of more, squares are joined"
    )
    page_features: int = Field(
        default=10_000, gt=0, description="features of one page; a larger `limit` is taken for this"
    )
    tile_features: int = Field(
        default=5_000, gt=0, description="features of one vector tile; of more, the largest"
    )
    tile_vertices: int = Field(
        default=100_000,
        gt=0,
        description="vertices of one vector tile; shapes are simplified until they are no more",
    )
    requests_per_minute: int = Field(
        default=3_000, gt=0, description="requests of one key in a minute, in each process"
    )
    anonymous_per_minute: int = Field(
        default=1_200, gt=0, description="the same of one address without a key (`public_read`)"
    )
    failed_keys_per_minute: int = Field(
        default=20, gt=0, description="keys that are not good, of one address in a minute"
    )
    least_free_bytes: int = Field(
        default=256 * MB, ge=0, description="free disk under which the service is not ready"
    )
    feed_bytes: int = Field(
        default=4 * MB, gt=0, description="a feed, or an alert that it links to, bytes"
    )
    feed_entries: int = Field(
        default=500, gt=0, description="entries of a feed that are looked at, the first ones"
    )
    listeners: int = Field(
        default=1_000, gt=0, description="clients that listen to events of one process"
    )
    listener_events: int = Field(
        default=256, gt=0, description="events that may wait for one client; then it is dropped"
    )
    exercises_open: int = Field(
        default=8, gt=0, description="exercises that are open in one process at a time"
    )
    exercises_beside: int = Field(
        default=4,
        gt=0,
        description="reports and what-ifs that one process plays at a time; each takes the memory of an open exercise",
    )
    exercise_events: int = Field(
        default=20_000,
        gt=0,
        description="events of one exercise, after which only facilitators add to it",
    )
    exercise_acts_per_minute: int = Field(
        default=120,
        gt=0,
        description="decisions, messages and scores of one seat in a minute, and five times as many previews",
    )
    exercise_seats: int = Field(
        default=1_000, gt=0, description="seats of one exercise that are not ended"
    )
    tile_cells: int = Field(
        default=64_000_000,
        gt=0,
        description="cells read for one raster tile; zooms that take more are not served",
    )


class Settings(BaseSettings):
    """Everything else."""

    model_config = SettingsConfigDict(
        env_prefix="EW4ALL_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    data_dir: Path = Field(
        default=Path("ew4all-data"), description="folder of the store and its files"
    )
    database_url: str | None = Field(
        default=None,
        description="SQLAlchemy address of PostgreSQL; SQLite in `data_dir` without it",
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    auth: Literal["none", "keys"] = Field(
        default="none", description="`keys` demands an API key; `none` is for this machine alone"
    )
    public_read: bool = Field(
        default=False, description="with `keys`: results and layers can be read without one"
    )
    hosts: tuple[str, ...] = Field(
        default=(),
        description="without keys: further names in requests that are answered, beside localhost and `host`",
    )
    cors_origins: tuple[str, ...] | None = Field(
        default=None,
        description=(
            "origins whose pages may read, and change with a key of their own; by default none without keys, "
            "as everything can then be read by whoever may ask, and all (`*`) with keys"
        ),
    )
    root_path: str = Field(
        default="",
        description="path under which a proxy serves it, such as /warn; taken off by it, or not",
    )
    workers: int = Field(
        default=1, ge=0, description="jobs at a time in this process; 0: `ew4all worker`"
    )
    processes_per_job: int = Field(default=2, ge=1, description="threads or processes inside a job")
    job_timeout_s: float = Field(default=6 * 3600.0, gt=0.0)
    sync_wait_s: float = Field(
        default=20.0, ge=0.0, description="how long a request may wait for a result"
    )
    keep_jobs_days: float = Field(default=30.0, gt=0.0)
    poll_s: float = Field(
        default=0.2, gt=0.0, description="how often queues and events are looked at"
    )
    exercise_tick_s: float = Field(
        default=0.5,
        gt=0.0,
        le=2.0,
        description="how often the clock of an exercise that runs is written down and told",
    )
    heartbeat_s: float = Field(
        default=15.0,
        gt=0.0,
        description="silence after which a stream of events says that it lives",
    )
    stream_s: float = Field(
        default=900.0,
        gt=0.0,
        description="length of a stream of events; then the client comes again and shows its key",
    )
    tile_cache_bytes: int = Field(
        default=64 * MB, ge=0, description="memory for finished tiles of this process"
    )
    feature_cache_bytes: int = Field(
        default=256 * MB, ge=0, description="memory for features of this process"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    feed_timeout_s: float = Field(
        default=15.0,
        gt=0.0,
        description="how long a host of a feed may be silent; twice that in all",
    )
    feeds: tuple[FeedSettings, ...] = Field(
        default=(), description="feeds of alerts that the workers look at; JSON in the environment"
    )
    limits: Limits = Field(default_factory=lambda: Limits())  # noqa: PLW0108 - mypy knows no generated signature

    @property
    def root(self) -> str:
        """`root_path` with a slash before it and none behind; empty without one."""
        plain = self.root_path.strip("/")
        return f"/{plain}" if plain else ""

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins whose pages may read what a browser gets here."""
        if self.cors_origins is not None:
            return self.cors_origins
        return ("*",) if self.auth == "keys" else ()

    @property
    def store_url(self) -> str:
        """SQLAlchemy address of the store."""
        if self.database_url is not None:
            return self.database_url
        return f"sqlite:///{(self.data_dir / 'ew4all.sqlite').resolve()}"

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is a file of this machine."""
        return self.store_url.startswith("sqlite")


def must_be_guarded(settings: Settings) -> None:
    """Refuse to listen beyond this machine without authentication.

    Raises
    ------
    OptionError
        The address is not a loopback one and `auth` is ``none``.
    """
    if settings.auth != "none":
        return
    try:
        is_local = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        is_local = settings.host == "localhost"
    if not is_local:
        msg = (
            f"host {settings.host} can be reached from other machines, but nobody would have to show a key: "
            "listen on 127.0.0.1, or set EW4ALL_AUTH=keys (`ew4all db key make` makes one)"
        )
        raise OptionError(msg)
