"""The long measurements, one after another, on the database that DATABASE_URL names.

python -m tests.bench                                        SQLite, in a scratch directory
python -m tests.servers --durable python -m tests.bench      PostgreSQL as production runs it
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

os.environ |= {"DEMO": "1", "EMAIL_URL": "dummymail://"}  # a production takes no made-up cases

from tests import environment

STEPS: Final = (
    ("migrate", "--verbosity", "0"),
    ("load_demo", "--size", "small"),
    ("simulate", "--cases", "500", "--seed", "1", "--json"),
    ("check_inbox",),
    ("check_outbox", "--json"),
    ("verify_ledger", "--json"),
)


def main() -> int:
    """Run every step; the first that fails ends the run."""
    Path(environment.scratch, "var").mkdir(exist_ok=True)
    database = os.environ.get("DATABASE_URL", "sqlite:").partition(":")[0]
    for step in STEPS:
        print(f"\n== {database}: {' '.join(step)}", flush=True)
        began = time.monotonic()
        done = subprocess.run([sys.executable, "manage.py", *step], check=False)
        print(f"-- {time.monotonic() - began:.1f} s", flush=True)
        if done.returncode != 0:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
