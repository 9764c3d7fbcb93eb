"""Alembic's entry: runs the revisions on the connection that `migrate` hands over."""

from alembic import context
from sqlalchemy import text


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes["metadatas"],
        transaction_per_migration=True,
        compare_type=True,
        compare_server_default=False,
    )
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '2s'"))
        context.run_migrations()


run()
