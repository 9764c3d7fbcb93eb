"""The kinds of files that are imported, and how a batch of their rows is made ready."""

import json
from typing import NamedTuple

from pydantic import ValidationError

from services.registry.adapters import delegations, item_lists, officers, powers, subjects
from services.registry.adapters.kinds import Kind, Load, Prepared
from services.registry.imports.rules import FileKind
from shared.files.spreadsheet import Header, Row, Wrong, wrong_fields
from shared.sealing import Seal

KINDS: dict[FileKind, Kind] = {
    kind.key: kind
    for kind in (subjects.KIND, officers.KIND, powers.KIND, item_lists.KIND, delegations.KIND)
}


class Batch(NamedTuple):
    """Rows as far as they can be judged without the database."""

    rows: int
    prepared: list[Prepared]
    wrong: list[Wrong]


def prepare(key: FileKind, header: list[str], load: Load, seal: Seal, content: bytes) -> Batch:
    """Validate, seal and index the rows of a batch."""
    kind = KINDS[key]
    rows: list[Row] = json.loads(content)
    told = Header(kind.columns, header)
    numbers, models, wrong = [], [], []
    for number, cells in rows:
        try:
            models.append(kind.model.model_validate(told.values(cells)))
        except ValidationError as error:
            wrong += wrong_fields(number, error)
        else:
            numbers.append(number)
    prepared = []
    for number, (made, against) in zip(numbers, kind.prepare(models, load, seal), strict=True):
        prepared.append(Prepared(number, made))
        wrong += [Wrong.refused(number, field, refused) for field, refused in against]
    return Batch(len(rows), prepared, wrong)
