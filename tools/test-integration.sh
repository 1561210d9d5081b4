#!/usr/bin/env bash
# tools/test-integration.sh: the integration tests, as many files at a time as there are CPUs, each in a network of its
# own: most of their time is waiting. What a file prints is shown when it has ended. Who may make no such network (it
# needs root) has one file after the other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ $# -eq 1 ]; then
  printed=$(mktemp)
  status=0
  bash tools/own-network.sh bash tools/tidily.sh jest --runInBand --verbose "$1" >"$printed" 2>&1 || status=$?
  flock tools/test-integration.sh cat "$printed"
  rm -f "$printed"
  [ "$status" -eq 0 ] || echo "$1" >>"$FAILED"
  exit "$status"
fi

bash tools/own-network.sh true 2>/dev/null || exec bash tools/tidily.sh jest --runInBand --verbose test/integration

# The longest comes first, or the others wait for it at the end. Two have the machine to themselves: an edge that is late
# refuses calls, which beside attackers is their doing alone, and a tone of libwebrtc suffers from what runs beside it.
longest=test/integration/demo.test.ts
alone=(test/integration/hostile.test.ts test/integration/webrtc.test.ts)
files=("$longest")
for file in test/integration/*.test.ts; do
  [[ " $longest ${alone[*]} " == *" $file "* ]] || files+=("$file")
done
FAILED=$(mktemp)
export FAILED

# Its own process group, to which a signal goes as a whole.
set -m
{
  status=0
  printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" bash tools/test-integration.sh || status=$?
  for file in "${alone[@]}"; do bash tools/test-integration.sh "$file" || status=$?; done
  exit "$status"
} &
group=$(jobs -p)
trap 'kill -TERM -- "-$group"' TERM INT HUP
status=0
wait -n || status=$?
wait
while read -r file; do echo "edge80: FAILED: $file" >&2; done <"$FAILED"
rm -f "$FAILED"
exit "$status"
