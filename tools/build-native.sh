#!/usr/bin/env bash
# Builds the native forwarding plane (native/) where that can be done, and says in one line what came of it. Never
# fails: without it media is forwarded by Node. With CI set the tests of it fail then.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

addon=native/build/Release/forwarding_plane.node
log=native/build.log

say() { printf 'edge80: %s\n' "$*" >&2; }

give_up() {
  rm -f "$addon"
  say "the native forwarding plane was not built ($*); media will be forwarded by Node"
  exit 0
}

loads() { node -e 'process.dlopen({ exports: {} }, process.argv[1])' "./$addon" 2>/dev/null; }

if [ -f "$addon" ] && [ -z "$(find native node_modules/node-addon-api/napi.h -maxdepth 1 -newer "$addon" \
  \( -name '*.cc' -o -name '*.h' -o -name '*.gyp' \) -print -quit)" ] &&
  loads; then
  exit 0
fi
# Make would take what another machine built for up to date.
loads || rm -rf native/build/Release
for program in g++ make python3; do
  command -v "$program" >/dev/null || give_up "$program is missing"
done

# npm brings a node-gyp, and tells its scripts where.
node_gyp=${npm_config_node_gyp:-$(dirname "$(readlink -f "$(command -v npm)")")/../node_modules/node-gyp/bin/node-gyp.js}
[ -f "$node_gyp" ] || give_up "node-gyp is missing, which npm brings"

# Node's headers lie beside it; where they do not, node-gyp looks for them by itself.
prefix=$(node -p 'path.resolve(process.execPath, "../..")')
headers=()
if [ -f "$prefix/include/node/node_api.h" ]; then headers=("--nodedir=$prefix"); fi

if node "$node_gyp" configure build --directory native "${headers[@]}" >"$log" 2>&1 && [ -f "$addon" ]; then
  # Make leaves what is unchanged as it is.
  touch "$addon"
  say "the native forwarding plane was built"
else
  give_up "see $log"
fi
