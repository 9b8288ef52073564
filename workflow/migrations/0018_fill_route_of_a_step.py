"""Which route asked for a step: of the run's round the run's own, of an earlier one by its clause.

A step without a clause, such as a correction, belongs to the step before it.
"""

from django.db import migrations
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone


def fill(apps, schema_editor):
    StepRun, Run, RouteStep = (
        apps.get_model("workflow", name) for name in ("StepRun", "Run", "RouteStep")
    )
    routed = StepRun.objects.filter(run__route__isnull=False)
    route = Run.objects.filter(pk=OuterRef("run")).values("route")
    routed.filter(round=F("run__round")).update(route=Subquery(route))
    before = {}
    for step in routed.filter(route=None).select_related("run").order_by("pk"):
        asked = RouteStep.objects.filter(
            kind=step.kind,
            clause=step.snapshot.get("clause", ""),
            route__effective_from__lte=timezone.localdate(step.run.started_at),
        )
        newest = asked.order_by("-route__effective_from", "-route__version")
        found = newest.values_list("route", flat=True).first()
        step.route_id = found or before.get(step.run_id, step.run.route_id)
        before[step.run_id] = step.route_id
        step.save(update_fields=["route"])


class Migration(migrations.Migration):
    dependencies = [("workflow", "0017_route_of_a_step")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
