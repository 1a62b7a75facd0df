"""The table of ``submissions.similar``, the same in each database; and the answers.

What went out before is put into it by ``manage.py index_similar``, which knows the traces as they are today.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# SQLite keeps such a table in the order of its key; PostgreSQL finds all in the index.
COLUMNS = "trace {0}, shelf {0}, item {0}, PRIMARY KEY (trace, shelf, item)"
MADE = {
    "sqlite": f"CREATE TABLE submissions_traces ({COLUMNS.format('integer')}) WITHOUT ROWID",
    "postgresql": f"CREATE TABLE submissions_traces ({COLUMNS.format('bigint')})",
}


def make(apps, schema_editor):
    schema_editor.execute(MADE[schema_editor.connection.vendor])


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE submissions_traces")


class Migration(migrations.Migration):

    dependencies = [
        ('submissions', '0009_notices'),
        ('units', '0007_notices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(make, drop),
        migrations.CreateModel(
            name='Resemblance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answer', models.CharField(choices=[('same', '重复'), ('continued', '续报'), ('no_matter', '不是一回事')], max_length=10, verbose_name='答复')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('earlier', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='submissions.item')),
                ('later', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='submissions.item')),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='units.unit')),
            ],
            options={
                'verbose_name': '相近的答复',
                'constraints': [models.UniqueConstraint(fields=('earlier', 'later', 'unit'), name='resemblance_once'), models.CheckConstraint(condition=models.Q(('earlier__lt', models.F('later'))), name='resemblance_in_order'), models.CheckConstraint(condition=models.Q(('answer__in', ['same', 'continued', 'no_matter'])), name='resemblance_answer_legal')],
            },
        ),
    ]
