"""Tables of the store, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = ["METADATA"]

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only an INTEGER key."""

KEYS = Table(
    "keys", METADATA,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("secret_hash", LargeBinary(32), nullable=False, unique=True),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("expires", DateTime(timezone=True)),
    Column("revoked", DateTime(timezone=True)),
)  # fmt: skip

FILES = Table(
    "files", METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
)  # fmt: skip
"""Contents, each kept once whatever it is called."""

UPLOADS = Table(
    "uploads", METADATA,
    Column("id", String(40), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("role", String(40), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("sha256", String(64), ForeignKey("files.sha256"), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("owner", String(40), nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("deleted", DateTime(timezone=True)),
)  # fmt: skip

DOCUMENTS = Table(
    "documents", METADATA,
    Column("id", String(40), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", String(300), nullable=False),
    Column("body", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("etag", String(64), nullable=False),
    Column("owner", String(40), nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("is_latest", Boolean, nullable=False),
    Column("is_deleted", Boolean, nullable=False, default=False),
    Column("author", String(40), nullable=False, server_default=""),
    Column("deleted", DateTime(timezone=True)),
    Index("ix_documents_kind_latest", "kind", "is_latest"),
)  # fmt: skip
"""Scenarios and alerts; a change is a new version, nothing is overwritten. `owner` made the first, `author` this one."""

JOBS = Table(
    "jobs", METADATA,
    Column("id", String(40), primary_key=True),
    Column("process", String(40), nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("files", JSON, nullable=False, server_default="{}"),
    Column("owner", String(40), nullable=False),
    Column("priority", Integer, nullable=False, default=0),
    Column("status", String(20), nullable=False),
    Column("progress", Float, nullable=False, default=0.0),
    Column("message", Text, nullable=False, default=""),
    Column("problem", JSON),
    Column("outputs", JSON),
    Column("attempts", Integer, nullable=False, default=0),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("started", DateTime(timezone=True)),
    Column("finished", DateTime(timezone=True)),
    Column("updated", DateTime(timezone=True), nullable=False),
    Index("ix_jobs_status_created", "status", "created"),
)  # fmt: skip

WORKERS = Table(
    "workers", METADATA,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("jobs", Integer, nullable=False),
    Column("started", DateTime(timezone=True), nullable=False),
    Column("seen", DateTime(timezone=True), nullable=False),
)  # fmt: skip
"""Processes that take jobs; one that is not seen any more is dead, and its jobs are taken by others."""

LAYERS = Table(
    "layers", METADATA,
    Column("id", String(80), primary_key=True),
    Column("job", String(40), ForeignKey("jobs.id", ondelete="CASCADE")),
    Column("name", String(100), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("title", String(300), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("sha256", String(64), ForeignKey("files.sha256"), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Index("ix_layers_job", "job"),
)  # fmt: skip
"""Results that can be drawn or downloaded: rasters, features, documents."""

IDEMPOTENCY = Table(
    "idempotency", METADATA,
    Column("owner", String(40), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", JSON, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("job", String(40)),
)  # fmt: skip
"""What was answered under a key; with `status` 0 the answer is that of the job, once it is done."""

EVENTS = Table(
    "events", METADATA,
    Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("topic", String(80), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("data", JSON, nullable=False),
    Column("time", DateTime(timezone=True), nullable=False),
    Index("ix_events_topic_seq", "topic", "seq"),
    sqlite_autoincrement=True,
)  # fmt: skip

FEEDS = Table(
    "feeds", METADATA,
    Column("id", String(40), primary_key=True),
    Column("facts", JSON, nullable=False),
    Column("state", JSON, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
)  # fmt: skip
"""Feeds of alerts that the host named in its settings; `state` is what was seen last."""

FEED_ALERTS = Table(
    "feed_alerts", METADATA,
    Column("id", String(40), primary_key=True),
    Column("feed", String(40), ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    Column("alert", String(600), nullable=False),
    Column("job", String(40)),
    Column("facts", JSON, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("body", Text, nullable=False, server_default=""),
    Column("state", String(20), nullable=False, server_default="active"),
    Column("expires", DateTime(timezone=True)),
    UniqueConstraint("feed", "alert"),
    Index("ix_feed_alerts_state", "state"),
)  # fmt: skip
"""Alerts of feeds, each once by sender, identifier and time of sending; `state` is how it stood at the last poll."""

EXERCISES = Table(
    "exercises", METADATA,
    Column("id", String(40), primary_key=True),
    Column("title", String(300), nullable=False),
    Column("scenario", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("files", JSON, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("options", JSON, nullable=False),
    Column("owner", String(40), nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("deleted", DateTime(timezone=True)),
    Column("clock", JSON, nullable=False),
    Column("clock_at", DateTime(timezone=True), nullable=False),
    Column("state", String(20), nullable=False),
    Index("ix_exercises_state", "state"),
)  # fmt: skip
"""Exercises as they were made. `clock` is how the clock stood at `clock_at`, written before anybody is told of it; `state` is that of the clock."""

EXERCISE_LOG = Table(
    "exercise_log", METADATA,
    Column("exercise", String(40), ForeignKey("exercises.id", ondelete="CASCADE"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("time_s", Float, nullable=False),
    Column("line", Text, nullable=False),
    Column("told", JSON, nullable=False),
    Column("written", DateTime(timezone=True), nullable=False),
)  # fmt: skip
"""Everything that happened in an exercise, a line of JSON each, and what it is to those who listen; nothing is changed or removed.
Two that write the same number cannot both."""

INVITATIONS = Table(
    "invitations", METADATA,
    Column("id", String(40), primary_key=True),
    Column("exercise", String(40), ForeignKey("exercises.id", ondelete="CASCADE"), nullable=False),
    Column("role", String(20), nullable=False),
    Column("team", String(300)),
    Column("name", String(200), nullable=False),
    Column("secret_hash", LargeBinary(32), nullable=False, unique=True),
    Column("uses", Integer),
    Column("used", Integer, nullable=False),
    Column("author", String(40), nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False),
    Column("revoked", DateTime(timezone=True)),
    Index("ix_invitations_exercise", "exercise"),
)  # fmt: skip
"""Links for those who take part in an exercise."""

SEATS = Table(
    "seats", METADATA,
    Column("id", String(40), primary_key=True),
    Column("exercise", String(40), ForeignKey("exercises.id", ondelete="CASCADE"), nullable=False),
    Column("invitation", String(40), ForeignKey("invitations.id", ondelete="CASCADE"), nullable=False),
    Column("role", String(20), nullable=False),
    Column("team", String(300)),
    Column("name", String(200), nullable=False),
    Column("secret_hash", LargeBinary(32), nullable=False, unique=True),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False),
    Column("revoked", DateTime(timezone=True)),
    Index("ix_seats_exercise", "exercise"),
)  # fmt: skip
"""Those who came by an invitation: each has a token, which opens this exercise in this role."""

BRANCHES = Table(
    "exercise_branches", METADATA,
    Column("exercise", String(40), ForeignKey("exercises.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("title", String(300), nullable=False),
    Column("asked", JSON, nullable=False),
    Column("state", String(20), nullable=False),
    Column("result", JSON),
    Column("created", DateTime(timezone=True), nullable=False),
)  # fmt: skip
"""What would have been; `asked` are the changes and until when, `result` how it compares, or the problem."""

AUDIT = Table(
    "audit", METADATA,
    Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("time", DateTime(timezone=True), nullable=False),
    Column("principal", String(40), nullable=False),
    Column("action", String(100), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("name", String(200), nullable=False, server_default=""),
    Column("request_id", String(64), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)  # fmt: skip
