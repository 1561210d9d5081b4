#!/usr/bin/env bash
# tools/own-network.sh COMMAND…: runs a command in a network of its own, with loopback alone, and with a list of network
# namespaces of its own (/run/netns): what runs beside it may use the same ports, addresses and names. Needs root.
set -euo pipefail

exec unshare --net --mount --propagation private bash -c '
  mkdir -p /run/netns
  mount -t tmpfs tmpfs /run/netns
  ip link set lo up
  exec "$@"' own-network "$@"
