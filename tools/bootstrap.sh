#!/bin/sh
# Install what a target needs, or say exactly what to install. Arguments: python rust wasm fullnode nodejs operations hosts plots.
# Standard tools only: this runs on a machine that has nothing but make and Python.
set -eu
cd "$(dirname "$0")/.."
CACHE="${GANGLION_CACHE:-$HOME/.cache/ganglion}"
: "${TORCH_INDEX=https://download.pytorch.org/whl/cpu}"
MIN_FREE_KB=8388608 # 8 GB: torch with its libraries is most of it

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $1"; [ $# -lt 2 ] || say "hint:  $2"; exit 1; }
is_root() { [ "$(id -u)" = 0 ]; }
has() { command -v "$1" >/dev/null 2>&1; }

apt_install() {
    is_root && has apt-get || return 1
    say "installing $* (Debian packages)"
    [ -n "${APT_UPDATED:-}" ] || { apt-get -qq update >&2 || return 1; APT_UPDATED=1; }
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >&2
}

# ---- Python ----

find_python() {
    for candidate in "${PYTHON_BIN:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        [ -n "$candidate" ] && has "$candidate" || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$candidate"; return 0
        fi
    done
    return 1
}

check_disk() {
    free=$(df -Pk . | awk 'NR==2 {print $4}')
    [ "$free" -ge "$MIN_FREE_KB" ] || fail "only $((free / 1048576)) GB free on this disk, 8 GB are needed" "free some space and run the command again"
}

make_venv() { # $1 = python; uv from PATH, else venv with pip inside it, else Debian's packages as root
    if has uv; then uv venv -q --allow-existing --python "$1" .venv; return; fi
    "$1" -m venv .venv 2>/dev/null && [ -x .venv/bin/pip ] && return
    apt_install python3-venv && "$1" -m venv .venv && return
    fail "Python's venv module is missing and this user can't install it" "as root: apt-get install python3-venv (or install uv)"
}

pip_install() {
    if has uv; then VIRTUAL_ENV="$PWD/.venv" uv pip install -q "$@"
    else .venv/bin/python -m pip install -q --disable-pip-version-check "$@"; fi
}

reachable() {
    .venv/bin/python - "$1" <<'PY'
import sys, urllib.request
try:
    urllib.request.urlopen(sys.argv[1].rstrip("/") + "/torch/", timeout=5).read(64)
except Exception:
    sys.exit(1)
PY
}

install_python() {
    stamp=.venv/.installed
    wanted="$(cksum < pyproject.toml) $PWD"
    [ ! -x .venv/bin/ganglion ] || [ "$(cat $stamp 2>/dev/null)" != "$wanted" ] || return 0
    check_disk
    python=$(find_python) || { apt_install python3 python3-venv && python=$(find_python); } ||
        fail "Python 3.11 or newer is missing" "as root: apt-get install python3 python3-venv"
    say "creating .venv with $("$python" --version)"
    make_venv "$python"
    if [ -n "$TORCH_INDEX" ] && ! .venv/bin/python -c 'import torch' 2>/dev/null && reachable "$TORCH_INDEX"; then
        say "installing torch for CPU from $TORCH_INDEX"
        pip_install --index-url "$TORCH_INDEX" torch
    fi
    say "installing ganglion and what it needs (torch is large: this takes a minute or more)"
    pip_install -e '.[devnet,dev]'
    printf '%s' "$wanted" > $stamp
}

# ---- Rust ----

rust_in() { # $1 = folder with rustc and cargo, or nothing for PATH
    "${1:+$1/}cargo" --version >/dev/null 2>&1 &&
        "${1:+$1/}rustc" --version 2>/dev/null | awk '{split($2, v, "."); exit !(v[1] > 1 || v[2] >= 88)}'
}

rust_ok() { rust_in "" || rust_in /usr/bin || rust_in "$HOME/.cargo/bin"; }

install_rust() {
    has cc || apt_install gcc libc6-dev || fail "a C compiler is missing" "as root: apt-get install gcc libc6-dev"
    rust_ok && return
    apt_install rustc-web cargo-web && rust_ok && return
    if has curl && curl -sSf --max-time 60 https://sh.rustup.rs -o "${TMPDIR:-/tmp}/rustup-init.sh" 2>/dev/null; then
        sh "${TMPDIR:-/tmp}/rustup-init.sh" -y --profile minimal >&2 && rust_ok && return
    fi
    fail "Rust 1.88 or newer is missing" "install it from https://rustup.rs, or on Debian as root: apt-get install rustc-web cargo-web"
}

