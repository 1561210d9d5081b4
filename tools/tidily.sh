#!/usr/bin/env bash
# tools/tidily.sh COMMAND…: runs a command that makes network namespaces as the demo does. Told to stop, it ends the
# command, removes the namespaces that this left behind, and ends what runs in them.
set -uo pipefail

command=''
stop() {
  trap '' TERM INT HUP
  if [ -n "$command" ]; then
    kill -TERM "$command" 2>/dev/null
    wait "$command"
  fi
  node -e 'require("./dist/app/demo/network").Network.removeLeftovers()'
  exit "$1"
}
trap 'stop 143' TERM
trap 'stop 130' INT
trap 'stop 129' HUP

"$@" &
command=$!
wait "$command"
