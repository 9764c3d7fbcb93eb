"""The AsyncAPI 3 document of what a service publishes on NATS."""

from typing import Any

from shared.events import Event, published

SCOPE = {
    "city": "Code of the city: 50",
    "district": "Six digits, or `_` for what belongs to the whole city",
    "township": "Nine digits, or `_` for what belongs to the whole district",
}


def document_of(service: str) -> dict[str, Any]:
    """One channel and one message a type of fact; the schemas are those of the classes."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for name, kind in published(service).items():
        if kind.audience == "audit":
            continue
        key = kind.__name__
        root = "xi" if kind.audience == "internal" else "xj"
        _, entity, verb = name.split(".")[:3]
        schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[key] = schema
        messages[key] = {
            "name": f"xiejian.{name}",
            "title": key,
            "summary": (kind.__doc__ or "").strip(),
            "contentType": "application/cloudevents+json",
            "payload": _envelope(kind, key),
        }
        channels[key] = {
            "address": f"{root}.{service}.{entity}.{verb}.{{city}}.{{district}}.{{township}}",
            "parameters": {part: {"description": text} for part, text in SCOPE.items()},
            "messages": {key: {"$ref": f"#/components/messages/{key}"}},
        }
        operations[f"publish{key}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{key}"},
            "messages": [{"$ref": f"#/channels/{key}/messages/{key}"}],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"xiejian {service}: facts",
            "version": "1",
            "description": "CloudEvents 1.0 in structured JSON on NATS JetStream.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }


def _envelope(kind: type[Event], key: str) -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "division", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "format": "uuid"},
            "source": text,
            "type": {"const": f"xiejian.{kind.type}"},
            "subject": {"type": "string", "description": f"The fact's {kind.subject_field}"},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "dataschema": text,
            "division": {"type": "string", "description": "Whole codes: city.district.township"},
            "traceparent": text,
            "correlationid": text,
            "causationid": text,
            "actor": {"type": "string", "description": "`sub` of the person who caused it"},
            "backfill": {"type": "boolean", "description": "History loaded late: notify nobody"},
            "data": {"$ref": f"#/components/schemas/{key}"},
        },
    }
