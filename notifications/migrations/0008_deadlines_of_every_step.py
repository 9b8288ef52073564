"""Reminders are for every step now: what was told of the loop's deadlines keeps counting as told."""

from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Replace

NAMES = {"CYCLE_DUE": "DUE_SOON", "CYCLE_OVERDUE": "OVERDUE"}


def rename(apps, schema_editor):
    for before, after in NAMES.items():
        for name in ("OutboxMessage", "Delivery"):
            rows = apps.get_model("notifications", name).objects
            rows.filter(event=before).update(event=after)
        for name in ("OutboxMessage", "DeliveredFact"):
            keys = (f"{before.lower()}:", f"{after.lower()}:")
            rows = apps.get_model("notifications", name).objects
            rows.filter(fact__startswith=keys[0]).update(
                fact=Replace("fact", Value(keys[0]), Value(keys[1]))
            )


class Migration(migrations.Migration):
    dependencies = [("notifications", "0007_about_disposals_and_papers")]

    operations = [migrations.RunPython(rename, migrations.RunPython.noop, elidable=True)]
