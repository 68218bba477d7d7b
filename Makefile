# `make test` is every check there is; CI runs it and nothing else.
#
# The Microsoft SDK's models package takes minutes and nearly 5 GB to compile, so
# vet and lint look at what the race detector's tests need compiled anyway, and
# the steps run one after the other.

GO      ?= go
# How many inputs each target tries. A count, not a time: when a time runs out
# while an input is being tried, the go command calls it a failure now and then.
FUZZ    ?= 3000x
# What fuzzes, as package:target. Minimising is switched off: it stalls the run.
TARGETS  = ./internal/access:FuzzWalk \
           ./internal/access:FuzzAhead \
           ./internal/access:FuzzOfferWalk \
           ./internal/access:FuzzAlert \
           ./internal/access:FuzzParseRequestID \
           ./internal/commands:FuzzParse \
           ./internal/commands:FuzzDuration \
           ./internal/commands:FuzzSlash \
           ./internal/policy:FuzzParse \
           ./internal/policy:FuzzParseDuration \
           ./internal/chat:FuzzInteraction \
           ./internal/chat:FuzzEvent \
           ./internal/chat:FuzzFrame \
           ./internal/config:FuzzLoad \
           ./internal/web:FuzzPages \
           ./internal/web:FuzzSignedIn \
           ./internal/chat/chattest:FuzzAPI \
           ./internal/chat/chattest:FuzzView \
           ./internal/chat/chattest:FuzzSocketFrame \
           ./internal/chat/chattest:FuzzLoad \
           ./internal/graph/graphtest:FuzzServeHTTP \
           ./internal/graph/graphtest:FuzzSignIn \
           ./internal/roles:FuzzAdvise \
           ./internal/policy:FuzzFindRoles \
           ./internal/messages:FuzzHostile \
           ./internal/signin:FuzzFind \
           ./internal/hygiene:FuzzOf \
           ./internal/state:FuzzDecode \
           ./internal/state/etcdstore:FuzzPart \
           ./internal/partnercenter:FuzzParseNotification \
           ./internal/partnercenter:FuzzAnswers \
           ./internal/audit:FuzzReadOneWay \
           ./internal/sandbox/page:FuzzMrkdwn \
           ./internal/sandbox/page:FuzzBlocks

# What releases are built with. Not what is on every machine: the go command fetches it
# where it is not. A newer one is taken when a known vulnerability is mended in it.
RELEASE_GO = go1.27.3
# Known vulnerabilities of Go modules, of one day, so that a build finds tomorrow what it
# found today. docs/release.md tells how it is moved on.
VULNDB     = golang.org/x/vulndb@v0.0.0-20261105234957-e22db6528018
VULNDB_OLD = 60
SBOM_TOOL  = github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

.PHONY: test tools tidy format vet vuln lint alerts race short-fuzz fuzz model torture bench bench-sizes run sandbox build release golden

test: tools tidy format vuln vet lint alerts short-fuzz race

# The race detector needs a C compiler, some tests git, those of deploy/ systemd's
# own readers, the browser's tests Chromium, and the outside clients node (18 or newer) with the packages of
# test/outside/package-lock.json.
CLIENTS = test/outside
tools:
	@missing=; need() { command -v "$$1" >/dev/null || missing="$$missing $$2"; }; \
	need gcc "gcc libc6-dev"; need git git; need node nodejs; need systemd-analyze systemd; need setpriv util-linux; need npm npm; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || need google-chrome chromium; \
	[ -z "$$missing" ] \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -q \
	    && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; } \
	  || { echo "make test needs these packages, by Debian's names:$$missing. Install them with your package manager."; exit 1; }
	@cd $(CLIENTS) && cmp -s package-lock.json node_modules/.installed-from \
	  || { npm ci --ignore-scripts --no-audit --no-fund && cp package-lock.json node_modules/.installed-from; }

tidy:
	$(GO) mod tidy -diff
	$(GO) mod verify

format:
	@bad=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$bad" ] || { echo "gofmt would change: $$bad"; exit 1; }

# No package that a release holds may have a known vulnerability, whether it is called or
# not. The database is a module like any other, so nothing else is reached over the network.
vuln:
	@dir=$$(cd / && $(GO) mod download -json $(VULNDB) | sed -n 's/^\t"Dir": "\(.*\)",$$/\1/p') && [ -d "$$dir/data/osv" ] \
	  || { echo "vuln: $(VULNDB) cannot be had"; exit 1; }; \
	check=$$($(GO) tool -n govulncheck) && GOTOOLCHAIN=$(RELEASE_GO) $$check -db "file://$$dir/data/osv" -scan package ./cmd/bot
	@day=$$(echo $(VULNDB) | sed 's/.*-\(20[0-9]\{6\}\)[0-9]\{6\}-.*/\1/'); then=$$(date -d "$$day" +%s 2>/dev/null) || exit 0; \
	age=$$(( ($$(date +%s) - then) / 86400 )); [ $$age -le $(VULNDB_OLD) ] \
	  || echo "vuln: WARNING: the known vulnerabilities are those of $$age days ago; move VULNDB on (docs/release.md)"

