"""Who wrote each version of a document and when it was deleted; the job behind a key; requests in the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("author", sa.String(length=40), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("deleted", sa.DateTime(timezone=True)))
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.add_column(sa.Column("job", sa.String(length=40)))
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("name", sa.String(length=200), server_default="", nullable=False)
        )
        batch_op.add_column(
            sa.Column("request_id", sa.String(length=64), server_default="", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_column("request_id")
        batch_op.drop_column("name")
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.drop_column("job")
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_column("deleted")
        batch_op.drop_column("author")
