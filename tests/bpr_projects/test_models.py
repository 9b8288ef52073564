"""Rules that the tables themselves keep."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from bpr_projects.enums import ALLOWED, ParticipantReason, Stage
from bpr_projects.models import (
    Cycle,
    Kpi,
    Participant,
    Project,
    StageError,
    attachment_path,
    content_hash,
)
from tests.make import AT, a_draft, a_project
from workflow.enums import StepKind

if TYPE_CHECKING:
    from tests.fixtures_city import City

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("now", Stage)
def test_a_case_moves_only_along_the_table(office: City, now: Stage) -> None:
    case = a_draft()

    for target in Stage:
        Project.objects.filter(pk=case.pk).update(stage=now, number="R8-001")
        case.refresh_from_db()
        if target == now or target in ALLOWED[now]:
            case.move_to(target, at=AT)
            assert Project.objects.get(pk=case.pk).stage == target
        else:
            with pytest.raises(StageError, match=str(now.label)):
                case.move_to(target, at=AT)
            assert Project.objects.get(pk=case.pk).stage == now


def test_an_unknown_stage_is_refused_by_the_database(office: City) -> None:
    case = a_draft()

    with pytest.raises(IntegrityError), transaction.atomic():
        Project.objects.filter(pk=case.pk).update(stage="LOST")


def test_a_submitted_case_has_a_number(office: City) -> None:
    case = a_draft()

    with pytest.raises(IntegrityError), transaction.atomic():
        Project.objects.filter(pk=case.pk).update(stage=Stage.RECEPTION)


def test_a_case_has_one_open_cycle(office: City) -> None:
    case = a_project(route="RT1", to=StepKind.OBSERVE)

    with pytest.raises(IntegrityError), transaction.atomic():
        Cycle.objects.create(project=case, number=2, aim="x", started_at=AT)


def test_a_participant_is_either_a_post_or_a_section(office: City) -> None:
    case = a_draft()
    both = {"post": office.post("HEAD-ZEIMU"), "section": office.section("ZEIMU")}

    for fields in ({}, both):
        with pytest.raises(IntegrityError), transaction.atomic():
            Participant.objects.create(
                project=case, reason=ParticipantReason.STEP, since=AT, **fields
            )


def test_a_case_is_called_by_its_number_or_its_draft(office: City) -> None:
    draft = a_draft()
    case = a_project()

    assert (str(draft), draft.reference) == ("下書き 書かない窓口", f"draft-{draft.pk}")
    assert (str(case), case.reference) == ("R8-001 書かない窓口", "R8-001")


@pytest.mark.parametrize(
    ("baseline", "target", "value", "percent"),
    [
        (42, 25, 42, 0),
        (42, 25, 25, 100),
        (42, 25, 20, 129),
        (42, 25, 50, -47),
        (10, 20, 15, 50),
        (5, 5, 7, 100),
    ],
)
def test_how_far_an_indicator_is(baseline: int, target: int, value: int, percent: int) -> None:
    kpi = Kpi(baseline=Decimal(baseline), target=Decimal(target))

    assert kpi.achievement(Decimal(value)) == percent


def test_a_stored_file_never_has_the_name_that_somebody_gave_it() -> None:
    path = attachment_path(None, "../../etc/見積.pdf")  # type: ignore[arg-type]

    folder, name = path.split("/")
    assert (folder, len(name), name.isalnum()) == ("attachments", 32, True)


VALUES = st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.none())
SHEETS = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)
FILES = st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5), st.integers()), max_size=3)


@given(sheet=SHEETS, files=FILES)
def test_a_text_has_one_hash_in_whatever_order(
    sheet: dict[str, object], files: list[tuple[str, str, int]]
) -> None:
    turned = dict(reversed(sheet.items()))

    assert content_hash("PROJECT", sheet, files) == content_hash("PROJECT", turned, files[::-1])


@given(one=SHEETS, other=SHEETS)
def test_different_texts_have_different_hashes(
    one: dict[str, object], other: dict[str, object]
) -> None:
    equal = content_hash("PROJECT", one, []) == content_hash("PROJECT", other, [])

    assert equal == (repr(sorted(one.items(), key=str)) == repr(sorted(other.items(), key=str)))
    assert content_hash("PROJECT", one, []) != content_hash("STOP", one, [])
