#!/usr/bin/env bash
# npm run fuzz:native [-- SECONDS]: libFuzzer on each file of native/fuzz for so long, with AddressSanitizer and UBSan.
# Needs clang-14 and libclang-rt-14-dev, which it installs by apt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-60}
# libFuzzer takes what is no number for 0, and runs for ever.
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "usage: npm run fuzz:native [-- SECONDS]" >&2; exit 2; }
bash tools/setup.sh fuzz

for source in native/fuzz/*.cc; do
  name=$(basename "$source" .cc)
  folder=native/build/fuzz/$name
  mkdir -p "$folder/corpus"
  clang++-14 -std=c++17 -O1 -g -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=undefined "$source" -o "$folder/$name"
  "$folder/$name" -max_len=4096 -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="$folder/" "$folder/corpus"
done
