"""Everything that a caller can try to get at rows, and what of it shows them."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import unquote

import httpx2

from shared.access.actor import Role
from shared.refusals import Forbidden
from tests.security.declared import declared
from tests.security.operations import Operation, operations
from tests.security.people import Caller
from tests.security.rows import Rows, random_id
from tests.servers import SERVICES, ServiceUnderTest

# What each path with an id is about; a path that is not told here fails the tests.
RESOURCES = {
    "/registry/v1/subjects/{id}": "subject",
    "/registry/v1/officers/{id}": "officer",
    "/registry/v1/tasks/{id}": "task",
    "/oversight/v1/subjects/{id}": "subject",
    "/oversight/v1/inspections/{id}": "inspection",
    "/oversight/v1/findings/{id}": "finding",
    "/oversight/v1/rectifications/{id}": "rectification",
    "/escalation/v1/issues/{id}": "issue",
    "/notify/v1/messages/{id}": "message",
    **{f"/{service}/v1/ledger/facts/{{id}}": "fact" for service in SERVICES},
}
# Lists, counts and creations of rows that belong to a division, and of which kind.
COLLECTIONS = {
    "/registry/v1/subjects": "subject",
    "/registry/v1/officers": "officer",
    "/registry/v1/programmes/{id}/tasks": "task",
    "/registry/v1/pilots/{code}/tasks": "task",
    "/registry/v1/tasks": "task",
    "/registry/v1/certificates": "certificate",
    "/oversight/v1/subjects": "subject",
    "/oversight/v1/inspections": "inspection",
    "/oversight/v1/findings": "finding",
    "/oversight/v1/rectifications": "rectification",
    "/escalation/v1/issues": "issue",
    "/escalation/v1/inbox": "issue",
    "/notify/v1/messages": "message",
    "/notify/v1/messages/unread-counts": "message",
    "/{service}/v1/events": "fact",
    "/{service}/v1/figures": "figure",
}
# What belongs to no division, and why.
UNSCOPED = {
    "/registry/v1/divisions": "public reference data",
    "/registry/v1/divisions/{code}": "public reference data",
    "/registry/v1/divisions/{code}/move": "the Bureau alone, for the whole city",
    "/registry/v1/programmes": "programmes rest on public notices",
    "/registry/v1/programmes/{id}": "programmes rest on public notices",
    "/registry/v1/programmes/{id}/participants": "programmes rest on public notices",
    "/registry/v1/programmes/{id}/close": "the Bureau alone, for the whole city",
    "/oversight/v1/finding-codes": "the code book is the same for all",
    "/notify/v1/stream": "told apart line by line: tested over a real connection",
    "/{service}/v1/me": "the caller",
    "/{service}/v1/dead-letters": "that work failed, not what it was about; for who runs it",
    "/{service}/v1/tickets": "the caller",
    "/{service}/v1/vocabulary": "the same for all",
    "/{service}/v1/figures/measures": "what can be counted, not what was",
    "/{service}/v1/event-schemas/{type}": "the same for all",
    "/{service}/v1/ledger": "whose it is and how far it has come",
    "/{service}/v1/ledger/checkpoint": "hashes and signatures",
    "/{service}/v1/ledger/proof": "hashes and signatures",
    "/{service}/v1/ledger/consistency": "hashes and signatures",
    "/{service}/v1/ledger/tile/{level}/{n}": "hashes",
    "/{service}/v1/ledger/tile/entries/{n}": "the auditor alone, who reads the whole trail",
    "/{service}/v1/ledger/cosignatures": "a signature of what is open to everybody",
    "/{service}/v1/development/clock": "the same for all; absent in production",
    "/{service}/health/live": "the same for all",
    "/{service}/health/ready": "the same for all",
}
# Which rows a field of a body or a parameter of a query can name.
NAMES = {
    "subject_id": "subject",
    "successor_id": "subject",
    "officer_id": "officer",
    "inspection_id": "inspection",
    "finding_id": "finding",
}
# Parameters that cut a list or narrow it by what is no secret; each listed value is tried.
HARMLESS = {
    *("limit", "cursor", "sort", "count", "after", "wait_s", "ticket"),
    *("state", "kind", "level", "domain", "staffing", "certificate_state", "valid_before"),
    *("mode", "code", "severity", "overdue", "major", "source", "direct"),
    *(
        "as_of",
        "created_after",
        "created_before",
        "due_before",
        "unread",
        "unacknowledged",
        "archived",
        "urgency",
    ),
}
FREE: dict[str, str | None] = {
    "valid_before": "2035-01-01",
    "code": "officer-without-certificate",
    "created_after": "2000-01-01T00:00:00Z",
    "created_before": "2100-01-01T00:00:00Z",
    "due_before": "2100-01-01T00:00:00Z",
    "after": None,
    "as_of": "2100-01-01",
    "state": "published",  # of a subject as oversight shows it: free text
}
# Each list that figures are of has days for them: `registered_from` and the like.
DAYS = re.compile(r"\w+_(from|to)")
# Of figures; each measure is tried, over a time that all rows lie in.
FIGURE = {"measure", "by", "from", "to", "interval"}
WHEN = {"from": "2024-06-01", "to": "2027-05-01"}
for told in chain.from_iterable(map(declared, SERVICES)):
    RESOURCES |= told.resources
    COLLECTIONS |= told.collections
    UNSCOPED |= told.unscoped
    NAMES |= told.names
    HARMLESS |= told.harmless
    FREE |= told.free
INSPECTOR = "li"
# Differ from one answer to the next, whatever was asked.
VOLATILE = {"x-correlation-id", "date", "content-length"}


class Leak(NamedTuple):
    """A caller learned of rows that are not theirs."""

    operation: str
    caller: str
    why: str


Attempt = Callable[[Caller, str], AsyncIterator[str]]
"""Tries something as a caller, by their token; gives what they learned that way."""


class Tally(Counter[str]):
    """What was tried, by kind."""


def resource_of(operation: Operation) -> str | None:
    """The kind of row that the path's id names, of what is scoped."""
    path = operation.path
    while path:
        if (kind := RESOURCES.get(path)) is not None:
            return kind
        path = path.rpartition("/")[0]
    return None


