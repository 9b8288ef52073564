"""The database itself refuses to change the ledger.

* UPDATE of an entry is refused by a trigger on PostgreSQL and on SQLite; of a side text too,
  except the one step of an approved disposal (words blanked, hash kept).
* DELETE of a row is refused by a trigger on PostgreSQL. On SQLite the foreign keys do it at
  commit: every entry is referenced by its successor, the last one by the head.
* Emptying the *whole* database at once stays possible (``flush``: TRUNCATE on PostgreSQL, one
  transaction of DELETEs on SQLite); transactional tests and a demo reset need it. In production
  the role of the application has no TRUNCATE privilege, and the anchor file finds it.

A later migration that rebuilds one of these tables on SQLite drops its triggers: run ``protect``
again at its end. ``tests/records/test_models.py`` fails when they are missing.
"""

from django.db import migrations

POSTGRESQL = [
    """
    CREATE FUNCTION records_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER ledger_entry_is_permanent BEFORE UPDATE OR DELETE ON records_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION records_refuse_change()
    """,
    """
    CREATE TRIGGER ledger_text_is_permanent BEFORE DELETE ON records_ledgertext
    FOR EACH ROW EXECUTE FUNCTION records_refuse_change()
    """,
    """
    CREATE TRIGGER ledger_text_is_only_blanked BEFORE UPDATE ON records_ledgertext FOR EACH ROW
    WHEN (OLD.blanked_at IS NOT NULL OR NEW.blanked_at IS NULL OR NEW.text <> ''
          OR NEW.id <> OLD.id OR NEW.entry_id <> OLD.entry_id OR NEW.name <> OLD.name
          OR NEW.sha256 <> OLD.sha256)
    EXECUTE FUNCTION records_refuse_change()
    """,
]
POSTGRESQL_REVERSE = [
    "DROP TRIGGER ledger_text_is_only_blanked ON records_ledgertext",
    "DROP TRIGGER ledger_text_is_permanent ON records_ledgertext",
    "DROP TRIGGER ledger_entry_is_permanent ON records_ledgerentry",
    "DROP FUNCTION records_refuse_change()",
]
SQLITE = [
    """
    CREATE TRIGGER ledger_entry_is_permanent BEFORE UPDATE ON records_ledgerentry
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
    """,
    """
    CREATE TRIGGER ledger_text_is_only_blanked BEFORE UPDATE ON records_ledgertext
    WHEN OLD.blanked_at IS NOT NULL OR NEW.blanked_at IS NULL OR NEW.text <> ''
         OR NEW.id <> OLD.id OR NEW.entry_id <> OLD.entry_id OR NEW.name <> OLD.name
         OR NEW.sha256 <> OLD.sha256
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
    """,
]
SQLITE_REVERSE = [
    "DROP TRIGGER ledger_text_is_only_blanked",
    "DROP TRIGGER ledger_entry_is_permanent",
]


def protect(apps, schema_editor):
    statements = {"postgresql": POSTGRESQL, "sqlite": SQLITE}
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def unprotect(apps, schema_editor):
    statements = {"postgresql": POSTGRESQL_REVERSE, "sqlite": SQLITE_REVERSE}
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [migrations.RunPython(protect, unprotect)]
