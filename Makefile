# The commands that people, CI and operations rely on. `make` alone lists them.

# The first Python that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
NO_PYTHON = sh -c 'printf "\n%s\n%s\n\n" "Python 3.11 以上が見つかりません。入れてから、もう一度実行してください。" \
	"No Python 3.11 or newer was found. Install it, or name it: make demo PYTHON=/path/to/python3"; exit 1' --
BOOTSTRAP = $(if $(PYTHON),$(PYTHON) -m config.bootstrap,$(NO_PYTHON))
PY = .venv/bin/python
TESTS = pytest -n 2 --dist worksteal
PYTEST = $(PY) -m $(TESTS)
COVERAGE = $(PY) -m slipcover
# What the settings demand of production: enough for `check --deploy` to judge them.
PRODUCTION = ENV_FILE=/dev/null DEBUG=0 DEMO=0 PLAIN_HTTP=0 BASE_URL=https://bpr.example ALLOWED_HOSTS=bpr.example \
	EMAIL_URL=smtp+tls://mail.example:587 DEFAULT_FROM_EMAIL=bpr@bpr.example \
	DATABASE_URL=sqlite:///:memory: REDIS_URL=redis://redis.example \
	SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))')

# Compiled code is kept, whatever the machine says: a run of the tests starts hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo demo-reset setup environment run test test-fast check types gates bench chaos pages screenshots messages lock

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1|/' | \
		while IFS='|' read -r name words; do printf '  make %-12s %s\n' "$$name" "$$words"; done

demo: ## the whole system with a sample city on this machine (PORT=, HOST=, DEMO_PASSWORD=)
	@$(BOOTSTRAP) demo

demo-reset: ## forget the demo's data
	@$(BOOTSTRAP) runtime && $(PY) -m config.supervisor reset

environment:
	@$(BOOTSTRAP) dev

setup: environment ## the development environment alone, with a .env for manage.py
	@test -f .env || echo 'DEBUG=1' > .env

run: setup ## Django's own server, for development
	$(PY) manage.py migrate --verbosity 0 && $(PY) manage.py runserver

# Three at a time where tests wait: for the clocks of journeys, for PostgreSQL.
test: check ## everything CI runs: gates, tests on SQLite (the quick ones with coverage) and on PostgreSQL
	@mkdir -p var
	$(COVERAGE) --dont-wrap-pytest -m $(TESTS) -m "not slow and not browser and not chaos"
	$(COVERAGE) --fail-under 95 --merge var/coverage.json --out var/coverage.json
	$(PYTEST) -n 3 -m "(slow or browser) and not chaos"
	$(PY) -m tests.servers $(PYTEST) -n 3 -m "not chaos and not once"

test-fast: environment ## the inner loop in a minute: SQLite, no browser, the core of what needs a city
	$(PYTEST) -q -m "not browser and not slow and not long and not chaos"

check: ## the gates alone
	@$(MAKE) --no-print-directory --jobs 2 types gates

types: environment # beside the others: it takes longer than all of them
	DEBUG=1 $(PY) -m mypy

gates: environment
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	.venv/bin/lint-imports
	.venv/bin/djlint --lint --quiet templates
	DEBUG=1 $(PY) manage.py check --fail-level WARNING
	$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING
	DEBUG=1 DATABASE_URL=sqlite:///:memory: $(PY) manage.py makemigrations --check --dry-run
	$(PY) -m pytest -q -p no:randomly tests/config/test_repository.py

bench: environment ## the long measurements, on SQLite and on a durable PostgreSQL
	$(PY) -m tests.bench
	$(PY) -m tests.servers --durable $(PY) -m tests.bench
	$(PY) -m tests.servers --durable $(PY) -m tests.bench_engine
	$(PY) -m tests.bench_inbox --open 10000
	$(PY) -m tests.servers --durable $(PY) -m tests.bench_inbox
	$(PY) -m tests.bench_pages
	$(PY) -m tests.servers --durable $(PY) -m tests.bench_pages
	$(PY) -m tests.bench_ledger
	$(PY) -m tests.servers --durable $(PY) -m tests.bench_ledger
	WHILES=2000 $(PY) -m tests.servers $(PY) -m pytest -q -k short_whiles tests/workflow/test_engine_stateful.py
	$(PY) -m tests.bench_sweep
	$(PY) -m tests.servers --durable $(PY) -m tests.bench_sweep
	$(PY) -m tests.bench_outbox
	$(PY) -m tests.servers --durable $(PY) -m tests.bench_outbox

pages: environment ## every page and refusal, as each role, on four screens, before axe (needs Chromium)
	$(PY) -m tests.sweep_pages

chaos: environment ## processes killed for minutes: what must not be lost
	$(PY) -m pytest -m chaos -p no:randomly -s
	$(PY) -m tests.servers $(PY) -m pytest -m chaos -p no:randomly -s

screenshots: environment ## take the pictures of README and guides again (needs Chromium)
	$(PY) -m tests.screenshots

messages: environment ## collect and compile the texts of locale/ (needs gettext)
	@command -v msgfmt >/dev/null || { echo 'gettext is missing: apt install gettext'; exit 1; }
	DEBUG=1 $(PY) manage.py makemessages --locale en --no-location --ignore '.venv/*' --ignore 'var/*'
	DEBUG=1 $(PY) manage.py compilemessages --ignore '.venv/*'

lock: environment ## lock the dependencies of pyproject.toml again
	@for kind in runtime dev; do \
		groups=$$(test $$kind = dev && echo '--group dev'); \
		lock=$$(.venv/bin/uv pip compile pyproject.toml $$groups --quiet --upgrade --universal \
			--python-version 3.11 --generate-hashes --no-annotate --no-header) || exit 1; \
		{ echo '# Locked with hashes for every platform; made by `make lock` from pyproject.toml. Do not edit.'; \
			echo "$$lock"; } > requirements/$$kind.txt; done
