"""Which route asked for a step: of the run's round the run's own, of an earlier one by its clause.

A round takes one route: the first step of it that has a clause says which. The case stays on the
versions of the day on which it was first submitted.
"""

from django.db import migrations
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone


def fill(apps, schema_editor):
    StepRun, Run, RouteStep = (
        apps.get_model("workflow", name) for name in ("StepRun", "Run", "RouteStep")
    )
    routed = StepRun.objects.filter(run__route__isnull=False)
    route = Run.objects.filter(pk=OuterRef("run")).values("route")
    routed.filter(round=F("run__round")).update(route=Subquery(route))
    taken = {}
    earlier = routed.filter(route=None).select_related("run").order_by("pk")
    for step in earlier.only("kind", "round", "snapshot", "run__kind", "run__started_at"):
        key = step.run_id, step.round
        if key not in taken and isinstance(step.snapshot, dict):
            day = timezone.localdate(step.run.started_at)
            asked = RouteStep.objects.filter(
                Q(route__effective_to=None) | Q(route__effective_to__gt=day),
                kind=step.kind,
                clause=step.snapshot.get("clause", ""),
                route__kind=step.run.kind,
                route__state="ACTIVE",
                route__effective_from__lte=day,
            )
            taken[key] = asked.values_list("route", flat=True).first()
        if taken.get(key):
            step.route_id = taken[key]
            step.save(update_fields=["route"])


class Migration(migrations.Migration):
    dependencies = [("workflow", "0017_route_of_a_step")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
