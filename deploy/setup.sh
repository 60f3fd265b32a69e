#!/bin/sh
# Prepares a fresh machine for `npm start` and `npm test`: packages, nats-server and, for tests, Chromium.
# It does nothing (in some ten milliseconds) where all is there already.
set -eu
cd "$(dirname "$0")/.."

fail() { printf '%s\n' "$1" >&2; exit 1; }

stamp=node_modules/.interco-lock
if ! cmp -s pnpm-lock.yaml "$stamp"; then
  # By npx, since corepack refuses pnpm 12's signatures; and named here rather than in package.json's "packageManager",
  # which makes a frozen install fail where the registry doesn't list that very version.
  version=12.20.0
  npx --yes "pnpm@$version" install --frozen-lockfile --reporter=append-only >&2 || fail "The packages could not be installed (pnpm $version)."
  cp pnpm-lock.yaml "$stamp"
fi

install_debian() { # command, package
  command -v "$1" >/dev/null 2>&1 && return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    printf 'Installing %s\n' "$2" >&2
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2"; } >/dev/null 2>&1 ||
      fail "$1 is missing and could not be installed: install the package $2."
  else
    fail "$1 is missing: install it (on Debian: apt-get install $2)."
  fi
}

[ -n "${NATS_URL:-}" ] || install_debian nats-server nats-server
if [ "${1:-}" = browser ]; then install_debian chromium chromium; fi
