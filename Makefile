# Each of them makes the environment .venv when it is missing or out of date, and only then.
# Without make (Windows): python scripts/lab.py, python scripts/environment.py, python scripts/test.py
PYTHON ?= python3

.PHONY: help lab grader test check
help:
	@echo "make lab     open the course in JupyterLab, on notebook 01"
	@echo "make grader  make .venv ready for course release and course grade (for instructors)"
	@echo "make test    run all tests: library, exercises, notebooks, browser"
	@echo "make check   what a contributor runs: lint, types, import contracts, then all tests"

lab:
	@$(PYTHON) scripts/lab.py

grader:
	@$(PYTHON) scripts/environment.py

test:
	@$(PYTHON) scripts/test.py

check:
	@$(PYTHON) scripts/check
