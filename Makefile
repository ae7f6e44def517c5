# Both commands make the environment .venv when it is missing or out of date, and only then.
# Without make (Windows): python scripts/lab.py, python scripts/test.py
PYTHON ?= python3

.PHONY: help lab test check
help:
	@echo "make lab     open the course in JupyterLab, on notebook 01"
	@echo "make test    run all tests: library, exercises, notebooks, browser"
	@echo "make check   what a contributor runs: lint, types, import contracts, then all tests"

lab:
	@$(PYTHON) scripts/lab.py

test:
	@$(PYTHON) scripts/test.py

check:
	@$(PYTHON) scripts/check
