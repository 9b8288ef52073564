"""The seal: while its row is there, the database lets nobody empty the ledger.

* On PostgreSQL the triggers of 0002 refuse UPDATE and DELETE of single rows; these refuse TRUNCATE
  too, and losing the head.
* On SQLite, where 0002 left DELETE to the foreign keys, these refuse every DELETE.

The row is lifted for one purpose: to empty a database that holds nothing of worth (tests). A role
of the database that may not write to ``records_seal`` cannot lift it.
"""

from django.db import migrations

TABLES = ("records_ledgerentry", "records_ledgertext", "records_ledgerhead")

SEAL = [
    "CREATE TABLE records_seal (id smallint PRIMARY KEY CHECK (id = 1))",
    "INSERT INTO records_seal VALUES (1)",
]
POSTGRESQL = [
    *SEAL,
    """
    CREATE FUNCTION records_refuse_emptying() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM records_seal) THEN
            RAISE EXCEPTION 'the ledger is sealed' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END $$
    """,
    *(
        f"CREATE TRIGGER {table}_is_sealed BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION records_refuse_emptying()"
        for table in TABLES
    ),
    "CREATE TRIGGER records_ledgerhead_stays BEFORE DELETE ON records_ledgerhead "
    "FOR EACH ROW EXECUTE FUNCTION records_refuse_emptying()",
]
POSTGRESQL_REVERSE = [
    "DROP TRIGGER records_ledgerhead_stays ON records_ledgerhead",
    *(f"DROP TRIGGER {table}_is_sealed ON {table}" for table in TABLES),
    "DROP FUNCTION records_refuse_emptying()",
    "DROP TABLE records_seal",
]
SQLITE = [
    *SEAL,
    *(
        f"CREATE TRIGGER {table}_is_sealed BEFORE DELETE ON {table} "
        "WHEN EXISTS (SELECT 1 FROM records_seal) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is sealed'); END"
        for table in TABLES
    ),
]
SQLITE_REVERSE = [
    *(f"DROP TRIGGER {table}_is_sealed" for table in TABLES),
    "DROP TABLE records_seal",
]


def seal(apps, schema_editor):
    statements = {"postgresql": POSTGRESQL, "sqlite": SQLITE}
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def unseal(apps, schema_editor):
    statements = {"postgresql": POSTGRESQL_REVERSE, "sqlite": SQLITE_REVERSE}
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("records", "0003_cache_entries")]

    operations = [migrations.RunPython(seal, unseal)]