vet:
	$(GO) vet -race -tags release ./...

# The alert rules and the dashboard, by Prometheus' own engine, which is a module of its own.
alerts:
	cd test/prometheus && $(GO) vet . && $(GO) test -count=1 .

lint:
	GOFLAGS="$$GOFLAGS -race" $$($(GO) tool -n staticcheck) -tags release ./...

race:
	$(GO) test -race -shuffle=on -count=1 -timeout 45m -parallel 8 ./...

# Two at once, for each spends half of its time on one processor, building.
short-fuzz fuzz:
	@printf '%s\n' $(TARGETS) | xargs -P 2 -n 1 sh -c ' \
	  out=$$($(GO) test -run "^$$" -fuzz "^$${0##*:}\$$" -fuzztime $(FUZZ) -fuzzminimizetime 1x "$${0%%:*}" 2>&1) \
	    && new=$$(echo "$$out" | grep -o "new interesting.*" | tail -1) && [ -n "$$new" ] && echo "fuzz $$0, $(FUZZ): $$new" \
	    || { echo "fuzz $$0"; echo "$$out"; exit 255; }'
fuzz: FUZZ = 1000000x

# The use cases against a ledger of what ought to be, for longer than the tests do.
model:
	$(GO) test ./internal/approvals -run '^TestModel$$' -count=1 -v -timeout 2h -rapid.checks=5000

# One fault after another under a fortnight of requests, and a table of what was lost,
# doubled or left past its end; before that, ten thousand requests that lapse in one
# second. It takes about a quarter of an hour.
torture:
	LATCHKEY_REQUESTS=10000 $(GO) test ./internal/approvals -run '^TestManyLapseAtOnce$$' -count=1 -v
	LATCHKEY_TORTURE=all $(GO) test ./cmd/bot -run '^TestTorture' -count=1 -v -timeout 60m
	LATCHKEY_POINTS=all $(GO) test ./cmd/bot -run 'CrashPoints$$' -count=1 -timeout 60m

bench:
	@cd bench/bolt && cmp -s package-lock.json node_modules/.installed-from \
	  || { npm ci --no-audit --no-fund && cp package-lock.json node_modules/.installed-from; }
	@mkdir -p bench/results
	$(GO) test -run '^$$' -bench Ack -benchtime 5000x -timeout 30m ./bench > bench/results/acks.txt; cat bench/results/acks.txt
	$(GO) test -run '^$$' -bench Life -benchtime 256x -timeout 30m ./bench
	$(GO) test -run '^$$' -bench Replicas -benchtime 32x -timeout 30m ./bench
	$(GO) test -run '^$$' -bench . -benchtime 3s ./internal/roles ./internal/telemetry ./internal/state/boltstore ./internal/sandbox/page
	$(GO) test -run '^$$' -bench Reconcile -benchtime 6x ./internal/app
	$(GO) test -run '^$$' -bench 'Notified|Memory' -benchtime 1x ./cmd/bot
	$(GO) test -run '^$$' -bench Growth -benchtime 10x -timeout 60m ./bench/growth > bench/results/growth.txt; cat bench/results/growth.txt
	cat bench/results/*.txt | $(GO) run ./bench/plot > docs/performance.svg
	$(GO) test -run '^$$' -bench Growth -benchtime 2x -timeout 60m ./cmd/bot

# Time to build, size, and memory of the bot that does nothing, beside those of the app on
# @slack/bolt where make bench has installed it. SIZES_COLD=1 builds from nothing.
bench-sizes:
	@GO="$(GO)" ./tools/sizes.sh

run sandbox:
	$(GO) run ./cmd/bot sandbox

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o bot ./cmd/bot

# What docs/release.md describes, in dist/. It is made twice and compared.
release:
	@GO="$(GO)" RELEASE_GO=$(RELEASE_GO) VULNDB=$(VULNDB) SBOM_TOOL=$(SBOM_TOOL) ./tools/release.sh

golden:
	$(GO) test ./internal/messages ./internal/commands ./internal/sandbox . -update
	$(GO) test ./test/browser -run 'Story|Offer$$' -update
