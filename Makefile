# Livebooth. `make help` tells what there is; nothing has to be installed by hand first.
BUILD ?= build
# However it is spelt, one spelling inside: what a source depends on is kept by that name.
override BUILD := $(patsubst $(CURDIR)/%,%,$(abspath $(BUILD)))
CC ?= gcc
MAKEFLAGS += --no-builtin-rules
# As many compilers as there are cores, unless -j says otherwise.
ifeq ($(MAKELEVEL)$(filter -j% --jobs%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
.SUFFIXES:
.DEFAULT_GOAL := all
SHELL := /bin/bash

OPT ?= -O2 -g
SAN ?=
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo 0)
CFLAGS_ALL = -std=gnu11 $(OPT) -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -fstack-protector-strong \
  -D_FORTIFY_SOURCE=2 -D_GNU_SOURCE -DG_LOG_USE_STRUCTURED -Iapp -I. -I$(BUILD)/gen $(SAN) $(CFLAGS)
LDFLAGS_ALL = -Wl,--as-needed -Wl,-z,relro,-z,now $(SAN) $(LDFLAGS)

# A program is its folder, the shared folders of app that it uses, and the drivers it may choose from.
PROGRAMS := agent studio desk boothctl
DIRS_agent    := app/agent app/alive app/journal app/catalogue app/enrol app/link app/wire app/config drivers/panel drivers/sensors
DIRS_studio   := app/studio app/alive app/journal app/catalogue app/wire app/config app/text drivers/camera drivers/audio drivers/display drivers/sim
DIRS_desk     := app/desk app/journal app/kpi app/feed app/catalogue app/provision app/wire app/config app/sheet
DIRS_boothctl := app/boothctl app/provision app/catalogue app/link app/wire app/config app/authority app/sheet
PKGS_agent    := gio-2.0 gio-unix-2.0 jansson sqlite3 libevdev libzstd
PKGS_studio   := gio-2.0 gio-unix-2.0 jansson gstreamer-1.0 gstreamer-app-1.0 gstreamer-video-1.0 gstreamer-audio-1.0 gstreamer-rtp-1.0 \
                 gstreamer-sdp-1.0 gstreamer-webrtc-1.0 nice sdl2 pangocairo alsa libsoup-3.0 gdk-pixbuf-2.0 libzstd
PKGS_desk     := gio-2.0 jansson sqlite3 libwebsockets libnats libssl libcrypto expat libzstd
PKGS_boothctl := gio-2.0 gio-unix-2.0 jansson libzstd
LIBS_agent    := -lwslay -lmbedtls -lmbedx509 -lmbedcrypto -lm
LIBS_boothctl := -lwslay -lmbedtls -lmbedx509 -lmbedcrypto -lm
LIBS_studio   := -lyuv -lm
LIBS_desk     := -lev -lm -lcrypt

BUS := agent1 studio1
bus_objs := $(BUS:%=$(BUILD)/obj/gen/bus/%.o)
objs = $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard $(addsuffix /*.c,$(1)))))
all_dirs := $(sort $(foreach p,$(PROGRAMS),$(DIRS_$(p))))
all_pkgs := $(sort $(foreach p,$(PROGRAMS),$(PKGS_$(p))))
all_objs := $(call objs,$(all_dirs))
mains := $(PROGRAMS:%=$(BUILD)/obj/app/%/main.o)

# --- what is missing gets installed before anything is compiled: make reads this file, so it makes it first -------------------------
ifeq ($(filter help clean distclean,$(MAKECMDGOALS)),)
include $(BUILD)/flags.mk
endif
$(BUILD)/flags.mk: Makefile board/local/packages/build board/local/install
	@board/local/install build
	@mkdir -p $(BUILD)
	@{ echo "PKG_CFLAGS := $$(pkg-config --cflags $(all_pkgs))"; \
	   $(foreach p,$(PROGRAMS),echo "PKG_LIBS_$(p) := $$(pkg-config --libs $(PKGS_$(p)))";) } > $@.part && mv $@.part $@

.PHONY: all run demo test unit asan tsan fuzz bench lint format pictures docs-pictures clean distclean help test-tools
all: $(PROGRAMS:%=$(BUILD)/bin/%) $(BUILD)/share/.stamp

help: ## this text
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

# ThreadSanitizer has to be told of GLib's locks.
tsan_objs := $(if $(findstring fsanitize=thread,$(SAN)),$(BUILD)/obj/tests/tsan/glib.o)

# --- programs ------------------------------------------------------------------------------------------------------------------------
define program
$(BUILD)/bin/$(1): $(call objs,$(DIRS_$(1))) $(bus_objs) $(tsan_objs)
	@mkdir -p $$(@D)
	@echo "  LD    $$@"
	@$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $$(PKG_LIBS_$(1)) $$(LIBS_$(1))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

$(BUILD)/gen/bus/agent1.c $(BUILD)/gen/bus/agent1.h &: app/bus/org.livebooth.Agent1.xml
	@mkdir -p $(@D)
	@gdbus-codegen --interface-prefix org.livebooth. --c-namespace Bus --generate-c-code $(BUILD)/gen/bus/agent1 $<
$(BUILD)/gen/bus/studio1.c $(BUILD)/gen/bus/studio1.h &: app/bus/org.livebooth.Studio1.xml
	@mkdir -p $(@D)
	@gdbus-codegen --interface-prefix org.livebooth. --c-namespace Bus --generate-c-code $(BUILD)/gen/bus/studio1 $<
$(BUILD)/obj/gen/bus/%.o: $(BUILD)/gen/bus/%.c
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS_ALL) $(PKG_CFLAGS) -Wno-error -c -o $@ $<

$(BUILD)/obj/%.o: %.c | $(BUS:%=$(BUILD)/gen/bus/%.h)
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CFLAGS_ALL) -DLIVEBOOTH_VERSION='"$(VERSION)"' $(PKG_CFLAGS) -MMD -MP -c -o $@ $<
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# Texts and the pages that the desk serves, beside the programs so that a build folder is complete.
share_src := $(wildcard app/text/*.json app/desk/web/* app/practice/*.opus rootfs/booth.txt)
$(BUILD)/share/.stamp: $(share_src)
	@mkdir -p $(BUILD)/share/text $(BUILD)/share/web $(BUILD)/share/practice
	@cp app/text/*.json $(BUILD)/share/text/
	@cp app/practice/*.opus $(BUILD)/share/practice/
	@cp -r app/desk/web/. $(BUILD)/share/web/
	@cp rootfs/booth.txt $(BUILD)/share/
	@touch $@

# --- tests -----------------------------------------------------------------------------------------------------------------------------
$(BUILD)/libbooth.a: $(filter-out $(mains),$(all_objs)) $(bus_objs)
	@rm -f $@; ar rcsP $@ $^
unit_tests := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
integration_tests := $(patsubst tests/integration/%.c,$(BUILD)/tests/integration/%,$(wildcard tests/integration/test_*.c))
$(BUILD)/tests/%: tests/%.c $(BUILD)/libbooth.a $(tsan_objs)
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $(CFLAGS_ALL) $(PKG_CFLAGS) $(LDFLAGS_ALL) -Itests -MMD -MP -o $@ $< $(tsan_objs) $(BUILD)/libbooth.a \
	  $(foreach p,$(PROGRAMS),$(PKG_LIBS_$(p)) $(LIBS_$(p))) -lcmocka
-include $(wildcard $(BUILD)/tests/*/*.d)
# A mixer without a sound card.
$(BUILD)/tests/unit/test_alsa_switch: $(BUILD)/tests/alsa/ctl.so
$(BUILD)/tests/alsa/ctl.so: tests/alsa/ctl.c
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS_ALL) -fPIC -shared -DPIC $(LDFLAGS) -o $@ $< $(pkg-config --libs alsa)

