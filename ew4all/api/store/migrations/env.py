"""Run by Alembic: migrations on the connection that `ew4all.api.store.upgrade` gives."""

from alembic import context

from ew4all.api.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
