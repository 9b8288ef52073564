"""A draft is begun once, however often a form or a click is sent, and a form knows its own saves.

Every opened form has a name of its own (``page``). Which draft it began and which version it saved
last stand in the database, written in the transaction of the save: an answer that got lost, two
requests at the same moment and a new login change nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import transaction
from django.db.models import F

from bpr_projects.actions import copy_case, start_draft
from bpr_projects.models import Attachment, OpenedForm, Project
from roles.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from bpr_projects.forms.files import CheckedFile
    from roles.models import Post

SAME_CLICK: Final = timedelta(minutes=1)
MOST: Final = 30
"""Forms of one person and one draft that are remembered."""


@dataclass(frozen=True)
class Sender:
    """Who sends from which opened form.

    ``sent`` names this one sending. ``resumes``: forms whose text this one restored from the
    device; it goes on from what they saved, once, and they do not any more.
    """

    person: User
    page: str = ""
    sent: str = ""
    resumes: tuple[str, ...] = ()

    @property
    def forms(self) -> QuerySet[OpenedForm]:
        """What is remembered of this form and of those that it resumes."""
        return OpenedForm.objects.filter(
            person=self.person, page__in=list(filter(None, [self.page, *self.resumes]))
        )


class Begun(NamedTuple):
    """A draft, and whether it was there before."""

    project: Project
    is_new: bool


def begun_by(sender: Sender) -> Project | None:
    """The draft that an empty form has begun already; its answer got lost or is on its way."""
    found = {each.page: each.project for each in sender.forms.select_related("project")}
    names = [each for each in (sender.page, *sender.resumes) if each in found]
    return found[names[0]] if names else None


@transaction.atomic
def begin(*, sender: Sender, post: Post, at: datetime, answers: Mapping[str, Any]) -> Begun:
    """The draft of an empty form: one a form, and one a click of a form without a name."""
    _queue(sender.person)
    found = begun_by(sender) if sender.page else _same_text(sender.person, post, answers, at)
    if found is not None:
        return Begun(found, is_new=False)
    project = start_draft(by=sender.person, post=post, at=at, **answers)
    remember(sender, project)
    return Begun(project, is_new=True)


@transaction.atomic
def copy_once(*, project: Project, by: User, post: Post, at: datetime) -> Project:
    """A copy of a case; a second click within a minute gets the same one, if nobody wrote in it."""
    _queue(by)
    copies = _recent(by, post, at).filter(copied_from=project, updated_at=F("created_at"))
    return copies.first() or copy_case(project=project, by=by, post=post, at=at)


def _queue(person: User) -> None:
    """Requests of one person that begin drafts come one after the other."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _recent(person: User, post: Post, at: datetime) -> QuerySet[Project]:
    mine = Project.objects.filter(proposer=person, proposer_post=post, number=None)
    return mine.filter(created_at__gt=at - SAME_CLICK).order_by("-pk")


def _same_text(
    person: User, post: Post, answers: Mapping[str, Any], at: datetime
) -> Project | None:
    last = _recent(person, post, at).first()
    return last if last is not None and last.sheet == {**last.sheet, **answers} else None


# --- files: a part of the draft like any answer --------------------------------------------------


def attach(*, sender: Sender, project: Project, checked: CheckedFile, at: datetime) -> Attachment:
    """Add a checked file. Callers hold the lock of the case."""
    project.mark_changed(at=at)
    remember(sender, project)
    return Attachment.objects.create(
        project=project,
        file=checked.content,
        name=checked.name,
        extension=checked.extension,
        size=checked.size,
        sha256=checked.sha256,
        uploaded_by=sender.person,
        uploaded_at=at,
    )


def detach(*, sender: Sender, project: Project, attachment: Attachment, at: datetime) -> None:
    """Take a file off, once; revisions that have it keep it. Callers hold the lock of the case."""
    if not project.attachments.filter(pk=attachment.pk, removed_at=None).update(removed_at=at):
        return
    project.mark_changed(at=at)
    remember(sender, project)


# --- what a form has saved -------------------------------------------------------------------


def version_for(sender: Sender, project: Project, posted: int) -> int:
    """The stored version that a form goes on from: the one it names, or a later save of its own.

    Callers hold the lock of the case.
    """
    known = sender.forms.filter(project=project).values_list("version", flat=True)
    return max([posted, *known])


def remember(sender: Sender, project: Project) -> None:
    """This form has saved; those that it resumed are over. Inside the transaction of the save."""
    versions = dict.fromkeys(sender.resumes, 0)
    versions |= dict.fromkeys(filter(None, [sender.page, sender.sent]), project.draft_version)
    if not versions:
        return
    OpenedForm.objects.bulk_create(
        [
            OpenedForm(person=sender.person, page=page, project=project, version=version)
            for page, version in versions.items()
        ],
        update_conflicts=True,
        unique_fields=["person", "page"],
        update_fields=["project", "version"],
    )
    mine = OpenedForm.objects.filter(person=sender.person, project=project).order_by("-pk")
    past = list(mine.values_list("pk", flat=True)[MOST : 2 * MOST])
    if past:
        OpenedForm.objects.filter(pk__in=past).delete()


def arrived(person: User, project: Project) -> Iterable[str]:
    """What this person's forms sent and the draft holds."""
    return OpenedForm.objects.filter(person=person, project=project).values_list("page", flat=True)
