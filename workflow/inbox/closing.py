"""The days on which the city hall is closed, for everything on a page that counts days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.functional import SimpleLazyObject

from workflow.inbox.frame import desk_of

if TYPE_CHECKING:
    from django.http import HttpRequest


def closing(request: HttpRequest) -> dict[str, Any]:
    """Context processor: they come with the counts of the frame, read only where a page asks."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"closures": SimpleLazyObject(lambda: desk_of(request).load.closures)}
