from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0008_deadlines_of_every_step")]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="bundle",
            field=models.UUIDField(
                blank=True, help_text="of acts that are told in one mail", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("bundle__isnull", False)),
                fields=["bundle"],
                name="message_bundle",
            ),
        ),
    ]
