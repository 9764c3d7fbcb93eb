"""The operations of a service as its OpenAPI document tells of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

METHODS = ("get", "post", "put", "patch", "delete")
PREFIX = "/{service}/v1/"


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query."""

    name: str
    values: tuple[str, ...]
    """What it may say, where the document lists that."""


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    service: str
    method: str
    path: str
    document: dict[str, Any]
    schemas: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def permission(self) -> str | None:
        """The permission that its signature names; None for what is open to all."""
        return self.document.get("x-permission")

    @property
    def has_id(self) -> bool:
        return "{" in self.path

    @property
    def streams(self) -> bool:
        """Whether its answer never ends by itself."""
        content = self.document["responses"].get("200", {}).get("content", {})
        return list(content) == ["text/event-stream"]

    @property
    def query(self) -> list[Parameter]:
        told = (p for p in self.document.get("parameters", ()) if p["in"] == "query")
        return [Parameter(p["name"], tuple(self._values(p["schema"]))) for p in told]

    @property
    def body_schema(self) -> dict[str, Any] | None:
        """The schema of the JSON body, references followed."""
        body = self.document.get("requestBody")
        if body is None:
            return None
        if "application/json" not in body["content"]:
            return None  # a file
        for option in self._options(body["content"]["application/json"]["schema"]):
            if option.get("type") == "object":
                return option
        raise AssertionError(f"{self}: the body is no object")

    @property
    def example(self) -> dict[str, Any] | None:
        """A body that the document gives as an example, or the smallest that the schema allows."""
        schema = self.body_schema
        if schema is None:
            return None
        if "examples" in schema:
            return dict(schema["examples"][0])
        properties = schema.get("properties", {})
        return {name: self._example(properties[name]) for name in schema.get("required", ())}

    def references(self) -> dict[str, bool]:
        """Fields of the body that name something by its id, and whether they are a list."""
        found = {}
        for name, schema in (self.body_schema or {}).get("properties", {}).items():
            for option in self._options(schema):
                if option.get("format") == "uuid":
                    found[name] = False
                elif option.get("items", {}).get("format") == "uuid":
                    found[name] = True
        return found

    def _example(self, schema: dict[str, Any]) -> Any:
        for option in self._options(schema):
            if "examples" in option:
                return option["examples"][0]
            if "enum" in option:
                return option["enum"][0]
            if option.get("type") == "integer":
                return option.get("minimum", 1)
            if option.get("type") == "string":
                return "x"
        raise AssertionError(f"{self}: give {schema} an example")

    def _options(self, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "$ref" in schema:
            target = self.schemas[schema["$ref"].rpartition("/")[2]]
            yield from self._options({**target, **{k: v for k, v in schema.items() if k != "$ref"}})
        elif "anyOf" in schema:
            for option in schema["anyOf"]:
                yield from self._options(option)
        else:
            yield schema

    def _values(self, schema: dict[str, Any]) -> Iterator[str]:
        for option in self._options(schema):
            if option.get("type") == "array":
                yield from self._values(option["items"])
            elif "const" in option:
                yield str(option["const"])
            elif option.get("type") == "boolean":
                yield from ("true", "false")
            else:
                yield from map(str, option.get("enum", ()))


_documents: dict[str, dict[str, Any]] = {}


def operations(app: FastAPI, service: str) -> list[Operation]:
    """All operations of the document, in its order."""
    if service not in _documents:  # the same for each of its applications, and slow to make
        _documents[service] = app.openapi()
    document = _documents[service]
    schemas = document["components"]["schemas"]
    return [
        Operation(service, method.upper(), path, item[method], schemas)
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]
