# Needs Python 3.11 or newer and make, nothing else: `make run`, `make test`.
# make run PORT=9000 CLINIC_VAR=/srv/clinic

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=
N ?= 100000
export PORT CLINIC_VAR CLINIC_ENV
# Clinic reads its .env file itself.
export FLASK_SKIP_DOTENV := 1

.PHONY: run packages dev test lint format sample bench proof mutants screenshots clean

run: packages
	@exec $(BIN)/python -m clinic.ops.supervisor

# A worker per core; tests of a file stay together.
test: dev
	$(BIN)/python -m pytest -n logical --dist loadfile $(PYTEST_ARGS)

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit -q -r clinic -c pyproject.toml

format: dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# N made-up patients in the data folder, beside what is there.
sample: packages
	@$(BIN)/python -c "from clinic.config import ensure_local_settings as ensure; ensure()"
	$(BIN)/flask setup
	$(BIN)/flask sample load --patients $(N)

# Speed as ratios to a peer and to the bare limits, on N patients.
bench: dev
	$(BIN)/python -m bench.run --patients $(N)

# Campaigns too long for every change; the result is written to docs/proof.md.
proof: dev
	$(BIN)/python -m pytest -p tests.conftest proof $(PYTEST_ARGS)

# The code broken on purpose, one way at a time: the tests have to notice. ONLY="audit kiosk" for some of them.
mutants: dev
	$(BIN)/python tools/mutants.py $(ONLY)

# The pictures in the README, from a running sample clinic.
screenshots: dev
	$(BIN)/python docs/screenshots.py

# The environment only: data (var/) and keys (.env) are never removed by a target.
clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache

# Packages are installed again only when the list's content changed.
packages:
	@$(PYTHON) tools/packages.py $(VENV) requirements.txt

dev:
	@$(PYTHON) tools/packages.py $(VENV) requirements-dev.txt