def is_collection(operation: Operation) -> bool:
    return _general(operation) in COLLECTIONS


def undeclared(all_operations: Iterable[Operation]) -> list[str]:
    """Operations, parameters and fields of which these tests do not know what they show."""
    found = []
    for operation in all_operations:
        kind = resource_of(operation)
        told = [kind is not None, is_collection(operation), _general(operation) in UNSCOPED]
        if sum(told) != 1:
            found.append(str(operation))
        found += [f"{operation}: field {n}" for n in operation.references() if n not in NAMES]
        if is_collection(operation) and operation.method == "GET":
            known = {*HARMLESS, *NAMES, "q", "division", "organisation", "inspector"}
            if COLLECTIONS[_general(operation)] == "figure":
                known |= FIGURE
            found += [
                f"{operation}: ?{p.name}"
                for p in operation.query
                if p.name not in known and not DAYS.fullmatch(p.name)
            ]
            found += [
                f"{operation}: ?{p.name} lists no values"
                for p in operation.query
                if p.name in HARMLESS - PAGING and not p.values and p.name not in FREE
            ]
    return found


PAGING = {"limit", "cursor", "sort", "count", "after", "wait_s", "ticket"}


def _general(operation: Operation) -> str:
    """The path, or for what every service has, the path of all."""
    if operation.path in COLLECTIONS or operation.path in UNSCOPED:
        return operation.path
    return operation.path.replace(f"/{operation.service}/", "/{service}/", 1)


