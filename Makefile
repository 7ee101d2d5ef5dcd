# One command file for people and CI.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help install lock
help: ## what each target does
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed ## a virtual environment with everything the lock names

# uv, itself pinned by hash, installs in seconds what pip installs in minutes; pip remains the way where uv finds no index.
$(VENV)/.installed: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.lock > $(VENV)/uv.lock
	$(PIP) install --require-hashes -r $(VENV)/uv.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements-dev.lock \
	  || $(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade
lock: ## resolve both locks again, to the newest allowed
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock

.PHONY: s3 s3-down test-s3
s3: ## a real S3 server on loopback; prints the lines to export
	@infra/s3/up.sh

s3-down: ## ends that server and deletes its data
	@infra/s3/down.sh

test-s3: install ## the tests that need a real S3 server, started for them where none is up
	@infra/s3/with.sh $(BIN)/pytest -q -m s3
