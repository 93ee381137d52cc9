#!/bin/sh
# Does all the set-up there is: installs what is missing to build Timbre, builds it, and shows that it works.
#
#   ./bootstrap.sh demo [PROMPT]   release build, then a first take
#   ./bootstrap.sh test            the whole test suite
#   ./bootstrap.sh tools           only what the other two install
#
# Safe to run again: what is there is left alone. Works as root and with sudo. Says what it will install before it
# does; asks on a terminal and does not without one. TIMBRE_DEMO_OUT names the file of the demo's take.

set -eu

cd "$(dirname "$0")"

RUST_WANTED=1.94
DEMO_PROMPT="dusty lofi beat, 82 bpm, A minor, rhodes and vinyl"

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "error: $1"
    [ $# -lt 2 ] || say "hint: $2"
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

usage() {
    sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

# What the build takes from the system: compilers for the bundled SQLite and the time-stretcher, make for LAME, ALSA with
# pkg-config to find it (Linux only), and libclang, which reads the stretcher's header. The test suite plays through a
# real JACK server besides; on other systems than Debian's it says itself where one is missing.
missing_tools() {
    has cc || printf 'compiler '
    has c++ || printf 'c++-compiler '
    has make || printf 'make '
    if [ "$(uname -s)" = Linux ]; then
        has pkg-config || printf 'pkg-config '
        # Without pkg-config nobody knows, and installing what is there does no harm.
        pkg-config --exists alsa 2>/dev/null || printf 'alsa '
        pkg-config --exists jack 2>/dev/null || printf 'libjack '
    fi
    has_libclang || printf 'libclang '
    if [ "${1:-}" = test ] && has apt-get; then
        { has jackd && has jack_lsp; } || printf 'jack '
        has jack-record || printf 'jack-tools '
    fi
}

# Looks where the build will look: a libclang, and the headers of the compiler that belong to it. LIBCLANG_PATH, a folder
# or the library itself, leads it elsewhere.
has_libclang() {
    if [ -n "${LIBCLANG_PATH:-}" ]; then
        [ ! -f "$LIBCLANG_PATH" ] || return 0
        any "$LIBCLANG_PATH"/libclang.so "$LIBCLANG_PATH"/libclang.so.* "$LIBCLANG_PATH"/libclang-[0-9]*.so* \
            "$LIBCLANG_PATH"/libclang.dylib
        return
    fi
    if [ "$(uname -s)" = Darwin ]; then
        any /Library/Developer/CommandLineTools/usr/lib/libclang.dylib \
            /Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib/libclang.dylib \
            /usr/local/opt/llvm*/lib/libclang.dylib /opt/homebrew/opt/llvm*/lib/libclang.dylib
        return
    fi
    any /usr/lib*/libclang.so* /usr/lib*/libclang-[0-9]*.so* /usr/lib*/*/libclang.so* /usr/lib*/*/libclang-[0-9]*.so* \
        /usr/lib*/*/lib*/libclang.so* /usr/lib*/*/lib*/libclang-[0-9]*.so* /usr/local/lib*/libclang.so* &&
        any /usr/lib*/clang/*/include/stddef.h /usr/lib*/*/lib*/clang/*/include/stddef.h \
            /usr/local/lib*/clang/*/include/stddef.h
}

# Whether one of the files is there. A pattern that matches nothing stays as it is, and is no file.
any() {
    for file in "$@"; do
        [ ! -e "$file" ] || return 0
    done
    return 1
}

package_manager() {
    for manager in apt-get dnf pacman brew; do
        if has "$manager"; then
            printf '%s' "$manager"
            return
        fi
    done
}

# The name of a tool's package: $1 manager, $2 tool.
package_of() {
    case "$1:$2" in
        apt-get:compiler) printf 'gcc libc6-dev' ;;
        apt-get:c++-compiler) printf 'g++' ;;
        apt-get:alsa) printf 'libasound2-dev' ;;
        apt-get:libclang) printf 'libclang-dev' ;;
        apt-get:libjack) printf 'libjack-jackd2-dev' ;;
        dnf:libjack) printf 'pipewire-jack-audio-connection-kit-devel' ;;
        pacman:libjack) printf 'jack2' ;;
        apt-get:jack) printf 'jackd2' ;;
        dnf:compiler) printf 'gcc' ;;
        dnf:c++-compiler) printf 'gcc-c++' ;;
        dnf:pkg-config) printf 'pkgconf-pkg-config' ;;
        dnf:alsa) printf 'alsa-lib-devel' ;;
        dnf:libclang) printf 'clang-devel' ;;
        pacman:compiler | pacman:c++-compiler) printf 'gcc' ;;
        pacman:pkg-config) printf 'pkgconf' ;;
        pacman:alsa) printf 'alsa-lib' ;;
        pacman:libclang) printf 'clang' ;;
        brew:compiler | brew:c++-compiler) printf 'gcc' ;;
        brew:pkg-config) printf 'pkgconf' ;;
        brew:alsa) printf 'alsa-lib' ;;
        brew:libclang) printf 'llvm' ;;
        brew:libjack) printf 'jack' ;;
        *) printf '%s' "$2" ;;
    esac
}

# Runs a command as root: directly, or by sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif has sudo; then
        if [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi
    else
        fail "installing needs root, and there is no sudo" "as root, run: $*"
    fi
}

install_packages() {
    manager=$1
    shift
    case "$manager" in
        apt-get)
            # A package list that can't be refreshed may still be good enough, so only the installation decides.
            as_root apt-get update -q || say "could not refresh the package lists; trying with what is there"
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
            ;;
        dnf) as_root dnf install -y -q "$@" ;;
        pacman) as_root pacman -S --needed --noconfirm "$@" ;;
        brew) brew install "$@" ;;
    esac
}

ensure_tools() {
    missing=$(missing_tools "$1")
    [ -n "$missing" ] || return 0
    manager=$(package_manager)
    [ -n "$manager" ] || fail "missing: $missing" "install them with your system's package manager, then run this again"
    packages=
    for tool in $missing; do packages="$packages $(package_of "$manager" "$tool")"; done
    say "missing: $missing"
    say "will install with $manager:$packages"
    if [ -t 0 ] && [ -t 2 ]; then
        printf 'Go on? [Y/n] ' >&2
        read -r answer || answer=n
        case "$answer" in
            '' | [Yy]*) ;;
            *) fail "stopped before anything was installed" "install them yourself, then run this again" ;;
        esac
    fi
    # Split on purpose: each word is a package.
    # shellcheck disable=SC2086
    install_packages "$manager" $packages ||
        fail "$manager could not install:$packages" "check the network, or install them yourself and run this again"
    missing=$(missing_tools "$1")
    [ -z "$missing" ] || fail "still missing: $missing" "install them yourself, then run this again"
}

ensure_rust() {
    # rustup installs here, and a shell that was open before does not know it yet.
    if ! has cargo && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
        PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
        export PATH
    fi
    has cargo && has rustc ||
        fail "Rust is not installed (wanted: $RUST_WANTED or newer)" "install it from https://rustup.rs, then run this again"
    version=$(rustc --version | awk '{ print $2 }')
    newer=$(printf '%s\n%s\n' "$RUST_WANTED" "$version" | awk -F'[.-]' '
        NR == 1 { major = $1; minor = $2 }
        NR == 2 { print ($1 > major || ($1 == major && $2 >= minor)) ? "yes" : "no" }')
    [ "$newer" = yes ] || fail "Rust $version is too old (wanted: $RUST_WANTED or newer)" "run: rustup update stable"
}

# The build is set up for processors with AVX2 (.cargo/config.toml); an older one gets a build that it can run.
suit_processor() {
    [ -z "${RUSTFLAGS:-}" ] || return 0
    [ -r /proc/cpuinfo ] && [ "$(uname -m)" = x86_64 ] || return 0
    grep -qw avx2 /proc/cpuinfo && return 0
    say "this processor has no AVX2: building for any x86-64, which renders about half as fast"
    RUSTFLAGS="-C target-cpu=x86-64"
    export RUSTFLAGS
}

demo() {
    say "building the release; the first time takes a few minutes"
    cargo build --release --locked
    binary=${CARGO_TARGET_DIR:-target}/release/timbre
    out=${TIMBRE_DEMO_OUT:-timbre-demo.wav}
    say "rendering: $1"
    "$binary" generate "$1" --seed 42 --force -o "$out"
    say "now play $out, or make your own: $binary --generate \"…\""
}

run_tests() {
    if cargo nextest --version >/dev/null 2>&1; then
        # nextest does not run documentation tests. They come first, so that the summary of the suite is the last word.
        cargo test --locked --doc
        cargo nextest run --locked
    else
        cargo test --locked
    fi
}

case "${1:-}" in
    demo | test) ensure_tools "$1" ;;
    tools) ensure_tools test ;;
    *) usage ;;
esac
ensure_rust
suit_processor
case "$1" in
    demo) demo "${2:-$DEMO_PROMPT}" ;;
    test) run_tests ;;
    tools) ;;
esac
