"""Plans of running cases: what may be skipped, and who is asked instead, stand with each ask."""

from django.db import migrations

MOVED = ("may_skip", "fallback")


def moved(step):
    """A stored step in today's shape."""
    kept = {name: value for name, value in step.items() if name not in MOVED}
    own = {name: step[name] for name in MOVED if name in step}
    return {**kept, "asks": [{"may_skip": False, "fallback": [], **own, **ask} for ask in step["asks"]]}


def forwards(apps, schema_editor):
    runs = apps.get_model("workflow", "Run").objects.exclude(plan=[])
    for run in runs.iterator():
        run.plan = [moved(step) for step in run.plan]
        run.save(update_fields=["plan"])
    for step in apps.get_model("workflow", "StepRun").objects.filter(snapshot__has_key="asks").iterator():
        step.snapshot = moved(step.snapshot)
        step.save(update_fields=["snapshot"])


class Migration(migrations.Migration):
    dependencies = [("workflow", "0004_what_may_be_skipped")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop, elidable=True)]
