#!/bin/sh
# A container engine, `docker compose` and the images' base, each only where it is missing.
# Arguments: any of engine compose base (default: all three), or stop: end the engine that this script started.
# Made for a bare Debian machine where no image registry is reachable; anywhere else it finds what is there.
# GANGLION_DOCKER_ROOT = where an engine that is started here keeps images and volumes [/var/lib/docker].
set -eu
cd "$(dirname "$0")/.."
CACHE="${GANGLION_CACHE:-$HOME/.cache/ganglion}"
STATE="$CACHE/docker"
COMPOSE_VERSION=v2.29.7
PULL_SECONDS=60
START_SECONDS=60

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $1"; [ $# -lt 2 ] || say "hint:  $2"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

apt_install() {
    [ "$(id -u)" = 0 ] && has apt-get || return 1
    say "installing $* (Debian packages)"
    [ -n "${APT_UPDATED:-}" ] || { apt-get -qq update >&2 || return 1; APT_UPDATED=1; }
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >&2
}

# ---- engine ----

install_engine() {
    has docker && answers && return
    has dockerd && has docker && has iptables || apt_install docker.io iptables ||
        fail "no container engine answers, and this user can't install one" "start Docker, or see https://docs.docker.com/engine/install/"
    answers && return # the package may have started it
    start_engine
}

start_engine() { # without an init system: by hand, with a pid and a log that can be found again
    [ "$(id -u)" = 0 ] || fail "the container engine does not run" "start it as root (dockerd), and join the group docker"
    mkdir -p "$STATE"
    say "starting dockerd (log: $STATE/dockerd.log; end it with: sh tools/docker_engine.sh stop)"
    rm -f /var/run/docker.pid
    setsid nohup dockerd --data-root "${GANGLION_DOCKER_ROOT:-/var/lib/docker}" >"$STATE/dockerd.log" 2>&1 </dev/null &
    echo $! >"$STATE/dockerd.pid"
    waited=0
    until answers; do
        kill -0 "$(cat "$STATE/dockerd.pid")" 2>/dev/null || fail "dockerd ended" "$(tail -n 3 "$STATE/dockerd.log")"
        [ $waited -lt $START_SECONDS ] || fail "dockerd does not answer after $START_SECONDS s" "$STATE/dockerd.log"
        sleep 1; waited=$((waited + 1))
    done
}

stop_engine() {
    pid=$(cat "$STATE/dockerd.pid" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] ||
        { say "no engine of this script runs"; return 0; }
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 1; done
    rm -f "$STATE/dockerd.pid"
}

# ---- compose ----

install_compose() {
    docker compose version >/dev/null 2>&1 && return
    plugin="$STATE/bin/docker-compose"
    [ -x "$plugin" ] || build_compose
    mkdir -p "${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins"
    ln -sf "$plugin" "${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins/docker-compose"
    docker compose version >/dev/null || fail "docker does not take compose's plugin $plugin"
}

build_compose() {
    has go || fail "docker compose is missing, and there is no Go to build it" "install the package docker-compose-plugin of Docker's own repository"
    say "building docker compose $COMPOSE_VERSION (minutes, once)"
    made=$(mktemp -d)
    GOBIN="$made" CGO_ENABLED=0 go install -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$COMPOSE_VERSION" \
        "github.com/docker/compose/v2/cmd@$COMPOSE_VERSION" >&2 || { rm -rf "$made"; fail "docker compose could not be built"; }
    mkdir -p "$STATE/bin" && mv "$made/cmd" "$STATE/bin/docker-compose" && rmdir "$made"
}

# ---- base image ----

base_image() { sed -n 's/^ARG BASE=//p' docker/Dockerfile.node; }

install_base() {
    base=$(base_image)
    docker image inspect "$base" >/dev/null 2>&1 && return
    timeout $PULL_SECONDS docker pull -q "$base" >/dev/null 2>&1 && return
    say "no registry gives $base: making it from Debian's packages"
    has debootstrap || apt_install debootstrap || fail "debootstrap is missing" "as root: apt-get install debootstrap"
    root=$(mktemp -d)
    suite=$(printf '%s' "${base##*:}" | cut -d- -f1)
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$(mirror)" >&2 ||
        { rm -rf "$root"; fail "debootstrap could not make $suite"; }
    # Security updates and all else that apt uses here; Debian's own image has them, too.
    apt-get indextargets --format 'deb $(SITE) $(RELEASE) main' 'Created-By: Packages' | sort -u | grep " $suite" >"$root/etc/apt/sources.list"
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
    tar -C "$root" -c . | docker import - "$base" >/dev/null
    rm -rf "$root"
}

mirror() { # the one that apt uses here
    apt-get indextargets --format '$(SITE)' | grep -v -e security -e '^$' | sort -u | head -n 1
}

[ $# -gt 0 ] || set -- engine compose base
for part in "$@"; do
    case "$part" in
        engine) install_engine ;;
        compose) install_compose ;;
        base) install_base ;;
        stop) stop_engine ;;
        *) fail "unknown part $part" "engine, compose, base or stop" ;;
    esac
done
