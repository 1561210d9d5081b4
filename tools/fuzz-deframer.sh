#!/usr/bin/env bash
# npm run fuzz:deframer [-- SECONDS]: libFuzzer on the native deframer, with AddressSanitizer and UBSan. Needs
# clang-14 and libclang-rt-14-dev, which it installs by apt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-60}
# libFuzzer takes what is no number for 0, and runs for ever.
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "usage: npm run fuzz:deframer [-- SECONDS]" >&2; exit 2; }
bash tools/setup.sh fuzz

folder=native/build/fuzz
mkdir -p "$folder/corpus"
clang++-14 -std=c++17 -O1 -g -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
  native/fuzz/deframer.cc -o "$folder/deframer"
exec "$folder/deframer" -max_len=4096 -max_total_time="$seconds" -print_final_stats=1 \
  -artifact_prefix="$folder/" "$folder/corpus"
