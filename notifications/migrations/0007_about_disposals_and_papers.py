import django.db.models.deletion
from django.db import migrations, models


def about(model):
    return models.ForeignKey(
        blank=True,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=f"workflow.{model}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_squashed_0006_about_the_ledger"),
        ("workflow", "0012_paper_decisions"),
    ]

    operations = [
        migrations.AddField("outboxmessage", "disposal", about("disposal")),
        migrations.AddField("outboxmessage", "paper", about("paperdecision")),
    ]
