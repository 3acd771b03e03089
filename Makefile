# `make run` starts a server, `make test` proves it. Both install what is missing and say so.

CARGO ?= cargo
# Tools that only the checks need are built here once and kept with the build.
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
DENY_VERSION := 0.20.2
DENY := $(TARGET_DIR)/tools/bin/cargo-deny

.PHONY: run test check fmt clippy doc deny sqlx sqlx-check openapi cargo-test sdk-test java-test needs-test \
    fuzz

run:
	scripts/need cc postgresql
	$(CARGO) run --release --locked -p parlor-server --bin parlor -- serve

test: needs-test check cargo-test sdk-test java-test
	@echo "all tests passed"

# First, so that nobody waits for a build to hear that something cannot be installed.
needs-test:
	scripts/need cc postgresql node openssl
	@scripts/need java || echo "java: cannot be installed here, the Java SDK will NOT be run"

check: fmt clippy doc deny sqlx-check

fmt:
	$(CARGO) fmt --all --check

clippy:
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked --document-private-items

# Advisories need the advisory database from the network: without it they are skipped, loudly.
deny: $(DENY)
	$(DENY) check licenses bans sources
	@if $(DENY) fetch db; then \
	    $(DENY) check --disable-fetch advisories; \
	else \
	    echo "deny: the advisory database is not reachable, advisories were NOT checked"; \
	fi

$(DENY):
	@echo "missing: cargo-deny, which checks licences and advisories; building it once"
	$(CARGO) install cargo-deny --locked --version $(DENY_VERSION) --root $(TARGET_DIR)/tools \
	    --target-dir $(TARGET_DIR)/tools/build
	rm -rf $(TARGET_DIR)/tools/build

# Rewrites .sqlx from the queries and migrations.
sqlx:
	scripts/with-postgres scripts/sqlx-data

sqlx-check:
	scripts/with-postgres scripts/sqlx-data --check

# Rewrites docs/openapi.json from the route table; a test fails while it is out of date.
openapi:
	$(CARGO) run --quiet --locked -p parlor-admin --example openapi >docs/openapi.json.new
	mv docs/openapi.json.new docs/openapi.json

cargo-test:
	scripts/with-postgres $(CARGO) test --workspace --locked

sdk-test:
	scripts/need node openssl
	$(CARGO) build --locked -p parlor-server --bin parlor
	cd sdk-tests/js && npm ci --no-audit --no-fund
	cd sdk-tests/js && PARLOR_BIN=$(abspath $(TARGET_DIR))/debug/parlor npm test

# Without Maven it is skipped, loudly. The pinned version of the SDK, or JAVA_SDK=8.2.28.
java-test:
	$(CARGO) build --locked -p parlor-server --bin parlor
	@if scripts/need java; then \
	    PARLOR_BIN=$(abspath $(TARGET_DIR))/debug/parlor sdk-tests/java/run $(JAVA_SDK); \
	else \
	    echo "java-test: skipped, the Java SDK was NOT run: there is no Maven here"; \
	fi

# Not part of `make test`: coverage-guided, needs the nightly toolchain, runs FUZZ_SECS per target.
FUZZ_SECS ?= 660
fuzz:
	command -v cargo-fuzz >/dev/null || $(CARGO) install cargo-fuzz --locked
	@for target in frame_decode base64_frame json_frame; do \
	    mkdir -p fuzz/corpus/$$target; \
	    $(CARGO) +nightly fuzz run $$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
	        -max_total_time=$(FUZZ_SECS) || exit 1; \
	done
