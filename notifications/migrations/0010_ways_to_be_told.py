import django.db.models.deletion
import notifications.enums
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now


SHOWN_ELSEWHERE = [
    "YOUR_TURN",
    "POST_READING",
    "CIRCULATION",
    "DUE_SOON",
    "DUE_TODAY",
    "OVERDUE",
    "SECRET",
]


def what_was_told_is_read(apps, schema_editor):
    """Nobody begins with a bell full of what came by mail long ago."""
    facts = apps.get_model("notifications", "DeliveredFact").objects
    facts.update(read_at=Now())
    facts.filter(message__event__in=SHOWN_ELSEWHERE).update(rings=False)


class Migration(migrations.Migration):
    dependencies = [
        ("bpr_projects", "0001_squashed_0008_shipped_words"),
        ("notifications", "0009_told_together"),
        ("roles", "0001_squashed_0005_org_in_motion"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Announcement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=60, verbose_name="件名")),
                ("text", models.TextField(max_length=4000, verbose_name="本文")),
                ("roles", models.JSONField(blank=True, default=list, verbose_name="役割")),
                ("written_at", models.DateTimeField(verbose_name="作成日時")),
                (
                    "released_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="公開日時"),
                ),
                (
                    "dropped_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="取りやめ日時"),
                ),
            ],
            options={
                "verbose_name": "全庁周知",
                "verbose_name_plural": "全庁周知",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "event",
                    models.CharField(
                        choices=notifications.enums.event_choices,
                        max_length=24,
                        verbose_name="種別",
                    ),
                ),
                (
                    "way",
                    models.CharField(
                        choices=notifications.enums.way_choices, max_length=8, verbose_name="届け方"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="QuietHours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_at", models.TimeField(verbose_name="この時刻から")),
                ("ends_at", models.TimeField(verbose_name="この時刻まで")),
                ("also_days_off", models.BooleanField(default=True, verbose_name="閉庁日は終日")),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="delivery",
            name="unsent_has_a_reason",
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="is_told_later",
            field=models.BooleanField(default=False, help_text="発表日時, not to be hurried"),
        ),
        migrations.AddField(
            model_name="deliveredfact",
            name="rings",
            field=models.BooleanField(default=True, help_text="stands behind the bell"),
        ),
        migrations.AddField(
            model_name="deliveredfact",
            name="read_at",
            field=models.DateTimeField(blank=True, help_text="on the screen", null=True),
        ),
        migrations.AddField(
            model_name="delivery",
            name="way",
            field=models.CharField(
                choices=notifications.enums.way_choices,
                default="NOW",
                max_length=8,
                verbose_name="届け方",
            ),
        ),
        migrations.AddField(
            model_name="intervention",
            name="message",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="interventions",
                to="notifications.outboxmessage",
            ),
        ),
        migrations.AlterField(
            model_name="intervention",
            name="delivery",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="interventions",
                to="notifications.delivery",
            ),
        ),
        migrations.RunPython(what_was_told_is_read, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="deliveredfact",
            index=models.Index(fields=["person", "-id"], name="fact_by_person"),
        ),
        migrations.AddIndex(
            model_name="deliveredfact",
            index=models.Index(
                condition=models.Q(("read_at", None), ("rings", True)),
                fields=["person", "-id"],
                name="fact_unread",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["QUEUED", "SENDING", "SENT", "SHOWN"]),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="unsent_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="intervention",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("delivery__isnull", False), ("message__isnull", False), _connector="XOR"
                ),
                name="intervention_on_mail_or_fact",
            ),
        ),
        migrations.AddField(
            model_name="announcement",
            name="dropped_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="announcement",
            name="released_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="announcement",
            name="sections",
            field=models.ManyToManyField(blank=True, related_name="+", to="roles.section"),
        ),
        migrations.AddField(
            model_name="announcement",
            name="written_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="announcement",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="notifications.announcement",
            ),
        ),
        migrations.AddField(
            model_name="preference",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="preferences",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="quiethours",
            name="person",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="quiet_hours",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.CheckConstraint(
                condition=models.Q(("released_at", None), ("dropped_at", None), _connector="OR"),
                name="released_or_dropped",
            ),
        ),
        migrations.AddConstraint(
            model_name="announcement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("released_by", None),
                    models.Q(("released_by", models.F("written_by")), _negated=True),
                    _connector="OR",
                ),
                name="a_second_person_releases",
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.UniqueConstraint(
                fields=("person", "event"), name="one_way_a_person_and_event"
            ),
        ),
        migrations.AddConstraint(
            model_name="quiethours",
            constraint=models.CheckConstraint(
                condition=models.Q(("starts_at", models.F("ends_at")), _negated=True),
                name="quiet_hours_end",
            ),
        ),
    ]
