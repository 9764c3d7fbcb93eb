"""Schemathesis over the four OpenAPI documents: every check on, nothing is found.

It runs in a process of its own against a listening service that has rows; the clock of the service
is its own and may be moved by the attack, what it writes goes with the test's database.
"""

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.access.actor import ADMINISTRATORS, Role
from shared.access.tokens import development_token
from tests.security.operations import operations
from tests.security.people import CASES, OWN_CODE, TOWNSHIP
from tests.security.probes import NAMES, RESOURCES, UNSCOPED
from tests.security.rows import Rows, make_rows
from tests.servers import SERVICES, ServiceUnderTest, listening

# What a lawful request may meet beside success: a rule, a state, an older version, nothing there, a
# file of a type that is not taken.
LAWFUL = ["2xx", "304", "403", "404", "409", "412", "415", "422", "428"]
# An If-Match that is none of ours is refused like one that is old.
REFUSED = ["400", "401", "403", "404", "405", "409", "412", "413", "415", "422", "428"]
EXAMPLES = {False: 1, True: 60}
"""For each operation, in the short and in the long edition."""
SHARE = 40
"""In the short edition one operation of so many goes through the coverage phase: 70 requests."""


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", SERVICES)
async def test_schemathesis_finds_nothing(
    name: str,
    service: ServiceUnderTest,
    key_file: Path,
    tmp_path: Path,
    long: bool,
    tallies: dict[str, Any],
) -> None:
    rows = await make_rows(service, next(case for case in CASES if case.place == TOWNSHIP))
    (tmp_path / "known.json").write_text(json.dumps(_known(rows)))
    (tmp_path / "auth.json").write_text(json.dumps(_auth(key_file)))
    (tmp_path / "schemathesis.toml").write_text(_configuration(tmp_path, service, thorough=long))
    service.app.openapi()  # so that nobody waits for it
    async with listening(service.app) as address:
        attack = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml"),
            *("run", f"{address}/{name}/openapi.json", "--no-color", "--checks", "all"),
            *("--max-examples", str(EXAMPLES[long]), "--generation-database", "none"),
            *("--phases", "examples,coverage,fuzzing" + (",stateful" if long else "")),
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(sys.path),
                "SCHEMATHESIS_HOOKS": "tests.security.schemathesis_hooks",
                "XIEJIAN_ATTACKED": str(tmp_path / "known.json"),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await attack.communicate()
    text = said.decode(errors="replace")
    assert attack.returncode == 0, text[-20_000:]
    cases = re.search(r"([\d,]+) generated", text)
    tallies[f"schemathesis, {name}"] = {"cases": cases and int(cases[1].replace(",", ""))}


def _known(rows: Rows) -> dict[str, Any]:
    """Rows that exist, for paths and fields that name one."""
    return {
        "paths": {path: rows.ids.get(kind, []) for path, kind in RESOURCES.items()},
        "fields": {field: rows.ids.get(kind, []) for field, kind in NAMES.items()},
        "organisations": rows.codes,
    }


def _auth(key_file: Path) -> dict[str, Any]:
    """Somebody with every role that goes with others, and somebody who must not see their rows."""
    every = [role for role in Role if role not in ADMINISTRATORS]
    tokens = {
        "bureau": development_token(
            key_file, roles=every, division="50", organisation=OWN_CODE, domains=["agriculture"]
        ),
        "stranger": development_token(
            key_file, roles=[Role.DISTRICT_SUPERVISOR], division="500116", sub="stranger"
        ),
    }
    return {
        "auth": [
            {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {token}"}]}
            for name, token in tokens.items()
        ]
    }


def _configuration(folder: Path, service: ServiceUnderTest, *, thorough: bool) -> str:
    settings = f"""
max-stream-events = 1

[auth.wfc]
path = "{folder / "auth.json"}"
user = "bureau"
peers = ["bureau", "stranger"]

[checks.positive_data_acceptance]
expected-statuses = {json.dumps(LAWFUL)}

[checks.missing_required_header]
expected-statuses = {json.dumps(REFUSED)}

[checks.negative_data_rejection]
expected-statuses = {json.dumps(REFUSED)}
"""
    every = sorted(map(str, operations(service.app, service.name)))
    for number, operation in enumerate(every):
        if number % SHARE and not thorough:
            settings += f"""
[[operations]]
include-name = "{operation}"
phases.coverage.enabled = false
"""
    for path, why in UNSCOPED.items():
        if path.startswith(f"/{service.name}/") and path.endswith("/{id}"):
            settings += f"""
# For everybody: {why}.
[[operations]]
include-path = "{path}"
checks.object_level_authorization.enabled = false
"""
    if service.name == "notify":
        settings += """
# Each look at it waits for a message that need not come.
[[operations]]
include-path = "/notify/v1/stream"
generation.max-examples = 3
"""
    return settings
