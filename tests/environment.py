"""The environment of every test run, set before Django reads its settings (`-p tests.environment`).

The only things tests change about the system are environment variables; whoever sets one before
the start wins, which is how `tests.servers` hands over PostgreSQL.
"""

import atexit
import os
import shutil
import tempfile

scratch = os.environ.get("TEST_SCRATCH", "")
if not scratch:  # the first process makes it; the workers of pytest-xdist inherit it
    scratch = tempfile.mkdtemp(prefix="bpr-test-")
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)

DEFAULTS = {
    "TEST_SCRATCH": scratch,
    "ENV_FILE": os.devnull,  # a developer's .env changes nothing here
    "DEBUG": "0",
    "DEMO": "0",
    "PLAIN_HTTP": "1",
    "SECRET_KEY": "a-key-that-only-tests-use-" * 3,
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "BASE_URL": "http://testserver",
    "EMAIL_URL": "memorymail://",
    # Tests that are not about hours see a mail as soon as it may be sent.
    "MAIL_HOLD_MINUTES": "0",
    "MAIL_DIGEST": "0",
    "DEFAULT_FROM_EMAIL": "業務改革ナビ <no-reply@localhost>",
    "DATABASE_URL": f"sqlite:///{scratch}/db.sqlite3",
    "COLLECTED_STATIC": "0",
    "STATIC_AUTOREFRESH": "1",  # looked up when asked for, not listed at every client's start
    "PASSWORD_HASHERS": "django.contrib.auth.hashers.MD5PasswordHasher",
    "VAR_DIR": f"{scratch}/var",
    "MEDIA_ROOT": f"{scratch}/media",
    "TEST_DATABASE_FILE": f"{scratch}/test.sqlite3",
    # Nobody listens here: whatever talks to the broker without a test's own server fails at once.
    "REDIS_URL": f"redis+socket://{scratch}/nobody.sock",
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # the browser's driver has an event loop
    "LOG_LEVEL": "WARNING",
}
for name, value in DEFAULTS.items():
    os.environ.setdefault(name, value)
