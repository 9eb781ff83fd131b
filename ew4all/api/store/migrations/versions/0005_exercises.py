"""Exercises, their logs, invitations, seats and branches."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _of_exercise() -> sa.Column[str]:
    return sa.Column("exercise", sa.String(length=40), nullable=False)


def _its_exercise(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_exercise_exercises"
    return sa.ForeignKeyConstraint(["exercise"], ["exercises.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "exercises",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("scenario", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted", sa.DateTime(timezone=True)),
        sa.Column("clock", sa.JSON(), nullable=False),
        sa.Column("clock_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_exercises"),
    )
    op.create_index("ix_exercises_state", "exercises", ["state"])
    op.create_table(
        "exercise_log",
        _of_exercise(),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("time_s", sa.Float(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("written", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("exercise", "sequence", name="pk_exercise_log"),
        _its_exercise("exercise_log"),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=40), nullable=False),
        _of_exercise(),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("team", sa.String(length=300)),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("uses", sa.Integer()),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=40), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("secret_hash", name="uq_invitations_secret_hash"),
        _its_exercise("invitations"),
    )
    op.create_index("ix_invitations_exercise", "invitations", ["exercise"])
    op.create_table(
        "seats",
        sa.Column("id", sa.String(length=40), nullable=False),
        _of_exercise(),
        sa.Column("invitation", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("team", sa.String(length=300)),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_seats"),
        sa.UniqueConstraint("secret_hash", name="uq_seats_secret_hash"),
        _its_exercise("seats"),
        sa.ForeignKeyConstraint(
            ["invitation"], ["invitations.id"], name="fk_seats_invitation_invitations", ondelete="CASCADE"
        ),
    )  # fmt: skip
    op.create_index("ix_seats_exercise", "seats", ["exercise"])
    op.create_table(
        "exercise_branches",
        _of_exercise(),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("result", sa.JSON()),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("exercise", "number", name="pk_exercise_branches"),
        _its_exercise("exercise_branches"),
    )


def downgrade() -> None:
    for name in ("exercise_branches", "seats", "invitations", "exercise_log", "exercises"):
        op.drop_table(name)
