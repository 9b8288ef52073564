import django.core.validators
import django.db.models.deletion
import roles.enums
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('roles', '0001_initial'), ('roles', '0002_user_staff_is_computed'), ('roles', '0003_first_look'), ('roles', '0004_absences'), ('roles', '0005_org_in_motion')]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('records', '0003_cache_entries'),
    ]

    operations = [
        migrations.CreateModel(
            name='Department',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=30, unique=True, verbose_name='コード')),
                ('name', models.CharField(max_length=40, verbose_name='名称')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='並び順')),
                ('is_independent', models.BooleanField(default=False, verbose_name='市長部局の外')),
            ],
            options={
                'verbose_name': '部',
                'verbose_name_plural': '部',
                'ordering': ['order', 'code'],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('employee_number', models.CharField(error_messages={'unique': 'この職員番号は登録済みです。'}, max_length=10, unique=True, validators=[django.core.validators.RegexValidator('\\A[0-9A-Za-z-]+\\Z')], verbose_name='職員番号')),
                ('family_name', models.CharField(max_length=40, verbose_name='姓')),
                ('given_name', models.CharField(max_length=40, verbose_name='名')),
                ('kana', models.CharField(blank=True, max_length=80, verbose_name='ふりがな')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='メールアドレス')),
                ('is_active', models.BooleanField(default=True, verbose_name='有効')),
                ('must_change_password', models.BooleanField(default=False, verbose_name='パスワードの変更が必要')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ('toured_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='はじめの案内を閉じた日時')),
            ],
            options={
                'verbose_name': '職員',
                'verbose_name_plural': '職員',
                'ordering': ['employee_number'],
                'constraints': [models.CheckConstraint(condition=models.Q(('is_superuser', False)), name='there_is_no_superuser')],
            },
        ),
        migrations.CreateModel(
            name='Section',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(verbose_name='開始日')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='終了日（この日から効力なし）')),
                ('code', models.SlugField(max_length=30, unique=True, verbose_name='コード')),
                ('name', models.CharField(max_length=40, verbose_name='名称')),
                ('short_name', models.CharField(max_length=20, verbose_name='略称')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='並び順')),
                ('phone', models.CharField(blank=True, max_length=20, verbose_name='内線')),
                ('is_secretariat', models.BooleanField(default=False, verbose_name='推進本部の事務局')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sections', to='roles.department', verbose_name='部')),
                ('predecessors', models.ManyToManyField(blank=True, related_name='successors', to='roles.section', verbose_name='前身')),
                ('succeeded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='roles.section', verbose_name='開いている仕事を引き継ぐ課等')),
            ],
            options={
                'verbose_name': '課等',
                'verbose_name_plural': '課等',
                'ordering': ['order', 'code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gt', models.F('starts_on')), _connector='OR'), name='section_ends_after_it_starts')],
            },
        ),
        migrations.CreateModel(
            name='Post',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(verbose_name='開始日')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='終了日（この日から効力なし）')),
                ('code', models.SlugField(max_length=40, unique=True, verbose_name='コード')),
                ('role', models.CharField(choices=roles.enums.role_choices, max_length=20, verbose_name='役割')),
                ('title', models.CharField(max_length=60, verbose_name='職名')),
                ('part', models.CharField(blank=True, max_length=40, verbose_name='担当（PT）')),
                ('is_shared', models.BooleanField(default=False, verbose_name='複数人の席')),
                ('order', models.PositiveSmallIntegerField(default=0, verbose_name='並び順')),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='roles.department', verbose_name='部')),
                ('section', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='roles.section', verbose_name='課等')),
            ],
            options={
                'verbose_name': '職',
                'verbose_name_plural': '職',
                'ordering': ['order', 'code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gt', models.F('starts_on')), _connector='OR'), name='post_ends_after_it_starts')],
            },
        ),
        migrations.CreateModel(
            name='Appointment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(verbose_name='開始日')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='終了日（この日から効力なし）')),
                ('kind', models.CharField(choices=roles.enums.appointment_kinds, default='MAIN', max_length=12, verbose_name='区分')),
                ('ledger_entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.ledgerentry', verbose_name='台帳の行')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to=settings.AUTH_USER_MODEL, verbose_name='職員')),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='roles.post', verbose_name='職')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='取消日時')),
            ],
            options={
                'verbose_name': '任用',
                'verbose_name_plural': '任用',
                'ordering': ['post', 'starts_on', 'pk'],
                'indexes': [models.Index(fields=['person', 'starts_on'], name='appointment_person'), models.Index(fields=['post', 'starts_on'], name='appointment_post')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gt', models.F('starts_on')), _connector='OR'), name='appointment_ends_after_it_starts')],
            },
        ),
        migrations.CreateModel(
            name='StandIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order', models.PositiveSmallIntegerField(default=1, verbose_name='順位')),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stand_ins', to='roles.post', verbose_name='職')),
                ('stand_in_post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stands_in_for', to='roles.post', verbose_name='代決する職')),
            ],
            options={
                'verbose_name': '代決の順序',
                'verbose_name_plural': '代決の順序',
                'ordering': ['post', 'order'],
                'constraints': [models.UniqueConstraint(fields=('post', 'order'), name='one_stand_in_a_rank'), models.UniqueConstraint(fields=('post', 'stand_in_post'), name='a_post_stands_in_once_for_another'), models.CheckConstraint(condition=models.Q(('stand_in_post', models.F('post')), _negated=True), name='no_post_stands_in_for_itself')],
            },
        ),
        migrations.CreateModel(
            name='Suspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(verbose_name='開始日')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='終了日（この日から効力なし）')),
                ('kind', models.CharField(choices=roles.enums.suspension_kinds, max_length=12, verbose_name='区分')),
                ('ledger_entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.ledgerentry', verbose_name='台帳の行')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suspensions', to=settings.AUTH_USER_MODEL, verbose_name='職員')),
            ],
            options={
                'verbose_name': '休職・育休',
                'verbose_name_plural': '休職・育休',
                'ordering': ['person', 'starts_on'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gt', models.F('starts_on')), _connector='OR'), name='suspension_ends_after_it_starts')],
            },
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(verbose_name='開始日')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='終了日（この日から効力なし）')),
                ('reason', models.CharField(max_length=100, verbose_name='不在の理由')),
                ('recorded_at', models.DateTimeField(verbose_name='登録日時')),
                ('basis', models.CharField(blank=True, max_length=200, verbose_name='本人に代わって登録する根拠')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='終了の登録日時')),
                ('ledger_entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.ledgerentry', verbose_name='台帳の行')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='absences', to=settings.AUTH_USER_MODEL, verbose_name='職員')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登録者')),
            ],
            options={
                'verbose_name': '不在',
                'verbose_name_plural': '不在',
                'ordering': ['person', 'starts_on', 'pk'],
                'indexes': [models.Index(fields=['starts_on', 'ends_on'], name='absence_by_days')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on')), ('ends_on__isnull', False)), name='absence_has_an_end'), models.CheckConstraint(condition=models.Q(('recorded_by', models.F('person')), models.Q(('basis', ''), _negated=True), _connector='OR'), name='absence_of_another_has_a_basis')],
            },
        ),
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(verbose_name='開始日')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='終了日（この日から効力なし）')),
                ('reason', models.CharField(max_length=200, verbose_name='理由')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='取消日時')),
                ('deputy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to=settings.AUTH_USER_MODEL, verbose_name='代理者')),
                ('ledger_entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.ledgerentry', verbose_name='台帳の行')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登録者')),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to='roles.post', verbose_name='職')),
                ('absence', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to='roles.absence', verbose_name='不在')),
            ],
            options={
                'verbose_name': '代理',
                'verbose_name_plural': '代理',
                'ordering': ['post', 'starts_on', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on'))), name='delegation_has_an_end')],
            },
        ),
        migrations.CreateModel(
            name='PersonnelFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='ファイル名')),
                ('sha256', models.CharField(max_length=64, verbose_name='ハッシュ値')),
                ('lines', models.JSONField(verbose_name='行')),
                ('uploaded_at', models.DateTimeField(verbose_name='取り込んだ日時')),
                ('applied_at', models.DateTimeField(blank=True, null=True, verbose_name='反映した日時')),
                ('ledger_entry', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.ledgerentry', verbose_name='台帳の行')),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='取り込んだ人')),
            ],
            options={
                'verbose_name': '異動のファイル',
                'verbose_name_plural': '異動のファイル',
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('applied_at', None), ('ledger_entry', None)), models.Q(('applied_at__isnull', False), ('ledger_entry__isnull', False)), _connector='OR'), name='an_applied_file_has_its_entry')],
            },
        ),
        migrations.CreateModel(
            name='Succession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(verbose_name='開始日')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='終了日（この日から効力なし）')),
                ('heir', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inherited', to='roles.post', verbose_name='引き継ぐ職')),
                ('ledger_entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.ledgerentry', verbose_name='台帳の行')),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='heirs', to='roles.post', verbose_name='なくなった職')),
            ],
            options={
                'verbose_name': '職の引継ぎ',
                'verbose_name_plural': '職の引継ぎ',
                'ordering': ['starts_on', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gt', models.F('starts_on')), _connector='OR'), name='succession_ends_after_it_starts'), models.UniqueConstraint(condition=models.Q(('ends_on', None)), fields=('post',), name='one_heir_of_a_post'), models.CheckConstraint(condition=models.Q(('post', models.F('heir')), _negated=True), name='no_post_is_its_own_heir')],
            },
        ),
    ]
