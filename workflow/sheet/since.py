"""What reads differently since the text that a seat answered before, for whoever is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from bpr_projects.models import Attachment, Revision
from workflow.enums import ASIDE, OWN_WORK, Outcome
from workflow.sheet.versions import compared

if TYPE_CHECKING:
    from workflow.models import Decision, Slot
    from workflow.sheet.dossier import Dossier
    from workflow.sheet.versions import PartChange


@dataclass(frozen=True)
class Since:
    """The earlier answer of the seat, and what of the text and its files has changed since."""

    said: Decision
    parts: tuple[PartChange, ...] = ()
    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """Which text it was: 第1版."""
        return _("第%s版") % self.said.revision.number if self.said.revision else ""

    @property
    def is_changed(self) -> bool:
        """Whether anything reads differently."""
        return bool(self.parts or self.came or self.went)


def since_of(dossier: Dossier, slot: Slot) -> Since | None:
    """What the holder of a seat looks at first; nothing where the seat answers for the first time.

    Two queries, and none in the first round.
    """
    step = slot.step_run
    if step.round == 1 or step.kind in OWN_WORK or step.revision_id is None:
        return None
    said = _answered_before(dossier, slot)
    if said is None or said.revision_id is None:
        return None
    if said.revision_id == step.revision_id:
        return Since(said)
    keys = (said.revision_id, step.revision_id)
    sheets = dict(Revision.objects.filter(pk__in=keys).values_list("pk", "sheet"))
    before, after = sheets[said.revision_id], sheets[step.revision_id]
    files = Attachment.objects.filter(revisions__in=keys).order_by("pk")
    held: dict[int, dict[int, str]] = {key: {} for key in keys}
    for revision, pk, name in files.values_list("revisions", "pk", "name"):
        if revision in held:
            held[revision][pk] = name
    old, new = held[said.revision_id], held[step.revision_id]
    return Since(
        said,
        tuple(compared(before, after, dossier.belongings.lists, is_whole=False)),
        came=tuple(name for pk, name in new.items() if pk not in old),
        went=tuple(name for pk, name in old.items() if pk not in new),
    )


def _answered_before(dossier: Dossier, slot: Slot) -> Decision | None:
    """The seat's last word at this kind of step on an earlier round's text."""
    step, gone = slot.step_run, dossier.superseded
    said = [
        each
        for each in dossier.decisions
        if each.run_id == step.run_id
        and each.round < step.round
        and each.post_id == slot.post_id
        and each.step_run is not None
        and each.step_run.kind == step.kind
        and each.outcome not in ASIDE | {Outcome.PULLED_BACK}
        and each.pk not in gone
    ]
    return said[-1] if said else None
