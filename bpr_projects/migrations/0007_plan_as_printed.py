from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bpr_projects', '0006_opened_forms'),
    ]

    operations = [
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
        migrations.AlterModelOptions(
            name='upperplanitem',
            options={'ordering': ['order'], 'verbose_name': '上位計画・目標の項目', 'verbose_name_plural': '上位計画・目標の項目'},
        ),
        migrations.AddField(
            model_name='glossaryterm',
            name='is_unchecked',
            field=models.BooleanField(default=False, verbose_name='要確認'),
        ),
        migrations.AddField(
            model_name='nationaltrend',
            name='source',
            field=models.CharField(blank=True, max_length=60, verbose_name='出典'),
        ),
        migrations.AddField(
            model_name='principle',
            name='is_unchecked',
            field=models.BooleanField(default=False, verbose_name='要確認（問い）'),
        ),
        migrations.AddField(
            model_name='principle',
            name='subtitle',
            field=models.CharField(blank=True, max_length=60, verbose_name='副題'),
        ),
        migrations.AddField(
            model_name='unitprice',
            name='is_unchecked',
            field=models.BooleanField(default=False, verbose_name='要確認'),
        ),
        migrations.AddField(
            model_name='upperplanitem',
            name='source',
            field=models.CharField(blank=True, max_length=60, verbose_name='出典'),
        ),
        migrations.AlterField(
            model_name='designarticle',
            name='is_unchecked',
            field=models.BooleanField(default=False, verbose_name='要確認（基本理念）'),
        ),
    ]
