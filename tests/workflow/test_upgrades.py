"""What an upgrade makes of the rows of a city that is at work."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING

from django.apps import apps

from tests.make import AT, a_cycle, a_project, resubmit, say, the_slot, walk
from workflow import engine
from workflow.enums import Outcome, RouteState, StepKind
from workflow.models import Route, RouteStep, StepRun

if TYPE_CHECKING:
    from tests.fixtures_city import City


def test_days_of_earlier_holds_are_part_of_the_sum(office: City) -> None:
    held = the_slot(case := a_project(to=StepKind.DECISION)).step_run
    plain = the_slot(a_project()).step_run
    say(case, Outcome.HELD, until="2026-05-18")
    engine.resume_due(at=AT + timedelta(days=7))
    held.refresh_from_db()
    days = held.held_days
    StepRun.objects.update(held_days=0)

    import_module("workflow.migrations.0014_held_days").days_of_open_steps(apps, None)

    held.refresh_from_db()
    plain.refresh_from_db()
    assert days > 0
    assert (held.held_days, plain.held_days) == (days, 0)


def a_refused_version() -> None:
    """Its 施行日 passed undecided: it never was a rule."""
    route = Route.objects.get(code="RT5")
    steps = list(route.steps.all())
    route.pk, route.version, route.state = None, 9, RouteState.REFUSED
    route.save()
    for step in steps:
        step.pk, step.route = None, route
    RouteStep.objects.bulk_create(steps)


def test_the_route_of_every_step_is_known_again(office: City) -> None:
    a_refused_version()
    case = a_project(route="RT5", to=StepKind.RECEPTION)
    say(case, Outcome.SENT_BACK)
    walk(resubmit(case, is_pilot=False, cost=680_000, budget_measure="INITIAL"))
    a_cycle(a_project(route="RT1", to=StepKind.OBSERVE))
    known = dict(StepRun.objects.values_list("pk", "route"))
    assert len(set(known.values())) == 4  # RT1, RT3, RT5, and none
    StepRun.objects.update(route=None)

    import_module("workflow.migrations.0018_fill_route_of_a_step").fill(apps, None)

    assert dict(StepRun.objects.values_list("pk", "route")) == known