test-tools:
	@board/local/install build run test
	@tests/e2e/install

test: test-tools ## everything: unit, integration, a real browser; ends with "N passed, N failed"
	@$(MAKE) --no-print-directory all $(unit_tests) $(integration_tests)
	@BUILD=$(BUILD) tests/run $(unit_tests) $(integration_tests) $(sort $(wildcard tests/integration/*.test.mjs tests/e2e/*.test.mjs))

unit: test-tools ## the unit tests alone
	@$(MAKE) --no-print-directory $(unit_tests)
	@BUILD=$(BUILD) tests/run $(unit_tests)

KILLS ?= 1000
soak: test-tools ## booths under KILLS=1000 random kills of agents, desks and the bus: nothing lost, nothing twice
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) KILLS=$(KILLS) TEST_TIMEOUT=3600 TEST_TAIL=100 tests/run tests/integration/kills.test.mjs
	@grep "^# killed\|^# .* records at the centre" $(BUILD)/test-logs/kills.test.mjs.log
.PHONY: soak

SAN_FLAGS := -fno-omit-frame-pointer -O1 -U_FORTIFY_SOURCE
asan: ## unit and integration tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SAN="$(SAN_FLAGS) -fsanitize=address,undefined -fno-sanitize-recover=undefined" sanitized
tsan: ## what has threads under ThreadSanitizer
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan SAN="$(SAN_FLAGS) -fsanitize=thread" sanitized
FUZZ_SECONDS ?= 20
FUZZ_FLAGS := $(SAN_FLAGS) -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
fuzzers := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz: ## every parser of remote bytes under libFuzzer: FUZZ_SECONDS=20 for each; what it finds stays in the build folder
	@board/local/install build test fuzz
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang SAN="$(FUZZ_FLAGS)" FUZZ_SECONDS=$(FUZZ_SECONDS) fuzz-all
$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(BUILD)/libbooth.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $(CFLAGS_ALL) $(PKG_CFLAGS) $(LDFLAGS_ALL) -fsanitize=fuzzer -Itests -MMD -MP -o $@ $< $(BUILD)/libbooth.a \
	  $(foreach p,$(PROGRAMS),$(PKG_LIBS_$(p)) $(LIBS_$(p)))
.PHONY: fuzz-all
fuzz-all: $(fuzzers)
	@BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run $(fuzzers)

.PHONY: sanitized
sanitized: test-tools
	@$(MAKE) --no-print-directory all $(unit_tests) $(integration_tests)
	@BUILD=$(BUILD) ASAN_OPTIONS=detect_leaks=1:fast_unwind_on_malloc=0 LSAN_OPTIONS=suppressions=tests/lsan.supp:print_suppressions=0 \
	  TSAN_OPTIONS=suppressions=tests/tsan.supp G_SLICE=always-malloc TEST_TIMEOUT=900 tests/run $(unit_tests) $(integration_tests)

# --- running -----------------------------------------------------------------------------------------------------------------------------
PORT ?= 8080
STATE ?= $(BUILD)/state
BOOTHS ?= 1
run: ## a nats-server, a desk and a booth on this computer: PORT=8080 STATE=folder BOOTHS=1
	@board/local/install build run
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) PORT=$(PORT) STATE=$(STATE) BOOTHS=$(BOOTHS) exec board/local/run

demo: test-tools ## one whole call, unattended, with a real browser: timeline, record, pictures
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) tests/e2e/demo

bench: test-tools ## what a call costs and how long it takes: a table, and build/bench.json; PARTS="calls line desk records"
	@board/local/install bench
	@$(MAKE) --no-print-directory all $(BUILD)/tests/bench/bench_records
	@BUILD=$(BUILD) node tests/bench/bench.mjs $(PARTS)

pictures: test-tools ## every screen of the console as a picture, in build/pictures
	@$(MAKE) --no-print-directory $(BUILD)/share/.stamp $(BUILD)/tests/pictures/pictures
	@$(BUILD)/tests/pictures/pictures $(BUILD)/pictures $(BUILD)/share

docs-pictures: pictures ## the documents' pictures anew, in docs/pictures
	@board/local/install pictures
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) tests/pictures/documents $(BUILD)/pictures docs/pictures

# --- the SD image ---------------------------------------------------------------------------------------------------------------------------
image: ## the SD image for the boards, its update bundle and papers, in build/image; needs root
	@board/local/install build image
	@BUILD=$(BUILD) board/image/build
image-test: test-tools image ## the very image in QEMU: first boot, checks, slots
	@$(MAKE) --no-print-directory $(BUILD)/bin/desk $(BUILD)/bin/boothctl $(BUILD)/share/.stamp
	@BUILD=$(BUILD) tests/image/run
image-soak: image ## the plug pulled CUTS=50 times while it starts, in calls, in updates; in QEMU
	@$(MAKE) --no-print-directory $(BUILD)/bin/desk $(BUILD)/bin/boothctl $(BUILD)/share/.stamp
	@BUILD=$(BUILD) PARTS="boot writes soak" tests/image/run
.PHONY: image image-test image-soak

# --- care --------------------------------------------------------------------------------------------------------------------------------
own_c := $(shell git ls-files -co --exclude-standard '*.c' '*.h' 2>/dev/null)
lint: $(BUS:%=$(BUILD)/gen/bus/%.h) ## warnings of gcc and clang, clang-format, clang-tidy, shellcheck
	@board/local/install build test lint
	@BUILD=$(BUILD) PKG_CFLAGS="$(PKG_CFLAGS)" tests/lint $(own_c)
format: ## formats the C sources
	@clang-format -i $(own_c)

clean: ## removes what was built; keeps build/state
	@rm -rf $(BUILD)/bin $(BUILD)/obj $(BUILD)/gen $(BUILD)/share $(BUILD)/tests $(BUILD)/asan $(BUILD)/tsan $(BUILD)/libbooth.a $(BUILD)/flags.mk
distclean: ## removes the build folder, state included
	@rm -rf $(BUILD)
