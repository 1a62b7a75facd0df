# make run    start everything on http://127.0.0.1:$PORT/ (8000), data in $DATA_DIR (var)
# make test   the whole suite; make check the linters; make bench the figures; make proof the long tests
PYTHON ?= python3
BIN := .venv/bin
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm --cache build/npm --no-audit --no-fund --no-update-notifier --loglevel=error
STATIC := $(shell find static -type f 2>/dev/null)
FRONTEND := $(shell find frontend -type f 2>/dev/null)
# What the packages ship and no page uses; compressing it would take most of the set-up.
UNUSED := bootstrap-* bootstrap.css* bootstrap.rtl* *.rtl.* htmx-4* htmax-* htmx-2.js ext
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache

.PHONY: run test check bench proof assets
.DELETE_ON_ERROR:

run: build/static/.ready
	@exec $(BIN)/python manage.py serve

test: .venv/.dev build/static/.ready
	$(BIN)/python -m tests.everywhere -m 'not proof' $(PYTEST)

check: .venv/.dev build/static/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint --quiet templates reports/templates
	$(BIN)/mypy

bench: .venv/.dev build/static/.ready
	$(BIN)/python -m benchmarks

proof: .venv/.dev build/static/.ready
	$(BIN)/python -m tests.everywhere -m proof $(PYTEST)

assets: build/static/.ready

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version)'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python cannot make environments here. On Debian: apt-get install python3-venv" >&2; exit 1; }

.venv/.run: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-cache-dir -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-cache-dir -r requirements-dev.txt
	@touch $@

node_modules/.ready: package.json package-lock.json | .venv/.run
	$(NPM) ci --ignore-scripts
	@touch $@

# The scripts of the writing and the editing page, each in one file that the oldest browser of a government desk can read.
BUNDLES := build/bundle/write.js build/bundle/edit.js
build/bundle/%.js: node_modules/.ready $(FRONTEND)
	@PATH="$(CURDIR)/$(BIN):$$PATH" node_modules/.bin/esbuild frontend/$*.js --bundle --minify --target=chrome86 --legal-comments=eof --log-level=warning --outfile=$@

# China's provinces, cities and counties: code and name. Pasted titles are read with them (submissions/places.py).
build/data/areas.json: node_modules/.ready
	@mkdir -p $(@D)
	@$(BIN)/node -p 'const {areaList: a} = require("@vant/area-data"); JSON.stringify({...a.province_list, ...a.city_list, ...a.county_list})' > $@

build/static/.ready: .venv/.run node_modules/.ready $(BUNDLES) build/data/areas.json $(STATIC)
	@DATA_DIR=build/setup $(BIN)/python manage.py collectstatic --clear --noinput --verbosity 0 $(UNUSED:%=--ignore '%')
	@touch $@
