# Needs Python >= 3.11, make and a package index; everything else it makes itself, in .venv.
.DEFAULT_GOAL := help
.PHONY: help env demo test check bench clean

VENV ?= .venv
PY := $(VENV)/bin/python
PYTEST_ARGS ?=
BENCH_ARGS ?=
ORDERS := fixtures/projects/orders

help: ## show the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

env: $(VENV)/.ready ## make .venv with slimpack (editable) and the development tools

$(VENV)/.ready: pyproject.toml
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3.14 python3 python; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "environment: $$python -> $(VENV)"; exec "$$python" -m venv "$(VENV)"; \
		fi; \
	done; echo "no Python >= 3.11 found; name one: make env PYTHON=/path/to/python" >&2; exit 1
	$(PY) -m pip install --quiet --upgrade 'pip>=25.1'
	$(PY) -m pip install --quiet --editable . --group dev
	@touch $@

demo: env ## build the function in fixtures/projects/orders and print its report
	@cd $(ORDERS) && "$(abspath $(PY))" -m slimpack build app.handler \
		--python "$$("$(abspath $(PY))" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" \
		--arch "$$(uname -m | sed 's/aarch64/arm64/')" \
		--output "$(CURDIR)/dist/orders.zip"

test: env ## run the tests
	$(PY) -m pytest -n 2 $(PYTEST_ARGS)

check: env ## lint, format, types, architecture
	VENV="$(VENV)" scripts/check

bench: env ## size, build time, init and memory beside the peers (needs zip, node and npm)
	$(PY) scripts/bench.py $(BENCH_ARGS)

clean: ## remove what the other targets made, but not the benchmark's tools
	rm -rf $(VENV) dist build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
