# SPDX-License-Identifier: Apache-2.0
# Shared by the suites: TAP lines, builds. A suite starts with
#   . "$(dirname "$0")/lib.sh"
# and runs in the root of the repository.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 70

# ok/not ok NAME according to the exit code of the command that follows it.
check() {
    local name=$1
    shift
    if "$@"; then echo "ok $name"; else echo "not ok $name"; fi
}

# Configures build folder $1 once with the meson options that follow.
configured() {
    local folder=$1
    shift
    [ -f "$folder/build.ninja" ] || meson setup "$folder" -Dwerror=true "$@" >/dev/null
}

# Builds folder $1, showing only what went wrong.
built() {
    local log code
    log=$(mktemp)
    ninja -C "$1" >"$log" 2>&1
    code=$?
    [ $code -eq 0 ] || grep -vE '^\[[0-9]+/[0-9]+\]|^ninja: ' "$log"
    rm -f "$log"
    return $code
}

sanitized() {
    configured build-asan -Db_sanitize=address,undefined --buildtype=debugoptimized -Dtests=enabled &&
        built build-asan
}

released() {
    configured build --buildtype=release && built build
}

# Installs a release into a prefix of its own, as authors of plugins have it.
sdk_root() { echo "$PWD/build-sdk/installed"; }
sdk_installed() {
    configured build-sdk --buildtype=release -Dtests=disabled --prefix="$(sdk_root)" --libdir=lib &&
        built build-sdk && rm -rf "$(sdk_root)" && meson install -C build-sdk --no-rebuild --quiet >/dev/null
}

# Runs meson's tests of folder $1 (further arguments go to meson) as TAP.
meson_tests() {
    local folder=$1
    shift
    meson test -C "$folder" --no-rebuild --print-errorlogs "$@" >"$folder/meson-test.out" 2>&1
    local code=$?
    sed -nE 's/^ *[0-9]+\/[0-9]+ ([^ ].*[^ ]) +(OK|FAIL|TIMEOUT|ERROR|SKIP|EXPECTEDFAIL|UNEXPECTEDPASS) .*$/\2 \1/p' \
        "$folder/meson-test.out" | awk "!seen[\$0]++" | while read -r result name; do
        case $result in
        OK) echo "ok $name" ;;
        *) echo "not ok $name ($result)" ;;
        esac
    done
    [ $code -eq 0 ] || cat "$folder/meson-test.out"
    return $code
}

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}
