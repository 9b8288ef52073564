"""The table of the database cache (``CACHES["default"]``): login limits live without Redis.

The same columns as ``createcachetable`` makes; a migration, so that no deployment forgets it.
"""

from django.apps.registry import Apps
from django.db import migrations, models


def cache_entry():
    class CacheEntry(models.Model):
        cache_key = models.CharField(max_length=255, primary_key=True)
        value = models.TextField()
        expires = models.DateTimeField(db_index=True)

        class Meta:
            apps = Apps()
            app_label = "records"
            db_table = "cache_entries"

    return CacheEntry


def create(apps, schema_editor):
    schema_editor.create_model(cache_entry())


def drop(apps, schema_editor):
    schema_editor.delete_model(cache_entry())


class Migration(migrations.Migration):
    dependencies = [("records", "0002_protect_ledger")]

    operations = [migrations.RunPython(create, drop)]
