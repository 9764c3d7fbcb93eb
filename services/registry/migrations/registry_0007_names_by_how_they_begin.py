"""names found whole, and by how they begin"""

import sqlalchemy as sa
from alembic import op

from shared.search import index_of

revision = "registry_0007"
down_revision = "registry_0006"
branch_labels = None
depends_on = None

CODES = {
    "subject": "uscc",
    "officer": "certificate_no",
    "power": "code",
    "supervision_officer": "card_no",
}
DATED = ("subject", "officer", "power")


def upgrade() -> None:
    # The past too, since it is searched as of a day; the triggers write no more than the newest.
    for table in DATED:
        fill(f"{table}_past", CODES[table], "id", "since")
    for table, code in CODES.items():
        fill(table, code, "id")


def fill(table: str, code: str, *key: str) -> None:
    """Index the names that are there already."""
    rows = (
        op.get_bind()
        .execute(sa.text(f"SELECT name, {code}, {', '.join(key)} FROM {table}"))  # noqa: S608
        .all()
    )
    update = sa.text(
        f"UPDATE {table} SET search_text = :search_text, search_pairs = :search_pairs"  # noqa: S608
        f" WHERE {' AND '.join(f'{name} = :{name}' for name in key)}"
    )
    for name, coded, *ids in rows:
        op.get_bind().execute(update, {**dict(zip(key, ids, strict=True)), **index_of(name, coded)})
