#!/usr/bin/env bash
# npm run test:asan, npm run test:tsan: the gateway's tests against the native plane, built with AddressSanitizer and
# UBSan, or with ThreadSanitizer. Any fault that they find ends the run, or its exit status tells.
#
#     tools/test-sanitized.sh address|thread [options of jest]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

kind=$1
shift
case $kind in
  address)
    sanitizers=address,undefined
    preloaded="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libubsan.so)"
    # What Node itself keeps until its end is not ours to count.
    export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1
    export UBSAN_OPTIONS=print_stacktrace=1
    start=()
    ;;
  thread)
    sanitizers=thread
    preloaded=$(g++ -print-file-name=libtsan.so)
    suppressions=$PWD/tools/tsan-suppressions.txt
    export TSAN_OPTIONS=suppressions=$suppressions:report_signal_unsafe=0:exitcode=66
    # It knows only the usual layout of memory.
    start=(setarch -R)
    ;;
  *)
    echo "usage: $0 address|thread" >&2
    exit 2
    ;;
esac

prefix=$(node -p 'path.resolve(process.execPath, "../..")')
napi=$(node -p "require('node-addon-api').include_dir")
folder=native/build/$kind
mkdir -p "$folder"
g++ -shared -fPIC -pthread -std=c++17 -O1 -g -fno-omit-frame-pointer -Wall -Wextra -Werror -Wno-unused-parameter \
  "-fsanitize=$sanitizers" -fno-sanitize-recover=undefined \
  -DNAPI_VERSION=8 -DNAPI_DISABLE_CPP_EXCEPTIONS -DNODE_GYP_MODULE_NAME=forwarding_plane \
  "-I$prefix/include/node" "-I$napi" native/*.cc -o "$folder/forwarding_plane.node"

export NATIVE_ADDON=$PWD/$folder/forwarding_plane.node
export CI=1
export LD_PRELOAD=$preloaded
exec "${start[@]}" node node_modules/.bin/jest --runInBand test/unit/gateway/native-plane.test.ts \
  test/unit/gateway/native-threads.test.ts test/unit/gateway/native-events.test.ts test/unit/gateway/native-relay.test.ts "$@"
