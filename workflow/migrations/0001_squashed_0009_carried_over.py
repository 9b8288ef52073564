import django.db.models.deletion
import roles.enums
import workflow.enums
import workflow.models.routes
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('workflow', '0001_initial'), ('workflow', '0002_nudges_and_condition_reports'), ('workflow', '0003_who_may_read'), ('workflow', '0004_what_may_be_skipped'), ('workflow', '0005_each_ask_keeps_its_own'), ('workflow', '0006_reading_after_acting'), ('workflow', '0007_route_versions'), ('workflow', '0008_hand_over'), ('workflow', '0009_carried_over')]

    initial = True

    dependencies = [
        ('bpr_projects', '0001_squashed_0008_shipped_words'),
        ('records', '0003_cache_entries'),
        ('roles', '0001_squashed_0005_org_in_motion'),
        ('viewflow', '0015_task_scheduled'),
    ]

    operations = [
        migrations.CreateModel(
            name='WorkflowProcess',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': ('view', 'manage'),
            },
            bases=('viewflow.process',),
        ),
        migrations.CreateModel(
            name='Route',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=8)),
                ('version', models.PositiveSmallIntegerField(default=1)),
                ('name', models.CharField(max_length=60)),
                ('kind', models.CharField(choices=workflow.enums.run_kind_choices, default='PROJECT', max_length=10)),
                ('revision_kinds', models.JSONField(default=list, help_text='for APPROVAL: RevisionKind codes')),
                ('priority', models.PositiveSmallIntegerField(help_text='lowest first; first match wins')),
                ('condition', models.JSONField(default=dict, help_text='see routing.matches')),
                ('clause', models.CharField(max_length=120)),
                ('effective_from', models.DateField()),
                ('effective_to', models.DateField(blank=True, null=True)),
                ('state', models.CharField(choices=workflow.enums.route_state_choices, default='DRAFT', max_length=8)),
                ('authors', models.ManyToManyField(blank=True, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('copied_from', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='workflow.route')),
                ('draft_version', models.PositiveIntegerField(default=1)),
                ('purpose', models.TextField(blank=True, max_length=1000, verbose_name='改める理由')),
                ('revision', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bpr_projects.revision')),
            ],
            options={
                'verbose_name': '経路',
                'verbose_name_plural': '経路',
                'ordering': ['priority', 'code', '-version'],
                'constraints': [models.UniqueConstraint(fields=('code', 'version'), name='one_route_a_version'), models.CheckConstraint(condition=models.Q(('effective_to', None), ('effective_to__gt', models.F('effective_from')), _connector='OR'), name='route_ends_after_it_starts'), models.UniqueConstraint(condition=models.Q(('state__in', ['DRAFT', 'PROPOSED'])), fields=('code',), name='one_route_draft_a_code')],
            },
        ),
        migrations.CreateModel(
            name='RouteStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(choices=workflow.enums.step_kind_choices, max_length=18)),
                ('station', models.CharField(choices=workflow.enums.station_choices, max_length=14)),
                ('title', models.CharField(max_length=60)),
                ('who', models.CharField(choices=workflow.enums.who_rule_choices, max_length=16)),
                ('who_argument', models.JSONField(default=list, help_text='codes of sections, posts or parts')),
                ('condition', models.JSONField(default=dict, help_text='empty: always; see routing.matches')),
                ('mode', models.CharField(choices=workflow.enums.mode_choices, default='ALL', max_length=6)),
                ('quorum', models.PositiveSmallIntegerField(default=1)),
                ('standard_days', models.PositiveSmallIntegerField(help_text='business days')),
                ('clause', models.CharField(max_length=120)),
                ('deputy', models.CharField(choices=workflow.enums.deputy_policy_choices, default='ALLOWED', max_length=8)),
                ('may_skip', models.BooleanField(default=False, help_text='省略, not a halt, when the post is missing or held by authors')),
                ('fallback', models.JSONField(default=list, help_text='section codes: the first free head, when all who should be are authors')),
                ('route', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='workflow.route')),
                ('at_deadline', models.CharField(choices=workflow.enums.deadline_action_choices, default='REMIND', max_length=8)),
                ('escalate_to', models.CharField(blank=True, choices=workflow.enums.who_rule_choices, max_length=16)),
                ('may_return_to', models.JSONField(default=workflow.models.routes.every_target, help_text='SendBackTarget codes')),
            ],
            options={
                'ordering': ['route_id', 'order'],
                'constraints': [models.UniqueConstraint(fields=('route', 'order'), name='one_route_step_an_order')],
            },
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=workflow.enums.run_kind_choices, max_length=10)),
                ('state', models.CharField(choices=workflow.enums.run_state_choices, default='OPEN', max_length=12)),
                ('route_reason', models.CharField(blank=True, max_length=200)),
                ('plan', models.JSONField(default=list)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('round', models.PositiveSmallIntegerField(default=1)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('cycle', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='run', to='bpr_projects.cycle')),
                ('process', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='run', to='viewflow.process')),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='bpr_projects.project')),
                ('revision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='bpr_projects.revision')),
                ('route', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workflow.route')),
                ('started_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('rule', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='workflow.route')),
            ],
            options={
                'indexes': [models.Index(fields=['project', '-started_at'], name='run_by_project')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('kind', 'PROJECT'), ('state', 'OPEN')), fields=('project',), name='one_open_project_run'), models.UniqueConstraint(condition=models.Q(('kind', 'APPROVAL'), ('state', 'OPEN')), fields=('project',), name='one_open_approval_run'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'OPEN')), models.Q(models.Q(('state', 'OPEN'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='run_is_ended_with_a_time'), models.UniqueConstraint(condition=models.Q(('rule__isnull', False), ('state', 'OPEN')), fields=('rule',), name='one_open_run_a_rule')],
            },
        ),
        migrations.CreateModel(
            name='StepRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=workflow.enums.step_kind_choices, max_length=18)),
                ('station', models.CharField(choices=workflow.enums.station_choices, max_length=14)),
                ('title', models.CharField(max_length=60)),
                ('position', models.PositiveSmallIntegerField()),
                ('round', models.PositiveSmallIntegerField()),
                ('attempt', models.PositiveSmallIntegerField(default=1)),
                ('snapshot', models.JSONField(help_text='the PlanStep it was opened from')),
                ('mode', models.CharField(choices=workflow.enums.mode_choices, max_length=6)),
                ('quorum', models.PositiveSmallIntegerField()),
                ('standard_days', models.PositiveSmallIntegerField()),
                ('opened_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('paused_since', models.DateTimeField(blank=True, null=True)),
                ('paused_until', models.DateField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, choices=workflow.enums.outcome_choices, max_length=24)),
                ('note', models.CharField(blank=True, help_text='why it was opened, if unusual', max_length=200)),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='bpr_projects.project')),
                ('revision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='bpr_projects.revision')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='workflow.run')),
            ],
            options={
                'ordering': ['run_id', 'pk'],
                'indexes': [models.Index(condition=models.Q(('closed_at__isnull', True), ('paused_since__isnull', True)), fields=['due_at'], name='step_due'), models.Index(fields=['project', '-opened_at'], name='step_by_project')],
                'constraints': [models.UniqueConstraint(fields=('run', 'round', 'position', 'attempt'), name='one_step_an_attempt'), models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('run',), name='one_open_step_a_run'), models.CheckConstraint(condition=models.Q(models.Q(('paused_since__isnull', True), ('paused_until__isnull', True)), models.Q(('paused_since__isnull', False), ('paused_until__isnull', False)), _connector='OR'), name='pause_has_both_ends')],
            },
        ),
        migrations.CreateModel(
            name='Slot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=workflow.enums.slot_state_choices, default='OPEN', max_length=8)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('task_id', models.BigIntegerField(blank=True, db_index=True, null=True)),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='slots', to='roles.post')),
                ('step_run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='slots', to='workflow.steprun')),
                ('replaces', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='workflow.slot')),
            ],
            options={
                'ordering': ['step_run_id', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state', 'OPEN')), models.Q(models.Q(('state', 'OPEN'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='slot_is_closed_with_a_time'), models.UniqueConstraint(condition=models.Q(('state__in', ['RECUSED', 'MOVED']), _negated=True), fields=('step_run', 'post'), name='one_slot_a_post')],
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveSmallIntegerField()),
                ('outcome', models.CharField(choices=workflow.enums.outcome_choices, max_length=24)),
                ('basis', models.CharField(choices=roles.enums.basis_choices, max_length=8)),
                ('clause', models.CharField(max_length=120)),
                ('authority', models.JSONField()),
                ('target', models.CharField(blank=True, max_length=12)),
                ('until', models.DateField(blank=True, null=True)),
                ('scores', models.JSONField(blank=True, null=True)),
                ('total', models.PositiveSmallIntegerField(blank=True, help_text='of 100', null=True)),
                ('decided_at', models.DateTimeField()),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to=settings.AUTH_USER_MODEL)),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='decision', to='records.ledgerentry')),
                ('on_behalf_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='roles.post')),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='bpr_projects.project')),
                ('revision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='bpr_projects.revision')),
                ('supersedes', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='workflow.decision')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='workflow.run')),
                ('slot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='workflow.slot')),
                ('step_run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='workflow.steprun')),
                ('carries', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='carried_by', to='workflow.decision')),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['project', 'id'], name='decision_by_project'), models.Index(fields=['decided_by', '-id'], name='decision_by_person')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('slot__isnull', False), ('supersedes__isnull', True)), fields=('slot',), name='one_root_decision_a_slot'), models.UniqueConstraint(condition=models.Q(('outcome__in', ['ADOPTED', 'ADOPTED_WITH_CONDITIONS', 'NOT_ADOPTED']), ('supersedes__isnull', True)), fields=('run',), name='one_final_decision_a_run'), models.CheckConstraint(condition=models.Q(('outcome__in', ['SUBMITTED', 'RESUBMITTED', 'APPROVED', 'RECEIVED', 'SCORED', 'RECUSED', 'REFERRED', 'REFERRED_CONDITIONALLY', 'REFERRED_AGAINST', 'AGREED', 'AGREED_WITH_OPINION', 'OBJECTED', 'SETTLED', 'UNSETTLED', 'ADOPTED', 'ADOPTED_WITH_CONDITIONS', 'NOT_ADOPTED', 'ESCALATED', 'SENT_BACK', 'HELD', 'PULLED_BACK', 'WITHDRAWN', 'ABANDONED', 'SKIPPED', 'CARRIED_OVER', 'CLOSED', 'RECORDED', 'HALTED', 'RESTRICTED', 'UNRESTRICTED', 'REASSIGNED'])), name='decision_outcome_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('carries__isnull', False), ('outcome', 'CARRIED_OVER')), models.Q(models.Q(('outcome', 'CARRIED_OVER'), _negated=True), ('carries__isnull', True)), _connector='OR'), name='a_carry_over_names_its_answer')],
            },
        ),
        migrations.CreateModel(
            name='Condition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=200)),
                ('due_on', models.DateField()),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='roles.section')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conditions', to='bpr_projects.project')),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conditions', to='workflow.decision')),
            ],
            options={
                'ordering': ['due_on', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=workflow.enums.step_kind_choices, max_length=18)),
                ('why', models.CharField(max_length=200)),
                ('opened_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('entry', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='bpr_projects.cycleentry')),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='roles.post')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='bpr_projects.project')),
                ('read_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bpr_projects.revision')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='workflow.run')),
                ('is_after_acting', models.BooleanField(default=False)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('read_at', None)), fields=['post', 'opened_at'], name='reading_open')],
            },
        ),
        migrations.CreateModel(
            name='WorkItem',
            fields=[
                ('slot', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='work_item', serialize=False, to='workflow.slot')),
                ('kind', models.CharField(choices=workflow.enums.step_kind_choices, max_length=18)),
                ('number', models.CharField(max_length=12)),
                ('title', models.CharField(max_length=60)),
                ('section_name', models.CharField(max_length=60)),
                ('standard_days', models.PositiveSmallIntegerField()),
                ('opened_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('due_sort', models.DateTimeField()),
                ('is_paused', models.BooleanField(default=False)),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='roles.post')),
                ('project', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='work_items', to='bpr_projects.project')),
                ('revision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bpr_projects.revision')),
                ('step_run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='work_items', to='workflow.steprun')),
            ],
            options={
                'indexes': [models.Index(fields=['post', 'due_sort', 'slot'], name='workitem_inbox'), models.Index(fields=['project'], name='workitem_by_project')],
            },
        ),
        migrations.CreateModel(
            name='Seen',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('slot', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seen', to='workflow.slot')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('slot', 'person'), name='seen_once_a_person')],
            },
        ),
        migrations.CreateModel(
            name='Nudge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField()),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('slot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='nudges', to='workflow.slot')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='ConditionReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(max_length=1000, verbose_name='報告')),
                ('reported_at', models.DateTimeField()),
                ('is_enough', models.BooleanField(null=True)),
                ('reply', models.CharField(blank=True, max_length=400, verbose_name='確認の内容')),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
                ('checked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('condition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='workflow.condition')),
                ('reported_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_enough__isnull', True)), fields=('condition',), name='one_unchecked_report'), models.CheckConstraint(condition=models.Q(models.Q(('checked_at__isnull', True), ('is_enough__isnull', True)), models.Q(('checked_at__isnull', False), ('is_enough__isnull', False)), _connector='OR'), name='a_check_has_its_moment')],
            },
        ),
        migrations.AddField(
            model_name='run',
            name='step',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workflow.steprun'),
        ),
    ]