wasm_ok() { rustc --print sysroot >/dev/null 2>&1 && [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32v1-none" ]; }

debian_wasm_ok() { # Debian's toolchain with the library's sources, and its lld
    [ -x /usr/bin/rustc ] && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/core" ] && ls /usr/bin/lld-[0-9]* >/dev/null 2>&1
}

install_wasm() {
    { has wasm-opt && has zstd; } || apt_install binaryen zstd || fail "wasm-opt and zstd are missing" "as root: apt-get install binaryen zstd"
    wasm_ok && return
    if has rustup && rustup target add wasm32v1-none >/dev/null 2>&1 && wasm_ok; then return; fi
    debian_wasm_ok && return
    apt_install rustc-web cargo-web rust-web-src lld-22 && debian_wasm_ok && return
    fail "no Rust toolchain for wasm32v1-none" "rustup target add wasm32v1-none, or on Debian as root: apt-get install rustc-web cargo-web rust-web-src lld-22"
}

install_fullnode() { # what the full node's build needs beyond Rust
    install_rust
    has protoc || apt_install protobuf-compiler || fail "protoc is missing" "as root: apt-get install protobuf-compiler"
    has mold || apt_install mold || say "note: without mold (apt-get install mold) the node links slowly"
    { has pkg-config && pkg-config --exists openssl; } || apt_install pkg-config libssl-dev ||
        say "note: without libssl-dev and pkg-config OpenSSL is compiled, too (needs perl and make)"
}

# ---- Node.js, for the polkadot-js conformance test ----------------------------------------------------------------

install_nodejs() {
    { has node && has npm; } || apt_install nodejs npm || fail "Node.js is missing" "as root: apt-get install nodejs npm"
    folder="$CACHE/js-$(cksum < tests/conformance/js/package-lock.json | tr ' ' '-')"
    [ ! -e "$folder/.installed" ] || return 0
    say "installing @polkadot/api for the conformance test"
    mkdir -p "$folder" && cp tests/conformance/js/package.json tests/conformance/js/package-lock.json "$folder/"
    (cd "$folder" && npm ci --silent --no-audit --no-fund --ignore-scripts >&2) && touch "$folder/.installed"
}

# ---- what checks units and alerts; packages are only unpacked where installing them would start a service ------------

install_operations() {
    has systemd-analyze || apt_install systemd || fail "systemd-analyze is missing" "as root: apt-get install systemd"
    has promtool || [ -x "$CACHE/promtool/usr/bin/promtool" ] || unpack_promtool ||
        fail "promtool is missing" "put promtool of Prometheus 2.40 or newer on PATH"
}

unpack_promtool() {
    has apt-get && has dpkg-deb || return 1
    say "fetching promtool (Debian package prometheus, not installed)"
    ! is_root || [ -n "${APT_UPDATED:-}" ] || { apt-get -qq update >&2 && APT_UPDATED=1; } || return 1
    rm -rf "$CACHE/promtool" && mkdir -p "$CACHE/promtool"
    (cd "$CACHE/promtool" && apt-get -qq download prometheus >&2 && dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb)
}

# ---- what makes several hosts of one machine ---------------------------------------------------------------------------

install_hosts() {
    has ip || apt_install iproute2 || fail "the command ip is missing" "as root: apt-get install iproute2"
}

install_plots() { .venv/bin/python -c 'import matplotlib' 2>/dev/null || pip_install -e '.[docs]'; }

mkdir -p "$CACHE"
for part in "$@"; do
    case "$part" in
        python) install_python ;;
        rust) install_rust ;;
        wasm) install_wasm ;;
        fullnode) install_fullnode ;;
        nodejs) install_nodejs ;;
        operations) install_operations ;;
        hosts) install_hosts ;;
        plots) install_plots ;;
        *) fail "unknown part $part" "python, rust, wasm, fullnode, nodejs, operations, hosts or plots" ;;
    esac
done
