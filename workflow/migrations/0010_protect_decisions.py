"""The database itself refuses to change or to lose a decision.

The same as for the ledger (``records`` 0002 and 0004): UPDATE and DELETE by triggers, emptying the
table while the seal is there. A later migration that rebuilds the table on SQLite drops its
triggers: run ``protect`` again at its end. ``tests/workflow/test_protection.py`` fails when they
are missing.
"""

from django.db import migrations

POSTGRESQL = [
    """
    CREATE FUNCTION workflow_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a decision is permanent' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    "CREATE TRIGGER decision_is_permanent BEFORE UPDATE OR DELETE ON workflow_decision "
    "FOR EACH ROW EXECUTE FUNCTION workflow_refuse_change()",
    "CREATE TRIGGER decision_is_sealed BEFORE TRUNCATE ON workflow_decision "
    "FOR EACH STATEMENT EXECUTE FUNCTION records_refuse_emptying()",
]
POSTGRESQL_REVERSE = [
    "DROP TRIGGER decision_is_sealed ON workflow_decision",
    "DROP TRIGGER decision_is_permanent ON workflow_decision",
    "DROP FUNCTION workflow_refuse_change()",
]
SQLITE = [
    "CREATE TRIGGER decision_is_permanent BEFORE UPDATE ON workflow_decision "
    "BEGIN SELECT RAISE(ABORT, 'a decision is permanent'); END",
    "CREATE TRIGGER decision_is_sealed BEFORE DELETE ON workflow_decision "
    "WHEN EXISTS (SELECT 1 FROM records_seal) "
    "BEGIN SELECT RAISE(ABORT, 'a decision is permanent'); END",
]
SQLITE_REVERSE = ["DROP TRIGGER decision_is_sealed", "DROP TRIGGER decision_is_permanent"]


def protect(apps, schema_editor):
    statements = {"postgresql": POSTGRESQL, "sqlite": SQLITE}
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def unprotect(apps, schema_editor):
    statements = {"postgresql": POSTGRESQL_REVERSE, "sqlite": SQLITE_REVERSE}
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0004_seal_the_ledger"),
        ("workflow", "0001_squashed_0009_carried_over"),
    ]

    operations = [migrations.RunPython(protect, unprotect)]
