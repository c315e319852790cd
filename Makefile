# make test  sets up what the tests need (PostgreSQL and Chromium from Debian's
#            packages, axe-core and the clients of others from npm), then runs
#            everything; it fails rather than skips.
# make help  lists the rest.

SHELL := /bin/bash
GO ?= go
export CGO_ENABLED ?= 1
PG_BIN := $(lastword $(sort $(wildcard /usr/lib/postgresql/*/bin)))
CHROMIUM := $(or $(CHECKSTAND_CHROMIUM),$(firstword $(foreach name,chromium chromium-headless-shell google-chrome google-chrome-stable,$(shell command -v $(name)))))
# Without one that the clients of others run on, npm brings one: 190 MB.
NODE := $(shell node -p 'const [a, b] = process.versions.node.split("."); a > 22 || a == 22 && b >= 19 ? process.execPath : ""' 2>/dev/null)
NPM := tools/browser tools/clients $(if $(or $(CHECKSTAND_NODE),$(NODE)),,tools/node)
APT := $(if $(filter 0,$(shell id -u)),apt-get,sudo apt-get)
# With -race each pointer that is made of a number is checked too, and SQLite,
# translated from C, makes billions of them: half of the time of such a test.
RACE := -race -gcflags=modernc.org/...=-d=checkptr=0

.PHONY: help build demo setup ui lint test race short bench bench-import bench-search soak conformance fuzz clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

build: ## bin/checkstand, static
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/checkstand ./cmd/checkstand

demo: ## a shop selling on loopback
	$(GO) run ./cmd/checkstand demo

setup: $(NPM:=/node_modules/.package-lock.json) ## what the tests need beside Go
ifeq ($(PG_BIN),)
	$(APT) update -qq
	DEBIAN_FRONTEND=noninteractive $(APT) install -y -qq --no-install-recommends postgresql
endif
ifeq ($(CHROMIUM),)
	$(APT) update -qq
	DEBIAN_FRONTEND=noninteractive $(APT) install -y -qq --no-install-recommends chromium fonts-dejavu-core
endif
	@command -v curl >/dev/null || { $(APT) update -qq && $(APT) install -y -qq --no-install-recommends curl; }
	@command -v cc >/dev/null || { $(APT) update -qq && $(APT) install -y -qq --no-install-recommends gcc libc6-dev; }

# npm writes this file last.
tools/%/node_modules/.package-lock.json: tools/%/package.json tools/%/package-lock.json
	@command -v npm >/dev/null || { $(APT) update -qq && DEBIAN_FRONTEND=noninteractive $(APT) install -y -qq --no-install-recommends nodejs npm; }
	cd tools/$* && npm ci --ignore-scripts --loglevel=error
	@touch $@

bin/golangci-lint: tools/go.mod tools/go.sum
	$(GO) -C tools build -o ../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint

ui: ## the pages that run scripts, from their sources
	$(GO) -C tools run ./uibuild

lint: bin/golangci-lint tools/browser/node_modules/.package-lock.json ## static analysis, the rules on imports, types and freshness of the pages
	bin/golangci-lint run ./...
	cd tools && ../bin/golangci-lint run ./uibuild/...
	tools/browser/node_modules/.bin/tsc -p ui/widget
	tools/browser/node_modules/.bin/tsc -p ui/simulator
	$(GO) -C tools run ./uibuild -check

test: setup lint build race ## everything

race: ## the tests under the race detector
	GORACE=atexit_sleep_ms=0 $(GO) test $(RACE) -timeout 15m ./...

short: ## the tests, quickly
	$(GO) test -short ./...

bench: ## the hot path beside its floor, on both stores, and in each API version
	$(GO) run ./bench
	$(GO) run ./bench -versions

bench-import: ## imports of up to a million variants
	$(GO) run ./bench -import

bench-search: ## searches of a million products, on both stores
	$(GO) run ./bench -search

soak: ## a week of purchases in virtual time against the providers' books
	$(GO) test ./soak -run '^TestWeek$$' -v -count 1 -timeout 30m -week $(SOAK)

conformance: setup ## docs/conformance.md: the rules of the protocol, from a run of their tests
	$(GO) run ./server/conformance

fuzz: ## every fuzz target for FUZZTIME (default 20s) each
	@for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg 2>/dev/null | grep '^Fuzz'); do \
	    echo "== $$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $${FUZZTIME:-20s} $$pkg || exit 1; \
	  done; \
	done

clean: ## what was built
	rm -rf bin
