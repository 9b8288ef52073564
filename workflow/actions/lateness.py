"""Whom the rule of a step names for when its days are over. They are told, and decide nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow import routing
from workflow.actions import steps
from workflow.enums import DeadlineAction

if TYPE_CHECKING:
    from datetime import date

    from roles.models import Post
    from workflow.models import StepRun


def told_when_late(step: StepRun, on: date) -> list[Post]:
    """The posts of that day; none where the rule only reminds who is asked."""
    if step.at_deadline != DeadlineAction.ESCALATE:
        return []
    matter = steps.matter_of(step.run, on)
    return routing.posts_meant(steps.plan_of(step).escalate_to, matter, on)