class Prober:
    """Tries all that one service offers, as one caller after the other."""

    def __init__(self, service: ServiceUnderTest, rows: Rows, *, thorough: bool = False) -> None:
        self.service, self.rows, self.thorough = service, rows, thorough
        self.operations = operations(service.app, service.name)
        self.tally = Tally()
        self.forbidden = False

    async def leaks(self, callers: Iterable[Caller], *, share: int = 1) -> list[Leak]:
        """What any of `callers`, to whom all rows are foreign, learns of them.

        Each operation is tried by each caller, or of so many by one, in turn. The thorough edition
        tries all that there is with each of them; the short one tries the plainest request with
        each whose role has the permission (`test_roles` holds that nobody else gets through), and
        each other request with one of those, in turn.
        """
        found = []
        people = [(caller, caller.token(self.service)) for caller in callers]
        for turn, operation in enumerate(self.operations):
            some = people if self.thorough else self._able(operation, people)[turn % share :: share]
            found += [
                Leak(str(operation), caller.name, why)
                async for caller, why in self._try(turn, operation, some)
            ]
        return found

    async def leaking(self, callers: Iterable[Caller]) -> set[str]:
        """The readings that show rows to any of `callers`, to whom all rows are foreign."""
        found = set()
        people = [(caller, caller.token(self.service)) for caller in callers]
        for turn, operation in enumerate(self.operations):
            if operation.method == "GET":
                for person in self._able(operation, people):
                    if [why async for _, why in self._try(turn, operation, [person])]:
                        found.add(str(operation))
                        break
        return found

    def _able(
        self, operation: Operation, people: Sequence[tuple[Caller, str]]
    ) -> list[tuple[Caller, str]]:
        """Those of `people` whose role has the permission of an operation."""
        if operation.permission is None:
            return list(people)
        holders = self.service.definition.all_permissions[operation.permission]
        return [person for person in people if person[0].role in holders]

    async def shown(self, callers: Iterable[Caller]) -> set[str]:
        """The reading operations that show a row to at least one of `callers`."""
        found = set()
        for caller in callers:
            token = caller.token(self.service)
            for operation in self.operations:
                if operation.method != "GET" or str(operation) in found:
                    continue
                for path, params in self._readings(operation):
                    answer = await self._get(path, token, params=params)
                    counted = self._has(operation) and _counted(answer)
                    if counted or self._needles_in(answer, sent=f"{path}{params}"):
                        found.add(str(operation))
                        break
        return found

    @property
    def scoped_readings(self) -> set[str]:
        """The operations that must show rows to somebody, as far as there are such rows here."""
        return {
            str(o)
            for o in self.operations
            if o.method == "GET"
            and self._has(o)
            and (self.rows.told or not o.path.endswith("/events"))
            and not o.path.endswith("/{id}/proof")  # nothing of a fact can be read in it
        }

    def _has(self, operation: Operation) -> bool:
        """Whether there are rows of the kind that it is about; an empty place has facts at most."""
        kind = resource_of(operation) or COLLECTIONS.get(_general(operation))
        if kind == "figure":
            return any(self.rows.ids.values())
        return (is_collection(operation) and kind == "fact") or bool(self._ids(kind))

    def _ids(self, kind: str | None) -> Sequence[str]:
        return self.rows.facts if kind == "fact" else self.rows.ids.get(kind or "", ())

    # ---------------------------------------------------------------- tries

    async def _try(
        self, turn: int, operation: Operation, people: Iterable[tuple[Caller, str]]
    ) -> AsyncIterator[tuple[Caller, str]]:
        attempts = self._attempts(operation)
        if operation.path.endswith("/events") or resource_of(operation) == "fact":
            # The auditor reads the whole trail, and nothing else.
            people = [(caller, token) for caller, token in people if caller.role != Role.AUDITOR]
        able = []
        for caller, token in people:
            self.forbidden = False
            for attempt in attempts[:1]:
                async for why in attempt(caller, token):
                    yield caller, why
            if self.thorough or not self.forbidden:
                able.append((caller, token))
        for number, attempt in enumerate(attempts[1:], turn):
            for caller, token in able if self.thorough else _one_of(able, number):
                async for why in attempt(caller, token):
                    yield caller, why

    def _attempts(self, operation: Operation) -> Sequence[Attempt]:
        """All that can be tried with an operation, the plainest first."""
        if operation.method == "GET":
            return [partial(self._reading, operation, *told) for told in self._readings(operation)]
        if kind := resource_of(operation):
            ids = self.rows.ids.get(kind, [])
            return [
                partial(self._change, operation, id, headers)
                for id in (ids if self.thorough else ids[-1:])
                for headers in self._change_headers(operation)
            ] + [
                partial(self._again, *told)
                for told in self.rows.answered
                if operation.path.partition("{id}")[2] != "" and _fits(operation, told[0])
            ]
        if is_collection(operation):
            return [partial(self._creation, operation, *told) for told in self._foreign(operation)]
        return []

    def _readings(self, operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
        """Paths and queries that would show rows to whom they are visible."""
        if kind := resource_of(operation):
            for id in self._ids(kind):
                yield operation.path.replace("{id}", id), {}
        elif is_collection(operation):
            path = operation.path.replace("{id}", self.rows.programme)
            path = path.replace("{code}", self.rows.place.division)
            for query in self._queries(operation):
                yield path, query

    def _queries(self, operation: Operation) -> Iterator[dict[str, Any]]:
        names = {parameter.name: parameter for parameter in operation.query}
        if "measure" in names:
            for measure in names["measure"].values:
                yield {"measure": measure, **WHEN}
                yield {"measure": measure, "division": self.rows.place.division, **WHEN}
            return
        counted = {"count": "exact"} if "count" in names else {}
        yield {}
        yield {**counted, **({"limit": "1"} if "limit" in names else {})}
        if "q" in names:
            for word in (*self.rows.words[: None if self.thorough else 4], "独见"):
                yield {"q": word, **counted}
                yield {"q": word[:6], **counted}
            for code in self.rows.codes:
                yield {"q": code, **counted}
        if "division" in names:
            place = self.rows.place
            for code in {place.division, place.district or "50", "50"}:
                yield {"division": code, **counted}
        if "organisation" in names:
            for code in self.rows.codes:
                yield {"organisation": code, **counted}
        if "inspector" in names:
            yield {"inspector": INSPECTOR, **counted}
        for name in NAMES.keys() & names.keys():
            for id in self.rows.ids.get(NAMES[name], ()):
                yield {name: id, **counted}
        for name in filter(DAYS.fullmatch, names):
            yield {name: "2000-01-01" if name.endswith("_from") else "2100-01-01", **counted}
        for name in ("sort", *sorted(HARMLESS - PAGING)):
            if name in names and (values := names[name].values or _free(name)):
                for value in values if self.thorough else values[:1]:
                    yield {name: value, **counted}

    async def _reading(
        self, operation: Operation, path: str, params: dict[str, Any], _: Caller, token: str
    ) -> AsyncIterator[str]:
        answer = await self._get(path, token, params=params)
        self.tally["readings"] += 1
        sent = f"{path}{params}"
        if needles := self._needles_in(answer, sent=sent):
            yield f"{answer.status_code} {params} shows {needles}"
        counted = _counted(answer)
        if counted and self._has(operation):
            yield f"{params} counts {counted}"
        if answer.status_code >= 500:
            yield f"{answer.status_code} {params}: {answer.text[:200]}"
        if self._is_forbidden(answer):
            return
        if kind := resource_of(operation):
            id = next(id for id in self._ids(kind) if id in path)
            for headers in ({}, {"If-None-Match": "*"}):
                asked = await self._get(path, token, headers=headers) if headers else answer
                other = random_id()
                random = await self._get(path.replace(id, other), token, headers=headers)
                self.tally["compared with a random id"] += 1
                if _same(asked, id) != _same(random, other):
                    yield f"{headers} differs: {asked.status_code} and {random.status_code}"
                if random.status_code not in (403, 404):
                    yield f"a random id gets {random.status_code}"

    async def _change(
        self, operation: Operation, id: str, headers: dict[str, str], _: Caller, token: str
    ) -> AsyncIterator[str]:
        asked = await self._send(operation, id, token, headers)
        self.tally["changes"] += 1
        if self._is_forbidden(asked):
            return
        other = random_id()
        random = await self._send(operation, other, token, headers)
        if _same(asked, id) != _same(random, other):
            yield (
                f"{headers} differs: {asked.status_code} {asked.text[:200]}"
                f" and {random.status_code} {random.text[:200]}"
            )
        if random.status_code not in (403, 404):
            yield f"a random id gets {random.status_code} {random.text[:200]}"

    async def _again(
        self, path: str, body: Any, key: str, _: Caller, token: str
    ) -> AsyncIterator[str]:
        """What somebody else asked, with their Idempotency-Key."""
        answer = await self.service.post(
            path,
            as_=token,
            headers={"Idempotency-Key": key},
            **({} if body is None else {"json": body}),
        )
        self.tally["stored answers asked for"] += 1
        if answer.status_code not in (403, 404):
            yield f"the stored answer of somebody else: {answer.status_code}"

    def _change_headers(self, operation: Operation) -> list[dict[str, str]]:
        if operation.method == "PATCH":
            return [{"If-Match": "*"}, {"If-Match": '"1"'}]
        return [{}, {"If-Match": "*"}] if self.thorough else [{}]

    async def _send(
        self, operation: Operation, id: str, token: str, headers: dict[str, str]
    ) -> httpx2.Response:
        body = operation.example
        return await self.service.request(
            operation.method,
            operation.path.replace("{id}", id),
            as_=token,
            headers=headers,
            **({} if body is None else {"json": body}),
        )

    def _foreign(self, operation: Operation) -> Iterator[tuple[str, str, str]]:
        """Fields that can name what is foreign, such a value, and one that names nothing."""
        if operation.example is None:
            return  # a file: its rows are judged later, see `tests/registry/test_imports.py`
        for name in operation.references():
            for id in self.rows.ids.get(NAMES[name], [])[-1:]:
                yield name, id, random_id()
        if "division" in operation.example:
            division = self.rows.place.division
            yield "division", division, "500199999"[: len(division)]

    async def _creation(
        self,
        operation: Operation,
        name: str,
        foreign: str,
        nonsense: str,
        caller: Caller,
        token: str,
    ) -> AsyncIterator[str]:
        """A row that names foreign rows, or lies in a foreign place, is refused like nonsense."""
        place = self.rows.place
        if name == "division" and caller.division in {"50", place.district, place.division}:
            return
        body = operation.example or {}
        asked = await self.service.post(operation.path, as_=token, json={**body, name: foreign})
        self.tally["creations"] += 1
        if self._is_forbidden(asked):
            return
        random = await self.service.post(operation.path, as_=token, json={**body, name: nonsense})
        if asked.is_success or _same(asked, foreign) != _same(random, nonsense):
            yield (
                f"{name} differs: {asked.status_code} {asked.text[:200]}"
                f" and {random.status_code} {random.text[:200]}"
            )

    # ---------------------------------------------------------------- looking at answers

    async def _get(
        self,
        path: str,
        token: str,
        *,
        params: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx2.Response:
        return await self.service.get(path, as_=token, params=params, headers=headers)

    def _is_forbidden(self, answer: httpx2.Response) -> bool:
        """Whether the caller lacks the permission, which is looked at before any row is."""
        if answer.status_code == 403 and answer.json()["code"] == Forbidden.code:
            self.forbidden = True
            return not self.thorough
        return False

    def _needles_in(self, answer: httpx2.Response, *, sent: str) -> list[str]:
        text = f"{unquote(str(answer.headers))}{answer.text}"  # a file's name is percent-encoded
        return sorted(n for n in self.rows.needles if n in text and n not in sent)


def _one_of(able: list[tuple[Caller, str]], number: int) -> list[tuple[Caller, str]]:
    return [able[number % len(able)]] if able else []


def _free(name: str) -> tuple[str, ...]:
    value = FREE.get(name)
    return () if value is None else (value,)


def _counted(answer: httpx2.Response) -> int:
    """How many rows an answer owns up to."""
    if not answer.is_success or "json" not in answer.headers.get("content-type", ""):
        return 0
    body = answer.json()
    if isinstance(body, list):
        return len(body)
    if not isinstance(body, dict):
        return 0
    figure = body.get("value", 0) + body.get("previous", 0) if "trend" in body else 0
    counts = [body.get("count"), body.get("total"), len(body.get("items") or ()), figure]
    # Of the five full coverages; how many domains there should be is no secret.
    counts += [
        one["numerator"] if one["kind"] == "domains" else one["denominator"]
        for one in body.get("coverages") or ()
    ]
    counts += [
        one["powers"] + one["subjects"] + one["officers"]
        for one in body.get("domains") or ()
        if isinstance(one, dict)
    ]
    return max(count for count in counts if count is not None)


def _same(answer: httpx2.Response, id: str) -> tuple[Any, ...]:
    """An answer without what was sent."""
    headers = {k: v for k, v in answer.headers.items() if k.lower() not in VOLATILE}
    return answer.status_code, headers, answer.text.replace(id, "{id}")


def _fits(operation: Operation, path: str) -> bool:
    given, told = path.split("/"), operation.path.split("/")
    return len(given) == len(told) and all(
        a == b or b == "{id}" for a, b in zip(given, told, strict=True)
    )
