# tapvs: `make help` lists what there is.
MAKEFLAGS += --no-print-directory
TAPVS := node dist/src/cli/main.js
BIN := node_modules/.bin
SEEDS ?= 1-5
TESTS := 'dist/test/**/*.test.js'
MACHINE_TESTS := 'dist/test/{live,lab,kernel,web}/**/*.test.js'

.PHONY: build install demo test test-core test-machine check check-root coverage bench bench-live docs format oracle record fuzz-kernel clean help

build: install ## compile everything (the default)
	@$(BIN)/tsc -b
	@node dist/tools/bundle-page.js

install: node_modules/.package-lock.json

# raw-socket needs a compiler; without one npm leaves it out and tapvs does without.
node_modules/.package-lock.json: package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

demo: build ## the main job on recorded traffic: what arrived, what the director sent, and why
	@$(TAPVS) verify fixtures/captures fixtures/golden | tail -1
	@sh examples/demo.sh

test: build ## all tests; what needs root or another program skips with its reason where it cannot run
	@$(MAKE) -j2 --output-sync=target test-core test-machine

test-core:
	@$(BIN)/mocha $(TESTS) --exclude $(MACHINE_TESTS)

# Live directors, labs in namespaces, the real kernel, a real browser: mostly waiting, so they run beside the others.
# Other programs' timing decides here, too: what fails is tried once more, and fails if it does so again.
test-machine:
	@$(BIN)/mocha $(MACHINE_TESTS) --retries 1

check: build ## types, lint, dead code, structure, tests without root, coverage of the kernel's rules
	@$(BIN)/biome check --error-on-warnings
	@$(BIN)/knip
	@node dist/tools/structure.js
	@$(MAKE) test-core

check-root: build ## the tests that need the machine: live directors, labs, the real kernel, a browser
	@$(MAKE) test-machine

coverage: build ## tests with line coverage
	@$(BIN)/c8 --all --src src --exclude-after-remap $(BIN)/mocha $(TESTS) --exclude $(MACHINE_TESTS)

bench: build ## packets per second in memory, each mode beside a baseline
	@node dist/bench/packets.js

bench-live: build ## throughput on TAP beside the kernel's own NAT and haproxy (root)
	@node dist/bench/live/main.js

docs: build ## remake the pages that are made from the source
	@node dist/tools/compatibility.js
	@node dist/tools/mode-pages.js

format: install ## format the source
	@$(BIN)/biome check --write

oracle: build ## install what the real kernel needs (root, Debian)
	@sh test/kernel/install.sh

record: build ## record SCENARIO=file on the real kernel
	@node dist/test/kernel/record.js $(SCENARIO)

fuzz-kernel: build ## random scenarios SEEDS=a-b on the real kernel and on tapvs
	@node dist/test/kernel/fuzz.js $(SEEDS)

clean: ## remove what was built
	@rm -rf dist coverage

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 22
