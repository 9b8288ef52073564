"""From an address to a case that this person may see; everything else is 404.

Who holds no post any more is told so, whatever the address.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404

from bpr_projects.access import visible_to
from workflow.access import NO_POST
from workflow.inbox import desk_of
from workflow.models import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.http import HttpRequest

    from bpr_projects.models import Project, ProjectQuerySet
    from roles.models import User

DRAFT = "draft-"
NUMBER = re.compile(r"[A-Z][0-9]{1,4}-[0-9]{1,6}")
"""What a number looks like; an address of anything else is asked of no database."""
SHOWN = ("section__department", "area", "proposer", "proposer_post__section", "revision")
"""What every page of a case shows of it, read with the case."""


def person_of(request: HttpRequest) -> User:
    """Who asks; every page here demands a login."""
    return cast("User", request.user)


def project_or_404(
    request: HttpRequest, ref: str, at: datetime, among: ProjectQuerySet | None = None
) -> Project:
    """The case of a number or ``draft-<id>``; a draft's old address finds the numbered case."""
    cases = visible_to(person_of(request), at) if among is None else among
    cases = cases.select_related(*SHOWN)
    identity = ref.removeprefix(DRAFT)
    if not ref.startswith(DRAFT):
        found = cases.filter(number=ref).first() if NUMBER.fullmatch(ref) else None
    else:
        found = cases.filter(pk=identity).first() if _is_id(identity) else None
    return found or _nothing(request)


def decision_or_404(
    request: HttpRequest, ref: str, pk: int, at: datetime, joined: Iterable[str] = ()
) -> Decision:
    """A decision of a case that the person may see, with the case, in one query.

    ``joined``: what else is read with it.
    """
    cases = visible_to(person_of(request), at)
    rows = Decision.objects.filter(pk=pk, project__in=cases)
    said = rows.select_related(*(f"project__{each}" for each in SHOWN), *joined).first()
    case = said.project if said else None
    is_named = case is not None and ref in (case.number, f"{DRAFT}{case.pk}")
    return said if said is not None and is_named else _nothing(request)


def _nothing(request: HttpRequest) -> NoReturn:
    if desk_of(request).has_left:
        raise PermissionDenied(NO_POST)
    raise Http404


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19  # fits a BigAutoField
