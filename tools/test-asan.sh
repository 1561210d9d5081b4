#!/usr/bin/env bash
# npm run test:asan: the gateway's tests against the native plane, built with AddressSanitizer and UBSan. Any fault that
# they find ends the run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

prefix=$(node -p 'path.resolve(process.execPath, "../..")')
napi=$(node -p "require('node-addon-api').include_dir")
folder=native/build/asan
mkdir -p "$folder"
g++ -shared -fPIC -pthread -std=c++17 -O1 -g -fno-omit-frame-pointer -Wall -Wextra -Werror -Wno-unused-parameter \
  -fsanitize=address,undefined -fno-sanitize-recover=undefined \
  -DNAPI_VERSION=8 -DNAPI_DISABLE_CPP_EXCEPTIONS -DNODE_GYP_MODULE_NAME=forwarding_plane \
  "-I$prefix/include/node" "-I$napi" native/*.cc -o "$folder/forwarding_plane.node"

# What Node itself keeps until its end is not ours to count.
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1
export UBSAN_OPTIONS=print_stacktrace=1
export NATIVE_ADDON=$PWD/$folder/forwarding_plane.node
export LD_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libubsan.so)"
export CI=1
exec node node_modules/.bin/jest --runInBand test/unit/gateway/native-plane.test.ts \
  test/unit/gateway/native-threads.test.ts "$@"
