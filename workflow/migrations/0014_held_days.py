"""How long a step's clock stood still: a part of its due date that is shown."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("workflow", "0013_arranging")]

    operations = [
        migrations.AddField(
            model_name="steprun",
            name="held_days",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
