# One command file for people and CI.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check --quiet

.PHONY: help install lock
help: ## what each target does
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

install: $(VENV)/.installed ## a virtual environment with everything the lock names

# The machine's own pip fills the environment, so that a Python without ensurepip will do. uv, itself pinned by hash,
# installs in seconds what pip installs in minutes; pip remains the way where uv finds no index.
$(VENV)/.installed: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv --without-pip $(VENV)
	sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.lock > $(VENV)/uv.lock
	$(PIP) install --require-hashes -r $(VENV)/uv.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements-dev.lock \
	  || $(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade
lock: ## resolve both locks again, to the newest allowed
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) --group dev --extra bench pyproject.toml -c requirements.lock -o requirements-dev.lock

.PHONY: demo
demo: install ## make a book of 1,000 accounts, rebalance, verify and publish it; may be run again
	@rm -rf demo
	@$(BIN)/wholebook synth --out demo/book --accounts 1000 --seed 7
	@$(BIN)/wholebook run demo/book --out demo/out

# One thread a worker process: two suites side by side fill two cores.
SINGLE  := NUMBA_NUM_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 RAY_USAGE_STATS_ENABLED=0
PYTEST  := $(SINGLE) $(BIN)/pytest -q -n 2 --dist loadfile
KERNELS := tests/unit/kernels tests/property tests/conformance

.PHONY: reference
reference: install ## write the reference pages under docs/ again, from the code
	$(BIN)/python -c "import pathlib, engine.report.reference as r; [pathlib.Path('docs', n).write_text(p) for n, p in r.pages().items()]"

.PHONY: pages
pages: install ## write docs/personal and the pictures of docs/concepts again, by commands
	$(SINGLE) $(BIN)/python docs/personal/make.py
	$(SINGLE) $(BIN)/python docs/concepts/make.py

.PHONY: docs
docs: reference ## the documentation as a site in site/, to be opened from disk; a broken link is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

.PHONY: lint test test-nojit test-deep
lint: install ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test-nojit: install ## the kernels' tests on plain Python, where an integer overflow shows
	NUMBA_DISABLE_JIT=1 $(PYTEST) -m "not s3 and not compiled" $(KERNELS)

test: lint test-nojit ## everything but what needs the S3 server or many minutes
	$(PYTEST) -m "not s3"

test-deep: install ## 100,000 random trade histories against the twin, every mutant of the kernels, days in a row
	$(PYTEST) --dist load -m deep tests/property tests/integration

.PHONY: s3 s3-down test-s3
s3: ## a real S3 server on loopback; prints the lines to export
	@infra/s3/up.sh

s3-down: ## ends that server and deletes its data
	@infra/s3/down.sh

test-s3: install ## the tests that need a real S3 server, started for them where none is up
	@infra/s3/with.sh $(BIN)/pytest -q -m s3

.PHONY: bench bench-growth bench-check bench-relaxation bench-exact bench-gaps bench-validation customised
BOOK ?= demo/book
bench: install ## throughput by kind, solver and workers, beside other solvers (docs/bench.md); ARGS="kinds --accounts 8"
	@$(BIN)/wholebook bench --results benchmarks/results $(ARGS)

bench-growth: install ## time and memory against accounts, names, lots, factors, with a plot; ARGS="--most 100000"
	@$(BIN)/wholebook bench growth --results benchmarks/results --plot docs/growth.svg $(ARGS)

bench-check: install ## fails where we got slower against OSQP than benchmarks/floors.json allows
	@$(BIN)/python -m benchmarks.check

customised: install ## of BOOK=..., a book in OUT=... in which every account has three customisations that bind
	$(SINGLE) $(BIN)/python -m benchmarks.customised $(BOOK) --out $(OUT)

bench-relaxation: install ## distance of 300 decisions of BOOK=demo/book from the CVXPY + Clarabel relaxation
	@$(BIN)/python -m benchmarks.relaxation $(BOOK)

bench-exact: install ## 520 small accounts of BOOK=... against the best whole-share orders there are, by SCIP
	@$(BIN)/python -m benchmarks.exact $(BOOK) --accounts 520

bench-gaps: install ## gap_bp of direct indexes and ETF accounts of $400,000 and $50,000, and what deciding takes
	$(SINGLE) $(BIN)/python -m benchmarks.gaps

bench-validation: install ## lots a second of validation; 50,000 ETF accounts with their reading
	@$(BIN)/python -m benchmarks.validation

.PHONY: bench-ledger
bench-ledger: install ## a million trades in 100,000 accounts replayed into tax lots: seconds by stage, memory
	@$(BIN)/python -m benchmarks.ledger
