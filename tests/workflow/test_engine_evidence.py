"""The ledger vouches for what was said: any change past the verbs is found and named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bpr_projects.models import Frozen, Revision
from records import ledger
from records.models import LedgerEntry
from tests.make import a_project, resubmit, say
from workflow.actions.acts import payload_of
from workflow.enums import Outcome
from workflow.models import Decision

if TYPE_CHECKING:
    from tests.fixtures_city import City


def test_the_chain_holds_ids_and_hashes_and_never_a_word(office: City) -> None:
    case = a_project()

    decision = say(case, Outcome.APPROVED, comment="市民の負担が減る。")

    entry = LedgerEntry.objects.get(pk=decision.entry_id)
    texts = {"texts": {"comment": ledger.sha256_of("市民の負担が減る。")}}
    nothing_more = {"conditions": None, "record": None}
    assert entry.payload == payload_of(decision) | texts | nothing_more
    assert "市民" not in str(entry.payload)


def test_a_decision_names_the_text_by_its_hash(office: City) -> None:
    case = a_project()
    say(case, Outcome.SENT_BACK)
    case = resubmit(case, minutes_after=30)

    hashes = [
        entry.payload["revision_hash"]
        for entry in LedgerEntry.objects.filter(kind="DECISION").order_by("pk")
    ]

    first, second = case.revisions.order_by("number")
    assert hashes == [first.content_hash, first.content_hash, second.content_hash]
    assert first.content_hash != second.content_hash


def test_what_was_said_is_neither_changed_nor_deleted(office: City) -> None:
    decision = say(a_project(), Outcome.APPROVED)

    for forbidden in (
        decision.save,
        decision.delete,
        Decision.objects.all().delete,
        lambda: Decision.objects.update(outcome=Outcome.SENT_BACK),
    ):
        with pytest.raises(Frozen):
            forbidden()

    assert Decision.objects.get(pk=decision.pk).outcome == Outcome.APPROVED


def test_a_submitted_text_is_neither_changed_nor_deleted(office: City) -> None:
    case = a_project()
    assert case.revision is not None

    for forbidden in (
        case.revision.save,
        case.revision.delete,
        Revision.objects.all().delete,
        lambda: Revision.objects.update(title="別の題"),
    ):
        with pytest.raises(Frozen):
            forbidden()

    assert ledger.verify().ok
