"""HTTP as every service speaks it: routes, problems, paging, preconditions, retries."""

from enum import Enum

from fastapi import APIRouter

from shared.web.concurrency import Route


def router(prefix: str, tag: str | Enum) -> APIRouter:
    """A capability's router: its answers carry ETags and honour If-Match and Idempotency-Key."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=Route)
