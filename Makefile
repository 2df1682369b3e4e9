# make demo    boost a real clip and say where to look
# make test    lint, types and tests
# make lint    ruff and mypy only
# make audit   known vulnerabilities of what constraints.txt pins, by pip-audit (asks the network)
# make docs    write docs/cli.md anew from the commands
# make clean   remove what these made, the environment too
#
# Needs make and Python >= 3.10; everything else goes into $(VENV). On Debian and Ubuntu: apt-get install python3-venv.

VENV ?= .venv
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11 python3.10,$(shell \
	$(p) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $(p))))
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
# PySODMetrics, the tests' independent reference, asks for OpenCV 4 but runs with 5: its needs are in [dev].
ORACLE := pysodmetrics
PACKAGES := -p vsodboost -p vsodboost_adapters -p vsodboost_plugins

.PHONY: demo test lint audit docs clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	@$(BIN)/python examples/demo_clip.py demo-out
	@$(BIN)/vsodboost wrap demo-out/bigbuckbunny.mp4 --target lite --from 1.7 --to 4 --every 2 \
		--largest 1 --background '#3a7bd5' --write report,sheet,overlay --overwrite -o demo-out/boosted
	@echo
	@echo "Look at  demo-out/boosted/bigbuckbunny/cutout.mp4          the rabbit, cut out, on a plain colour"
	@echo "         demo-out/boosted/bigbuckbunny/report.html         what to trust: open it in a browser"
	@echo "         demo-out/boosted/bigbuckbunny/overlay.mp4         the maps over the clip"
	@echo "         demo-out/boosted/bigbuckbunny/contact_sheet.png   frame, motion, target and boosted map, trust"
	@echo
	@echo "The same for an editor (alpha.mov), from the maps that are there:"
	@echo "         $(BIN)/vsodboost wrap --like demo-out/boosted/bigbuckbunny --resume --write alpha -o demo-out/boosted"

test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.developing .typecheck
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES)

audit: .audit
	@.audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict --progress-spinner off || { \
		echo "Either it found something above, or the advisories cannot be reached from here: then nothing was audited."; \
		exit 1; }

# An environment of its own: it needs much that nothing else does.
.audit:
	$(PYTHON) -m venv $@
	$@/bin/python -m pip --disable-pip-version-check install --quiet 'pip-audit>=2.7'

docs: $(VENV)/.developing
	$(BIN)/python -m vsodboost.cli.reference > docs/cli.md

clean:
	rm -rf $(VENV) .audit .typecheck .mypy_cache .pytest_cache .ruff_cache build dist demo-out *.egg-info

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.10 or newer is needed (PYTHON=/path/to/python make ...)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing into $(VENV); this happens once and takes some minutes."
	$(PIP) --editable '.[cpu]'
	@$(BIN)/python -m compileall -q vsodboost adapters plugins
	@touch $@

$(VENV)/.developing: $(VENV)/.installed
	$(PIP) --editable '.[cpu,dev]'
	$(PIP) --no-deps $(ORACLE)
	@touch $@

# The folders of adapters and plugins under the names they are imported by, for mypy.
.typecheck:
	@mkdir -p $@
	@ln -sfn ../adapters $@/vsodboost_adapters
	@ln -sfn ../plugins $@/vsodboost_plugins
