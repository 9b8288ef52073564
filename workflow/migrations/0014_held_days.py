"""How long a step's clock stood still: a part of its due date that is shown."""

from datetime import timedelta

from django.db import migrations, models
from django.utils.timezone import localdate

from bpr_projects import calendar


def days_of_open_steps(apps, _editor):
    """Of steps that were held before: what their deadline has more than their standard days."""
    closed = frozenset(apps.get_model("bpr_projects", "Closure").objects.values_list("day", flat=True))
    steps = apps.get_model("workflow", "StepRun").objects.filter(
        closed_at=None, due_at__isnull=False, decisions__outcome="HELD"
    )
    for step in steps.distinct():
        days = calendar.business_days_between(
            localdate(step.opened_at) + timedelta(days=1), localdate(step.due_at), closed
        )
        step.held_days = max(0, days - step.standard_days)
        step.save(update_fields=["held_days"])


class Migration(migrations.Migration):

    dependencies = [("workflow", "0013_arranging")]

    operations = [
        migrations.AddField(
            model_name="steprun",
            name="held_days",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.RunPython(days_of_open_steps, migrations.RunPython.noop),
    ]
