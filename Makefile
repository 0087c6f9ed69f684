# tapvs: `make help` lists what there is.
MAKEFLAGS += --no-print-directory
TAPVS := node dist/program/cli/main.js
BIN := node_modules/.bin
SEEDS ?= 1-5
MINUTES ?= 10
# What waits for other programs begins first: long files at the end would leave a processor without work.
TESTS := 'dist/test/{live,lab,web}/**/*.test.js' 'dist/test/{docs,cli,io}/**/*.test.js' \
  'dist/test/!(live|lab|web|docs|cli|io)/**/*.test.js'
LONG_TESTS := 'dist/test/**/*.long.test.js'
# Most tests that need the machine wait; two for each processor keep it busy.
JOBS ?= $(shell echo $$((2 * $$(nproc))))
MOCHA = $(BIN)/mocha --parallel --jobs $(JOBS)

.PHONY: build install demo test test-long test-bare fuzz check coverage bench bench-growth bench-sync bench-floods bench-captures bench-live docs format oracle record fuzz-kernel clean help

build: install ## compile everything (the default)
	@$(BIN)/tsc -b
	@node dist/tools/stale.js
	@node dist/tools/bundle-programs.js
	@node dist/tools/bundle-page.js

install: node_modules/.package-lock.json

# raw-socket needs a compiler; without one npm leaves it out and tapvs does without.
node_modules/.package-lock.json: package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

demo: build ## a screen of what this does: why a client got a reset, and where packets go
	@sh examples/demo.sh

test: build ## the tests; what needs root or another program skips with its reason where it cannot run
	@$(MOCHA) $(TESTS) --ignore $(LONG_TESTS)

# Long tests keep their processors busy, and some of them break where a director waits a second for one.
test-long: JOBS = $(shell nproc)
test-long: build ## long tests: random cases on the real kernel, seconds of iperf3
	@$(MOCHA) $(LONG_TESTS)

test-bare: build ## the tests as on a machine with few programs, as root and as another user (root)
	@sh test/bare.sh

fuzz: build ## the random tests over and over for MINUTES (10), each time from another seed
	@sh test/fuzz.sh $(MINUTES)

check: build ## types, lint, dead code, structure, words, pages that are made from the source
	@$(BIN)/biome check --error-on-warnings
	@$(BIN)/knip
	@node dist/tools/structure.js
	@node dist/tools/style.js
	@node dist/tools/compatibility.js --check
	@node dist/tools/mode-pages.js --check
	@node dist/tools/api.js --check
	@node dist/tools/pages-for-shells.js --check

coverage: build ## tests with line coverage
	@$(BIN)/c8 --all --src src --exclude-after-remap $(BIN)/mocha 'dist/test/!(live|lab|kernel|web)/**/*.test.js'

bench: build ## packets per second in memory, each mode beside a baseline
	@node dist/tools/bundle-programs.js bench/packets.js
	@node dist/bundled/bench/packets.js

bench-growth: build ## what a packet costs as services, real servers, routes, marks and interfaces grow
	@node dist/tools/bundle-programs.js bench/growth.js
	@node dist/bundled/bench/growth.js

bench-sync: build ## what a packet costs beside a sync master, and a backup each record
	@node dist/tools/bundle-programs.js bench/sync.js
	@node dist/bundled/bench/sync.js

bench-floods: build ## what floods of sources, fragments and neighbors cost in time and memory
	@node dist/bench/floods.js

bench-captures: build ## time and memory of a replay beside tcprewrite, where that is installed
	@node dist/bench/captures/main.js

bench-live: build ## a live director beside the kernel's NAT, haproxy and a loop in C (root)
	@node dist/bench/live/main.js

docs: build ## remake the pages that are made from the source
	@node dist/tools/compatibility.js
	@node dist/tools/mode-pages.js
	@node dist/tools/api.js
	@node dist/tools/pages-for-shells.js

format: install ## format the source
	@$(BIN)/biome check --write

oracle: ## install what the real kernel needs (root, Debian)
	@sh test/install.sh linux.uml modprobe ipvsadm ip iptables-legacy ethtool python3

record: build ## record SCENARIO=file on the real kernel
	@node dist/test/kernel/record.js $(SCENARIO)

fuzz-kernel: build ## random scenarios SEEDS=a-b on the real kernel and on tapvs, KIND=wild, sync or helpers for others
	@node dist/test/kernel/fuzz.js $(if $(KIND),--$(KIND)) $(SEEDS)

clean: ## remove what was built
	@rm -rf dist coverage

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 22
