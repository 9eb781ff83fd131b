"""Alerts of feeds: their text, how they stand, and when they end."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("feed_alerts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("body", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("state", sa.String(length=20), server_default="active", nullable=False)
        )
        batch_op.add_column(sa.Column("expires", sa.DateTime(timezone=True)))
        batch_op.create_index("ix_feed_alerts_state", ["state"])


def downgrade() -> None:
    with op.batch_alter_table("feed_alerts", schema=None) as batch_op:
        batch_op.drop_index("ix_feed_alerts_state")
        batch_op.drop_column("expires")
        batch_op.drop_column("state")
        batch_op.drop_column("body")
