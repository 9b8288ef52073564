import bpr_projects.enums
import bpr_projects.models.projects
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('bpr_projects', '0001_initial'), ('bpr_projects', '0002_wider_cost_limit'), ('bpr_projects', '0003_discussion_and_lists'), ('bpr_projects', '0004_rollout_and_names'), ('bpr_projects', '0005_who_wrote'), ('bpr_projects', '0006_opened_forms'), ('bpr_projects', '0007_plan_as_printed'), ('bpr_projects', '0008_shipped_words')]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('roles', '0001_squashed_0005_org_in_motion'),
        # The tables of libraries come first: each change to one that knows users is worked out
        # anew for every model that is there, and ours are many.
        ('account', '0009_emailaddress_unique_primary_email'),
        ('guardian', '0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more'),
        ('mfa', '0003_authenticator_type_uniq'),
        ('socialaccount', '0006_alter_socialaccount_extra_data'),
        ('viewflow', '0015_task_scheduled'),
    ]

    operations = [
        migrations.CreateModel(
            name='Area',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=4, unique=True, verbose_name='符号')),
                ('name', models.CharField(max_length=60, verbose_name='名称')),
                ('is_priority', models.BooleanField(verbose_name='優先取組事項')),
                ('order', models.PositiveSmallIntegerField(verbose_name='並び順')),
            ],
            options={
                'verbose_name': '取組事項',
                'verbose_name_plural': '取組事項',
                'ordering': ['order'],
            },
        ),
        migrations.CreateModel(
            name='Closure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True, verbose_name='日')),
                ('reason', models.CharField(max_length=60, verbose_name='理由')),
            ],
            options={
                'verbose_name': '閉庁日',
                'verbose_name_plural': '閉庁日',
                'ordering': ['day'],
            },
        ),
        migrations.CreateModel(
            name='NumberSeries',
            fields=[
                ('fiscal_year', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('last', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Principle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=4, unique=True, verbose_name='符号')),
                ('name', models.CharField(max_length=60, verbose_name='名称')),
                ('question', models.CharField(max_length=200, verbose_name='問い')),
                ('order', models.PositiveSmallIntegerField(verbose_name='並び順')),
                ('is_unchecked', models.BooleanField(default=False, verbose_name='要確認（問い）')),
                ('subtitle', models.CharField(blank=True, max_length=60, verbose_name='副題')),
            ],
            options={
                'verbose_name': '基本理念',
                'verbose_name_plural': '基本理念',
                'ordering': ['order'],
            },
        ),
        migrations.CreateModel(
            name='UnitPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(unique=True, verbose_name='適用開始日')),
                ('yen_per_hour', models.PositiveIntegerField(verbose_name='1時間あたり（円）')),
                ('basis', models.CharField(max_length=100, verbose_name='根拠')),
                ('is_unchecked', models.BooleanField(default=False, verbose_name='要確認')),
            ],
            options={
                'verbose_name': '時間単価',
                'verbose_name_plural': '時間単価',
                'ordering': ['-starts_on'],
            },
        ),
        migrations.CreateModel(
            name='GlossaryTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('word', models.CharField(max_length=40, unique=True, verbose_name='用語')),
                ('heading', models.CharField(max_length=2, verbose_name='索引')),
                ('meaning', models.TextField(max_length=600, verbose_name='解説')),
                ('source', models.CharField(max_length=60, verbose_name='出典')),
                ('order', models.PositiveSmallIntegerField(verbose_name='並び順')),
                ('is_unchecked', models.BooleanField(default=False, verbose_name='要確認')),
            ],
            options={
                'verbose_name': '用語',
                'verbose_name_plural': '用語集',
                'ordering': ['order'],
            },
        ),
        migrations.CreateModel(
            name='Tool',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True, verbose_name='符号')),
                ('name', models.CharField(max_length=60, verbose_name='名称')),
                ('purpose', models.CharField(max_length=120, verbose_name='できること')),
                ('order', models.PositiveSmallIntegerField(verbose_name='並び順')),
                ('is_unchecked', models.BooleanField(default=False, verbose_name='要確認')),
            ],
            options={
                'verbose_name': 'ツール',
                'verbose_name_plural': 'ツール台帳',
                'ordering': ['order'],
            },
        ),
        migrations.CreateModel(
            name='UpperPlanItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True, verbose_name='符号')),
                ('plan', models.CharField(max_length=60, verbose_name='計画')),
                ('name', models.CharField(max_length=80, verbose_name='項目')),
                ('order', models.PositiveSmallIntegerField(verbose_name='並び順')),
                ('is_unchecked', models.BooleanField(default=False, verbose_name='要確認')),
                ('source', models.CharField(blank=True, max_length=60, verbose_name='出典')),
            ],
            options={
                'verbose_name': '上位計画・目標の項目',
                'verbose_name_plural': '上位計画・目標の項目',
                'ordering': ['order'],
            },
        ),
        migrations.CreateModel(
            name='DesignArticle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(unique=True, verbose_name='条')),
                ('name', models.CharField(max_length=60, verbose_name='条文')),
                ('is_unchecked', models.BooleanField(default=False, verbose_name='要確認（基本理念）')),
                ('principle', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='articles', to='bpr_projects.principle', verbose_name='基本理念')),
            ],
            options={
                'verbose_name': 'サービス設計12箇条',
                'verbose_name_plural': 'サービス設計12箇条',
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='NationalTrend',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(verbose_name='年月')),
                ('title', models.CharField(max_length=120, verbose_name='できごと')),
                ('url', models.URLField(blank=True, verbose_name='URL')),
                ('areas', models.ManyToManyField(blank=True, related_name='trends', to='bpr_projects.area', verbose_name='関係する取組事項')),
                ('source', models.CharField(blank=True, max_length=60, verbose_name='出典')),
            ],
            options={
                'verbose_name': '国の動向',
                'verbose_name_plural': '国の動向',
                'ordering': ['month', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='PlanFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(max_length=8, unique=True, verbose_name='計画の箇所')),
                ('title', models.CharField(max_length=60, verbose_name='図の名前')),
                ('text', models.TextField(blank=True, max_length=2000, verbose_name='図の内容')),
                ('is_unchecked', models.BooleanField(default=False, verbose_name='要確認')),
            ],
            options={
                'verbose_name': '計画の図',
                'verbose_name_plural': '計画の図',
                'ordering': ['place'],
            },
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(blank=True, max_length=12, null=True, unique=True, verbose_name='案件番号')),
                ('title', models.CharField(blank=True, max_length=30, verbose_name='提案名')),
                ('stage', models.CharField(choices=bpr_projects.enums.stage_choices, default='DRAFT', max_length=16)),
                ('sheet', models.JSONField(default=dict, help_text='working copy: field name -> value')),
                ('draft_version', models.PositiveIntegerField(default=1)),
                ('is_confidential', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('submitted_at', models.DateTimeField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('area', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='bpr_projects.area')),
                ('proposer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposed', to=settings.AUTH_USER_MODEL)),
                ('proposer_post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposed', to='roles.post')),
                ('section', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='roles.section')),
                ('copied_from', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='bpr_projects.project')),
            ],
            options={
                'verbose_name': '案件',
                'verbose_name_plural': '案件',
                'permissions': [('read_project', 'May read this case'), ('edit_draft', 'May edit the draft'), ('wrote_draft', 'Wrote the proposal, and never decides on it')],
                'indexes': [models.Index(fields=['stage', '-updated_at'], name='project_by_stage'), models.Index(fields=['section', '-updated_at'], name='project_by_section'), models.Index(fields=['-updated_at', '-id'], name='project_recent')],
                'constraints': [models.CheckConstraint(condition=models.Q(('stage__in', ['DRAFT', 'WITH_HEAD', 'RECEPTION', 'IN_REVIEW', 'REFERRAL', 'DELIBERATION', 'RETURNED', 'RUNNING', 'NOT_ADOPTED', 'WITHDRAWN', 'ABANDONED', 'COMPLETED', 'STOPPED', 'ROLLED_OUT'])), name='project_stage_is_known'), models.CheckConstraint(condition=models.Q(('stage', 'DRAFT'), ('number__isnull', False), ('stage', 'WITHDRAWN'), _connector='OR'), name='submitted_project_has_number')],
            },
        ),
        migrations.CreateModel(
            name='Cycle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('aim', models.CharField(max_length=200)),
                ('phase', models.CharField(choices=bpr_projects.enums.phase_choices, default='OBSERVE', max_length=8)),
                ('result', models.CharField(blank=True, choices=bpr_projects.enums.cycle_result_choices, max_length=10)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cycles', to='bpr_projects.project')),
            ],
            options={
                'ordering': ['project_id', 'number'],
                'constraints': [models.UniqueConstraint(fields=('project', 'number'), name='one_cycle_a_number'), models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('project',), name='one_open_cycle')],
            },
        ),
        migrations.CreateModel(
            name='CycleEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phase', models.CharField(choices=bpr_projects.enums.phase_choices, max_length=8)),
                ('content', models.JSONField()),
                ('opened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('within_bounds', models.BooleanField(default=True)),
                ('cycle', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='bpr_projects.cycle')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['cycle_id', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Observation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=bpr_projects.enums.observation_kind_choices, max_length=8)),
                ('text', models.TextField(max_length=2000)),
                ('recorded_at', models.DateTimeField()),
                ('cycle', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='observations', to='bpr_projects.cycle')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='observations', to='bpr_projects.project')),
            ],
            options={
                'ordering': ['-recorded_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Kpi',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('unit', models.CharField(max_length=12)),
                ('baseline', models.DecimalField(decimal_places=2, max_digits=14)),
                ('target', models.DecimalField(decimal_places=2, max_digits=14)),
                ('target_on', models.DateField()),
                ('source', models.CharField(blank=True, max_length=60)),
                ('order', models.PositiveSmallIntegerField(default=1)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='kpis', to='bpr_projects.project')),
            ],
            options={
                'ordering': ['order', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ProjectGroupObjectPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='bpr_projects.project')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.group')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
            ],
            options={
                'abstract': False,
                'unique_together': {('group', 'permission', 'content_object')},
            },
        ),
        migrations.CreateModel(
            name='ProjectUserObjectPermission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='bpr_projects.project')),
                ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'unique_together': {('user', 'permission', 'content_object')},
            },
        ),
        migrations.CreateModel(
            name='Revision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=bpr_projects.enums.revision_kind_choices, default='PROJECT', max_length=12)),
                ('number', models.PositiveIntegerField()),
                ('title', models.CharField(max_length=60)),
                ('sheet', models.JSONField()),
                ('content_hash', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='bpr_projects.project')),
            ],
            options={
                'ordering': ['project_id', 'kind', 'number'],
                'constraints': [models.UniqueConstraint(fields=('project', 'kind', 'number'), name='one_revision_a_number')],
            },
        ),
        migrations.CreateModel(
            name='Participant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=bpr_projects.enums.participant_reason_choices, max_length=12)),
                ('since', models.DateTimeField()),
                ('post', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='roles.post')),
                ('section', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='roles.section')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='participants', to='bpr_projects.project')),
                ('revision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bpr_projects.revision')),
            ],
            options={
                'indexes': [models.Index(fields=['post', 'project'], name='participant_by_post')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('post__isnull', False)), fields=('project', 'post'), name='one_participation_a_post'), models.UniqueConstraint(condition=models.Q(('section__isnull', False)), fields=('project', 'section'), name='one_participation_a_section'), models.CheckConstraint(condition=models.Q(('post__isnull', False), ('section__isnull', False), _connector='XOR'), name='participant_is_post_or_section')],
            },
        ),
        migrations.CreateModel(
            name='Bounds',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ends_on', models.DateField()),
                ('cost_limit', models.PositiveBigIntegerField(help_text='yen, running total')),
                ('budget_measure', models.CharField(choices=bpr_projects.enums.budget_measure_choices, default='NONE', max_length=16)),
                ('sections', models.ManyToManyField(blank=True, related_name='+', to='roles.section')),
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='bounds', to='bpr_projects.project')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bpr_projects.revision')),
            ],
            options={
                'verbose_name': '自由枠',
                'verbose_name_plural': '自由枠',
            },
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('file', models.FileField(upload_to=bpr_projects.models.projects.attachment_path)),
                ('name', models.CharField(max_length=120)),
                ('extension', models.CharField(max_length=8)),
                ('size', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('uploaded_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='bpr_projects.project')),
                ('revisions', models.ManyToManyField(blank=True, related_name='attachments', to='bpr_projects.revision')),
            ],
            options={
                'ordering': ['uploaded_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Measurement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('measured_on', models.DateField()),
                ('value', models.DecimalField(decimal_places=2, max_digits=14)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('recorded_at', models.DateTimeField()),
                ('kpi', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='measurements', to='bpr_projects.kpi')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['measured_on', 'pk'],
                'indexes': [models.Index(fields=['kpi', 'measured_on'], name='measurement_by_day')],
            },
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=bpr_projects.enums.comment_kind_choices, default='REMARK', max_length=8)),
                ('level', models.CharField(choices=bpr_projects.enums.comment_level_choices, default='PARTIES', max_length=8)),
                ('text', models.TextField(max_length=2000)),
                ('written_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('taken_back_at', models.DateTimeField(blank=True, null=True)),
                ('mentions', models.ManyToManyField(blank=True, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='bpr_projects.comment')),
                ('post', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='roles.post')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='bpr_projects.project')),
                ('settled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'コメント',
                'verbose_name_plural': 'コメント',
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['project', '-id'], name='comment_by_project')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('settled_by__isnull', True)), models.Q(('settled_at__isnull', False), ('settled_by__isnull', False)), _connector='OR'), name='settled_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='JoinRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=400, verbose_name='理由')),
                ('asked_at', models.DateTimeField()),
                ('is_accepted', models.BooleanField(null=True)),
                ('reply', models.CharField(blank=True, max_length=400, verbose_name='返事')),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='join_requests', to='bpr_projects.project')),
                ('section', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='roles.section')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_accepted__isnull', True)), fields=('project', 'section'), name='one_open_join_request'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', True), ('is_accepted__isnull', True)), models.Q(('answered_at__isnull', False), ('is_accepted__isnull', False)), _connector='OR'), name='an_answer_has_its_moment')],
            },
        ),
        migrations.CreateModel(
            name='RolloutSection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=bpr_projects.enums.rollout_state_choices, max_length=9)),
                ('since', models.DateField()),
                ('recorded_at', models.DateTimeField()),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rollout', to='bpr_projects.project')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('section', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='roles.section')),
            ],
            options={
                'verbose_name': '横展開の状況',
                'verbose_name_plural': '横展開の状況',
                'ordering': ['project_id', 'section__order'],
                'constraints': [models.UniqueConstraint(fields=('project', 'section'), name='one_rollout_state_a_section')],
            },
        ),
        migrations.CreateModel(
            name='OpenedForm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(max_length=32)),
                ('version', models.PositiveIntegerField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bpr_projects.project')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('person', 'page'), name='one_draft_an_opened_form')],
            },
        ),
        migrations.AddField(
            model_name='project',
            name='revision',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bpr_projects.revision'),
        ),
    ]
