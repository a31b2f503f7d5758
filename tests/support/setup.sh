# Sourced by tests/run, examples/run and benchmarks/run: what they need from the machine, how they build, and how they
# find and start one program.
# shellcheck shell=bash

started_in=$PWD
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$checkout" || exit 1

say() {
    printf '\n== %s\n' "$*"
}

fail() {
    printf '\n' >&2
    printf '%s\n' "$@" >&2
    exit 1
}

have_program() {
    command -v "$1" >/dev/null 2>&1
}

have_header() {
    printf '#include <%s>\n' "$1" | g++ -std=c++20 -E -x c++ - >/dev/null 2>&1
}

have_boost() {
    printf '#include <boost/version.hpp>\n#if BOOST_VERSION < 108100\n#error\n#endif\n#include <boost/%s.hpp>\n' "$1" |
        g++ -std=c++20 -E -x c++ - >/dev/null 2>&1
}

have_boost_library() {
    have_boost "$1" && printf 'int main() {}\n' | g++ -x c++ - "-lboost_$1" -o /dev/null >/dev/null 2>&1
}

# The packages are Debian's; only the missing ones are named, by what is really there rather than by package.
missing_packages() {
    local preset=$1
    have_program g++ || echo g++
    have_program cmake || echo cmake
    have_program ninja || echo ninja-build
    have_program python3 || echo python3
    have_boost version || echo libboost1.81-dev
    have_boost_library json || echo libboost-json1.81-dev
    have_boost_library url || echo libboost-url1.81-dev
    have_header openssl/ssl.h || echo libssl-dev
    have_header doctest/doctest.h || echo doctest-dev
    have_program tinyproxy || echo tinyproxy-bin
    have_program curl || echo curl
    have_header sqlite3.h || echo libsqlite3-dev
    have_header hiredis/hiredis.h || echo libhiredis-dev
    have_program redis-server || echo redis-server
    have_header valijson/validator.hpp || echo libvalijson-dev
    have_header CLI/CLI.hpp || echo libcli11-dev
    [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -d /etc/pki ] || echo ca-certificates
    if [ "$preset" = tsan ]; then
        have_program clang++-19 || echo clang-19
        compgen -G '/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.tsan-*.a' >/dev/null || echo libclang-rt-19-dev
        # What is suppressed is known by the names of functions: see tests/support/thread_sanitizer.cpp.
        [ -x /usr/lib/llvm-19/bin/llvm-symbolizer ] || echo llvm-19
    fi
}

# As root directly, else by sudo, which may ask for a password where there is a terminal.
can_be_root() {
    [ "$(id -u)" -eq 0 ] || { have_program sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Never removes a package for another: libboost-dev (1.74) and libboost1.81-dev exclude one another, and whether the
# older one may go is for its owner to say.
install_packages() {
    local install=(apt-get install --yes --no-remove --no-install-recommends "$@")
    if ! have_program apt-get || ! can_be_root; then
        return 1
    fi
    if ! "${install[@]}" --simulate >/dev/null 2>&1; then
        say "apt-get update"
        as_root apt-get update || return 1
    fi
    say "${install[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive "${install[@]}"
}

check_versions() {
    local version
    version=$(g++ -dumpversion)
    [ "${version%%.*}" -ge 12 ] || fail "g++ $version is too old: version 12 or newer is needed."
    version=$(cmake --version | head -n 1 | grep -oE '[0-9]+\.[0-9]+')
    printf '3.22\n%s\n' "$version" | sort --version-sort --check=quiet ||
        fail "cmake $version is too old: version 3.22 or newer is needed."
}

ensure_packages() {
    local preset=$1 missing
    mapfile -t missing < <(missing_packages "$preset")
    if [ ${#missing[@]} -gt 0 ]; then
        say "Missing on this machine: ${missing[*]}"
        install_packages "${missing[@]}" || true
        mapfile -t missing < <(missing_packages "$preset")
    fi
    if [ ${#missing[@]} -gt 0 ]; then
        fail "Missing, and not installed: ${missing[*]}" "Type this, then start again:" \
            "  sudo apt-get update && sudo apt-get install ${missing[*]}"
    fi
    check_versions
}

# As many compilers at once as there are processors, but no more than have 2 GB of memory each.
jobs() {
    local processors memory
    processors=$(nproc)
    memory=$(awk '/^MemAvailable:/ { print int($2 / 2000000) }' /proc/meminfo)
    [ "$memory" -ge 1 ] || memory=1
    echo "${REPLICATE_JOBS:-$((processors < memory ? processors : memory))}"
}

configure() {
    local preset=$1 log=build/configure-$1.log
    # So that another checkout of the same sources finds what this one compiled.
    export CCACHE_BASEDIR=$checkout CCACHE_NOHASHDIR=1
    # What ccache asks for where headers are precompiled.
    export CCACHE_SLOPPINESS=pch_defines,time_macros
    # Also for what the tests compile.
    CMAKE_BUILD_PARALLEL_LEVEL=$(jobs)
    export CMAKE_BUILD_PARALLEL_LEVEL
    mkdir -p build
    say "cmake --preset $preset    (in $checkout; what it says goes to $log)"
    cmake --preset "$preset" >"$log" 2>&1 || {
        cat "$log" >&2
        return 1
    }
}

# build PRESET [TARGET...]
build() {
    local preset=$1
    shift
    local command=(cmake --build "build/$preset")
    [ $# -eq 0 ] || command+=(--target "$@")
    say "${command[*]}"
    "${command[@]}"
}

prepare() {
    ensure_packages "$1"
    configure "$1"
}

# find_program DIRECTORY NAME: the program in full, from 01_run, run, 01, or any of them with .cpp
find_program() {
    local directory=$1 wanted=${2%.cpp} source name names=()
    for source in "$directory"/*.cpp "$directory"/*/main.cpp; do
        [ -e "$source" ] || continue
        name=$(basename "$source" .cpp)
        [ "$name" != main ] || name=$(basename "$(dirname "$source")")
        names+=("$name")
        if [ "$wanted" = "$name" ] || [ "$wanted" = "${name#[0-9][0-9]_}" ] || [ "$wanted" = "${name%%_*}" ]; then
            echo "$name"
            return
        fi
    done
    fail "usage: $directory/run NAME [ARGS]" "There is no program \"$wanted\" in $directory. There are: ${names[*]:-none}"
}

# run_program PROGRAM [ARGS], in the directory where the script was started: there the ARGS name files, and there it saves.
run_program() {
    local program=$1
    shift
    say "$program $*"
    cd "$started_in" || exit 1
    "$checkout/$program" "$@"
}

# The same in the place of this shell, so that signals reach the program.
become_program() {
    local program=$1
    shift
    say "$program $*"
    cd "$started_in" || exit 1
    exec "$checkout/$program" "$@"
}
