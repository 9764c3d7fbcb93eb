"""Writes the frozen contracts and the documents made from them: `make contracts`.

What it writes is read by a person before it is kept: the difference is the change of the contract.
"""

import importlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr

from shared.access.tokens import make_development_key
from shared.events import published
from shared.law.lifecycle import Lifecycle
from shared.migrations import service_of
from shared.refusals import Refused
from shared.settings import Environment, Settings
from shared.web.asyncapi import document_of
from tests.servers import DATA_KEY, SERVICES, application

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
DOCS = ROOT / "docs"


def applications() -> dict[str, FastAPI]:
    """The four applications as production serves them, but for the development clock."""
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "key.json"
        make_development_key(key)
        return {
            name: application(
                Settings(
                    environment=Environment.DEVELOPMENT,
                    database_url=SecretStr("postgresql://nobody:nothing@127.0.0.1:1/nowhere"),
                    data_key=SecretStr(DATA_KEY),
                    development_key_file=key,
                ),
                name,
            )
            for name in SERVICES
        }


def frozen(applications: Mapping[str, FastAPI]) -> dict[Path, str]:
    """Every generated file and what must be in it."""
    files: dict[Path, str] = {}
    for name, app in applications.items():
        files[HERE / f"{name}.openapi.json"] = _json(app.openapi())
        files[HERE / f"{name}.asyncapi.json"] = _json(document_of(name))
        for type, kind in published(name).items():
            files[HERE / "events" / f"{type}.json"] = _json(kind.model_json_schema())
        if lifecycles := service_of(name).lifecycles:
            readme = ROOT / "services" / name / "README.md"
            files[readme] = _with_states(readme, lifecycles)
    files[DOCS / "events.md"] = _events()
    files[DOCS / "problems.md"] = _problems()
    return files


STATES = "<!-- below: made by `make contracts` from the lifecycles; do not edit -->"


def _with_states(readme: Path, lifecycles: Mapping[str, Lifecycle[Any]]) -> str:
    """A service's README with the diagrams of its state machines at the end."""
    written, mark, _ = readme.read_text(encoding="utf-8").partition(STATES)
    if not mark:
        raise ValueError(f"{readme} does not say where its diagrams begin: {STATES}")
    diagrams = [
        f"## States of {whose}\n\n```mermaid\n{life.mermaid()}```\n"
        for whose, life in lifecycles.items()
    ]
    return "\n".join([f"{written}{STATES}\n", *diagrams])


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


CONSUMER = """\
## Listening over NATS

Each service has one stream, `XJ_REGISTRY`, `XJ_OVERSIGHT`, `XJ_ESCALATION`, `XJ_NOTIFY`. Another
system gets an account of its own and one durable consumer a stream, filtered to its division; the
operator makes both ([operations](operations.md#another-system-over-nats)). With nats-py:

```python
client = await nats.connect("nats://agency_500157:PASSWORD@HOST:4222", inbox_prefix="_INBOX")
pull = await client.jetstream().pull_subscribe_bind(consumer="agency_500157", stream="XJ_REGISTRY")
while True:
    try:
        for message in await pull.fetch(100, timeout=30):
            fact = json.loads(message.data)  # a CloudEvent
            ...  # have its effect once: keep fact["id"]
            await message.ack()
    except nats.errors.TimeoutError:
        pass  # nothing new
```

A filtered consumer cannot see gaps. After a long absence, or when in doubt, read the feed from the
last log index you are sure of; ids tell what you have already."""


def _events() -> str:
    lines = [
        "# Facts",
        "",
        "<!-- made by `make contracts` from shared/events; do not edit -->",
        "",
        "Every change of state leaves one fact: a CloudEvent 1.0 in structured JSON, the same bytes"
        " on NATS, in the feed and in the log.",
        "",
        "- NATS subject: `xj.<service>.<entity>.<event>.<city>.<district>.<township>`, whole codes,"
        " `_` for none. `xj.*.*.*.50.500157.*` is all of one district, `xj.*.*.*.50.>` the city."
        " Subjects that begin with `xi.` are internal to the four services.",
        "- Feed: `GET /<service>/v1/events?after=<log index>`; `Xj-Last-Index` is the next `after`;"
        " with `Accept: text/event-stream` a stream that resumes by `Last-Event-ID`.",
        "- A fact belongs to the division of its day. A fact with `backfill` is history loaded"
        " late: keep it, but remind nobody.",
        "- The JSON Schema of a fact's `data` is at its `dataschema`:"
        " `GET /<service>/v1/event-schemas/<type without xiejian.>`; the document of all at"
        " `/<service>/asyncapi.json`.",
        "- A cursor beyond the end of the log (a service put back from a backup) is refused with"
        " `cursor-ahead-of-log`; start again from the end that the answer names.",
        "- Each fact stands in the evidence ledger, and can be proved: [api.md](api.md#evidence)."
        " A ledger's signed checkpoints are core messages on `xj.checkpoint.<service>`.",
        "- New optional fields may come at any time; anything else is a new version beside the"
        " old.",
        "",
        *CONSUMER.splitlines(),
        "",
    ]
    for service in SERVICES:
        lines += [f"## {service}", "", "| type | means | audience | data |", "|---|---|---|---|"]
        for type, kind in published(service).items():
            meaning = " ".join((kind.__doc__ or "").split()) or "–"
            fields = ", ".join(f"`{field}`" for field in kind.model_fields)
            lines.append(f"| `xiejian.{type}` | {meaning} | {kind.audience} | {fields} |")
        lines.append("")
    return "\n".join(lines)


def refusals() -> list[type[Refused]]:
    """All refusals of the product, by code."""
    for service in SERVICES:
        importlib.import_module(f"services.{service}.app")

    def below(kind: type[Refused]) -> Iterator[type[Refused]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    ours = ("shared.", "services.")
    kinds = {kind for kind in below(Refused) if kind.__module__.startswith(ours)}
    return sorted(kinds, key=lambda kind: kind.code)


def _problems() -> str:
    lines = [
        "# Problem codes",
        "",
        "<!-- made by `make contracts` from the refusals in the code; do not edit -->",
        "",
        "An answer of 4xx or 5xx is `application/problem+json` (RFC 9457). `code` never changes;"
        " `detail` is a sentence in the caller's language (Accept-Language: zh-CN or en).",
        "",
        "| code | status | 说明 | sentence | basis |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{kind.code}` | {kind.status} | {kind.zh} | {kind.en} | {kind.basis or '–'} |"
        for kind in refusals()
    ]
    lines.append(
        "| `service-unavailable` | 503 | 服务暂不可用(由网关答复)。 | The gateway answers this"
        " for a service that is down. | – |"
    )
    return "\n".join([*lines, ""])


def main() -> None:
    files = frozen(applications())
    (HERE / "events").mkdir(exist_ok=True)
    DOCS.mkdir(exist_ok=True)
    for old in (HERE / "events").glob("*.json"):
        if old not in files:
            old.unlink()
    for path, content in files.items():
        path.write_text(content, encoding="utf-8")
    print(f"{len(files)} files written; read the difference")


if __name__ == "__main__":
    main()
