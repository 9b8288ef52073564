import django.db.models.deletion
import notifications.enums
import roles.enums
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('notifications', '0001_initial'), ('notifications', '0002_delivery_losses'), ('notifications', '0003_about_comments'), ('notifications', '0004_about_joining_and_conditions'), ('notifications', '0005_about_absences'), ('notifications', '0006_about_the_ledger')]

    initial = True

    dependencies = [
        ('bpr_projects', '0001_squashed_0008_shipped_words'),
        ('records', '0005_anchors_and_checks'),
        ('roles', '0001_squashed_0005_org_in_motion'),
        ('workflow', '0001_squashed_0009_carried_over'),
    ]

    operations = [
        migrations.CreateModel(
            name='OutboxMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(choices=notifications.enums.event_choices, max_length=24, verbose_name='種別')),
                ('fact', models.CharField(help_text='e.g. turn:12, decision:9', max_length=60, verbose_name='事実')),
                ('why', models.CharField(choices=notifications.enums.why_choices, max_length=10, verbose_name='届く理由')),
                ('urgency', models.CharField(choices=notifications.enums.urgency_choices, default='NOW', max_length=8)),
                ('hold_until', models.DateTimeField(blank=True, null=True)),
                ('state', models.CharField(choices=notifications.enums.message_state_choices, default='PENDING', max_length=10, verbose_name='状態')),
                ('reason', models.CharField(blank=True, choices=notifications.enums.reason_choices, max_length=16, verbose_name='理由')),
                ('created_at', models.DateTimeField(verbose_name='発生日時')),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('actor', models.ForeignKey(blank=True, help_text='is not told', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workflow.decision')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('post', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='roles.post')),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bpr_projects.project')),
                ('reading', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workflow.reading')),
                ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workflow.run')),
                ('slot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workflow.slot')),
                ('comment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bpr_projects.comment')),
                ('join_request', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bpr_projects.joinrequest')),
                ('report', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workflow.conditionreport')),
                ('absence', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='roles.absence')),
                ('anchor_day', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.anchorday')),
                ('ledger_check', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.ledgercheck')),
            ],
            options={
                'verbose_name': '通知の事実',
                'verbose_name_plural': '通知の事実',
                'ordering': ['pk'],
                'indexes': [models.Index(condition=models.Q(('state', 'PENDING')), fields=['id'], name='message_pending')],
                'constraints': [models.CheckConstraint(condition=models.Q(('post__isnull', False), ('person__isnull', False), _connector='XOR'), name='addressee_is_post_or_person'), models.UniqueConstraint(condition=models.Q(('post__isnull', False)), fields=('fact', 'post'), name='one_message_a_fact_and_post'), models.UniqueConstraint(condition=models.Q(('person__isnull', False)), fields=('fact', 'person'), name='one_message_a_fact_and_person')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(choices=notifications.enums.event_choices, max_length=24, verbose_name='種別')),
                ('is_secret', models.BooleanField(default=False)),
                ('state', models.CharField(choices=notifications.enums.delivery_state_choices, default='QUEUED', max_length=10, verbose_name='状態')),
                ('reason', models.CharField(blank=True, choices=notifications.enums.reason_choices, max_length=16, verbose_name='理由')),
                ('error', models.CharField(blank=True, max_length=200, verbose_name='サーバーの応答')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='試行回数')),
                ('due_at', models.DateTimeField(verbose_name='送信予定')),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('lease_by', models.CharField(blank=True, max_length=80)),
                ('message_id', models.CharField(max_length=120, unique=True, verbose_name='Message-ID')),
                ('address', models.CharField(blank=True, max_length=254, verbose_name='宛先')),
                ('subject', models.CharField(blank=True, max_length=200, verbose_name='件名')),
                ('text', models.TextField(blank=True)),
                ('html', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(verbose_name='作成日時')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='送信日時')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bpr_projects.project')),
                ('losses', models.PositiveSmallIntegerField(default=0, help_text='how often a sweeper died with it')),
            ],
            options={
                'verbose_name': 'メール',
                'verbose_name_plural': 'メール',
                'ordering': ['-pk'],
                'indexes': [models.Index(condition=models.Q(('state__in', ['QUEUED', 'SENDING'])), fields=['due_at', 'id'], name='delivery_due'), models.Index(fields=['person', '-id'], name='delivery_by_person'), models.Index(fields=['state', '-id'], name='delivery_by_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'SENDING'), _negated=True), ('lease_until__isnull', False), _connector='OR'), name='sending_has_a_lease'), models.CheckConstraint(condition=models.Q(('state__in', ['QUEUED', 'SENDING', 'SENT']), models.Q(('reason', ''), _negated=True), _connector='OR'), name='unsent_has_a_reason'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'SENT'), _negated=True), ('sent_at__isnull', False), _connector='OR'), name='sent_has_its_moment')],
            },
        ),
        migrations.CreateModel(
            name='DeliveredFact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fact', models.CharField(max_length=60)),
                ('basis', models.CharField(blank=True, choices=roles.enums.basis_choices, max_length=8)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='facts', to='notifications.delivery')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='told', to='notifications.outboxmessage')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('fact', 'person'), name='a_fact_is_told_once_a_person')],
            },
        ),
        migrations.CreateModel(
            name='Intervention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(choices=notifications.enums.act_choices, max_length=10)),
                ('at', models.DateTimeField()),
                ('reason', models.CharField(max_length=200, verbose_name='理由')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='interventions', to='notifications.delivery')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddField(
            model_name='delivery',
            name='messages',
            field=models.ManyToManyField(related_name='deliveries', through='notifications.DeliveredFact', to='notifications.outboxmessage'),
        ),
    ]
