#!/usr/bin/env bash
# npm test: lint, format, types, build, unit tests, then integration and SIPp tests in network namespaces.
# What this machine cannot run is skipped with its reason; with CI set it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PATH:/usr/sbin:/sbin:$PWD/node_modules/.bin"

say() { printf 'edge80: %s\n' "$*" >&2; }

bash tools/setup.sh dev
system_ready=yes
bash tools/setup.sh tests || system_ready=''
say "lint"
eslint .
say "unused code and import circles"
knip --no-progress
say "format"
prettier --check --log-level warn .
say "types"
tsc --noEmit
tsc -p tsconfig.phone.json
say "unit tests"
jest --maxWorkers=100% test/unit

say "integration tests"
if [ -z "$system_ready" ]; then
  if [ -n "${CI:-}" ]; then
    say "FAILED: the integration tests cannot run (see above), and CI is set."
    exit 1
  fi
  say "SKIPPED: the integration tests, for the reason above."
  exit 0
fi
become_root=()
if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  become_root=(sudo -n env "PATH=$PATH" "CI=${CI:-}" "DRACHTIO_BIN=${DRACHTIO_BIN:-}" "RTPENGINE_BIN=${RTPENGINE_BIN:-}")
fi
exec "${become_root[@]}" bash tools/test-integration.sh
