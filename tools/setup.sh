#!/usr/bin/env bash
# Brings a fresh clone to the point where it runs.
#
#   tools/setup.sh run     npm packages and build; packages for development may have been left out by npm ci --omit=dev
#   tools/setup.sh dev     the same with all packages, for tests and benches
#   tools/setup.sh demo    the programs that the demo calls, by apt
#   tools/setup.sh browser  the browser of demo --client chromium
#   tools/setup.sh softphone  the softphone of demo --client linphone
#   tools/setup.sh tests   those that the tests call as well
#   tools/setup.sh bench   those that bench:relay and bench:msrp call
#   tools/setup.sh fuzz    the compiler of fuzz:native
#
# Only what is missing is installed. Standard output stays free: all progress goes to standard error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PATH:/usr/sbin:/sbin"

say() { printf 'edge80: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

# Runs a command that talks a lot; what it said is shown only if it fails.
quietly() {
  local said
  said=$(mktemp)
  if "$@" >"$said" 2>&1; then
    rm -f "$said"
  else
    cat "$said" >&2
    rm -f "$said"
    return 1
  fi
}

check_node() {
  local version
  version=$(node --version 2>/dev/null) || fail "Node.js is missing. Install Node.js 20.19 or newer, with npm."
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
    fail "Node.js $version is too old. Install Node.js 20.19 or newer."
  command -v npm >/dev/null || fail "npm is missing. Install npm beside Node.js $version."
}

install_npm_packages() {
  local least=$1
  ! node tools/has-packages.js "$least" || return 0
  say "installing npm packages"
  quietly npm ci --include=dev --no-audit --no-fund --loglevel=error ||
    fail "npm ci failed (see above). Check the network or the registry setting of npm, then run this again."
}

build() {
  local project=tsconfig.build.json
  node tools/has-packages.js dev || project=tsconfig.run.json
  say "building"
  bash tools/build-native.sh
  node_modules/.bin/tsc -p "$project" >&2 || fail "The build failed: see the compiler's messages above."
}

native_build_packages() {
  if ! command -v g++ >/dev/null; then echo g++; fi
  if ! command -v make >/dev/null; then echo make; fi
  if ! command -v python3 >/dev/null; then echo python3; fi
}

missing_packages() {
  local for_tests=$1
  if [ "$for_tests" = fuzz ]; then
    if ! command -v clang++-14 >/dev/null; then echo clang-14; fi
    if [ -z "$(find /usr/lib/llvm-14/lib/clang -name 'libclang_rt.fuzzer-*.a' -print -quit 2>/dev/null)" ]; then
      echo libclang-rt-14-dev
    fi
    return 0
  fi
  if [ "$for_tests" = browser ]; then
    if ! command -v chromium >/dev/null; then echo chromium; fi
    return 0
  fi
  if [ "$for_tests" = softphone ]; then
    if ! command -v linphonec >/dev/null; then echo linphone-cli; fi
    return 0
  fi
  if [ "$for_tests" = bench ]; then
    if ! command -v turnserver >/dev/null; then echo coturn; fi
    if ! command -v socat >/dev/null; then echo socat; fi
    if [ ! -f /usr/include/openssl/hmac.h ]; then echo libssl-dev; fi
    native_build_packages
    return 0
  fi
  if [ -z "${RTPENGINE_BIN:-}" ] && ! command -v rtpengine >/dev/null; then echo rtpengine-daemon; fi
  if ! command -v nft >/dev/null; then echo nftables; fi
  if ! command -v ip >/dev/null; then echo iproute2; fi
  if ! command -v openssl >/dev/null; then echo openssl; fi
  [ -n "$for_tests" ] || return 0
  if ! command -v sipp >/dev/null; then echo sip-tester; fi
  if ! command -v curl >/dev/null; then echo curl; fi
  if ! command -v haproxy >/dev/null; then echo haproxy; fi
  if ! command -v squid >/dev/null; then echo squid; fi
  if ! command -v kamailio >/dev/null; then echo kamailio; fi
  if ! compgen -G '/usr/lib/*/kamailio/modules/websocket.so' >/dev/null; then echo kamailio-websocket-modules; fi
  native_build_packages
  if ! has_bindings Nice 0.1; then printf '%s\n' python3-gi gir1.2-nice-0.1; fi
  if ! command -v chromium >/dev/null; then echo chromium; fi
  if ! command -v firefox-esr >/dev/null; then echo firefox-esr; fi
  if ! command -v promtool >/dev/null; then echo prometheus; fi
  if ! command -v sngrep >/dev/null; then echo sngrep; fi
  if ! command -v tshark >/dev/null; then echo tshark; fi
  if ! command -v systemd-analyze >/dev/null; then echo systemd; fi
  if ! command -v baresip >/dev/null; then echo baresip-core; fi
  if ! command -v linphonec >/dev/null; then echo linphone-cli; fi
  if ! /usr/bin/python3 -c 'import aioice' 2>/dev/null; then echo python3-aioice; fi
  if ! command -v turnutils_uclient >/dev/null; then echo coturn; fi
  if ! has_bindings GstWebRTC 1.0; then
    printf '%s\n' gir1.2-gst-plugins-bad-1.0 gstreamer1.0-plugins-bad gstreamer1.0-plugins-good gstreamer1.0-nice
  fi
}

# The Python bindings of a library, by its name and version in GObject introspection; they are there for the system's
# own Python alone.
has_bindings() {
  /usr/bin/python3 -c "import gi; gi.require_version('$1', '$2'); from gi.repository import $1" 2>/dev/null
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

can_be_root() {
  [ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }
}

# Debian starts a service as soon as its package is unpacked; rtpengine's and Kamailio's would take ports that
# the edge and its own rtpengine want. A policy-rc.d that says 101 (not allowed) is Debian's way to prevent it.
policy=/usr/sbin/policy-rc.d
own_policy=''
forbid_services() {
  [ ! -e "$policy" ] || return 0
  own_policy=yes
  trap allow_services EXIT
  as_root sh -c "printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy"
}
allow_services() {
  [ -z "$own_policy" ] || as_root rm -f "$policy"
  own_policy=''
}

install_system_packages() {
  local -a packages
  mapfile -t packages < <(missing_packages "$1")
  [ "${#packages[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null ||
    fail "Missing: ${packages[*]}, and there is no apt-get to install them. Install them by this system's own means."
  can_be_root || fail "Missing: ${packages[*]}. Run this as root or with sudo, so that apt can install them."
  say "installing ${packages[*]}"
  forbid_services
  quietly as_root apt-get -qq update ||
    fail "apt-get update failed (see above). Check the network and the package sources, then run this again."
  quietly as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends "${packages[@]}" ||
    fail "apt could not install ${packages[*]} (see above). On Ubuntu they are in 'universe': add-apt-repository universe."
  allow_services
}

case "${1:-}" in
  run | dev)
    check_node
    install_npm_packages "$1"
    build
    ;;
  demo)
    install_system_packages ''
    ;;
  browser | softphone)
    install_system_packages "$1"
    ;;
  tests)
    install_system_packages yes
    bash tools/build-native.sh
    ;;
  fuzz)
    install_system_packages fuzz
    ;;
  bench)
    install_system_packages bench
    bash tools/build-native.sh
    ;;
  *)
    fail "usage: tools/setup.sh run|dev|demo|browser|softphone|tests|bench|fuzz"
    ;;
esac
