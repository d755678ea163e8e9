# make          sets up .venv, then runs the main study: from data to report
# make test     sets up .venv, then runs lint and all tests
# make help     the rest
BIN := .venv/bin
CORES ?= all
# `make STUDY=multipartite TIER=test`: another study or tier than the default
CONFIG := $(strip $(if $(STUDY),study=$(STUDY)) $(if $(TIER),tier=$(TIER)))
# `make STUDY=published PUBLISHED=graph_data.tar.xz`: the published tables, which the user brings
ifeq ($(STUDY),published)
CONFIG += $(if $(PUBLISHED),published_csv=$(PUBLISHED))
endif
STUDIES := $(basename $(notdir $(filter-out %/schema.yaml,$(wildcard workflow/config/*.yaml))))
STUDIES := $(filter-out $(if $(PUBLISHED),,published),$(STUDIES))
# `make ARGS=-n`, `make test ARGS="-k masks"`: handed to snakemake or pytest
ARGS ?=

# One thread per process (jobs run side by side), and the environment's programs first.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export OMP_WAIT_POLICY := PASSIVE
export PYTHONNOUSERSITE := 1
export PATH := $(CURDIR)/$(BIN):$(PATH)
unexport PYTHONPATH
unexport PYTHONHOME

.DEFAULT_GOAL := run
.PHONY: run all-studies setup test lint format report unlock lock clean clean-results help

run: setup ## set up, then run the main study (STUDY=..., TIER=..., CORES=..., ARGS=-n)
	@echo "==> Running the study: snakemake --cores $(CORES)$(if $(CONFIG), --config $(CONFIG)) $(ARGS)"
	@$(BIN)/snakemake --cores $(CORES) $(if $(CONFIG),--config $(CONFIG)) $(ARGS) || { code=$$?; \
	    if [ -n "$$(ls .snakemake/locks 2>/dev/null)" ]; then \
	        echo "The folder is locked: another run is going on here, or one was killed. If none is, clear the"; \
	        echo "lock with \`make unlock\` and run make again: it goes on where it was, and retrains nothing."; \
	    fi >&2; exit $$code; }
	@$(MAKE) --no-print-directory report

all-studies: setup ## run every study in turn (TIER=..., CORES=...)
	@for study in $(STUDIES); do $(MAKE) --no-print-directory run STUDY=$$study || exit; done

setup: ## set up .venv (NSGRAPH_GRAPH_TOOL=no: without graph-tool; PYTHON=...: with another Python)
	@bash scripts/setup.sh

test: lint ## set up, lint, then run all tests (ARGS="-k ...")
	@echo "==> Testing: pytest"
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

lint: setup ## ruff, mypy, snakefmt, snakemake --lint
	@echo "==> Linting: ruff check"
	@$(BIN)/ruff check --quiet .
	@echo "==> Linting: ruff format"
	@$(BIN)/ruff format --quiet --check . || { echo "make format would do it." >&2; exit 1; }
	@echo "==> Linting: mypy"
	@$(BIN)/mypy --no-error-summary
	@echo "==> Linting: snakefmt"
	@$(BIN)/snakefmt --check Snakefile workflow || { echo "make format would do it." >&2; exit 1; }
	@echo "==> Linting: snakemake --lint"
	@for study in $(STUDIES); do $(BIN)/snakemake --lint --config study=$$study || exit 1; done

format: setup ## bring Python and Snakemake files into the common format
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format . && $(BIN)/snakefmt Snakefile workflow

report: ## say where the reports are, newest first
	@reports=$$(ls -t results/*/report.html results/*/report/*.html 2>/dev/null || true); \
	if [ -n "$$reports" ]; then echo "==> Report:"; printf '    %s\n' $$reports; \
	else echo "No report yet: make writes it."; fi

unlock: setup ## clear the lock that a killed run left behind (only if no other run is going on here)
	@$(BIN)/snakemake --unlock $(if $(CONFIG),--config $(CONFIG))
	@echo "==> Unlocked. make goes on where the killed run was: finished networks are in results/networks."

lock: setup ## write the lock files anew from pyproject.toml (UPGRADE=yes: newest versions)
	@$(BIN)/python scripts/lock.py $(if $(UPGRADE),--upgrade)

clean: ## remove .venv and caches; results and data stay
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './data/*' -prune -exec rm -rf {} +

clean-results: ## remove everything the workflow wrote, trained networks too
	find results -mindepth 1 -maxdepth 1 ! -name README.md ! -name reference -exec rm -rf {} +
	rm -rf .snakemake

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | \
	    awk -F'|' '{ printf "%-22s%s\n", $$1, $$2 }'
