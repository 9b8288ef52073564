"""協議 after an objection, when the case is the 事務局's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.make import a_project, say, the_step
from workflow.enums import Outcome, StepKind

if TYPE_CHECKING:
    from tests.fixtures_city import City


@pytest.mark.parametrize(
    ("proposer", "arranges"), [("LEADER-SHIMIN", "SECRETARIAT"), ("SECRETARIAT", "SECRETARIAT")]
)
def test_an_objection_is_arranged_by_somebody_who_did_not_propose(
    office: City, proposer: str, arranges: str
) -> None:
    project = a_project(
        to=StepKind.CONCURRENCE,
        route="RT3",
        post=proposer,
        section="SHIMIN",
        sections=["FUKUSHI"],
    )
    say(project, Outcome.OBJECTED, post="HEAD-FUKUSHI", comment="窓口の人手が足りない。")
    say(project, Outcome.AGREED, post="HEAD-ZAISEI")
    step = the_step(project)
    assert step is not None
    assert step.kind == StepKind.MEDIATION
    assert [slot.post.code for slot in step.slots.all()] == [arranges]
