#!/usr/bin/env bash
# npm run demo: a call through a firewall that passes TCP port 80 only, in three network namespaces.
# Flags: see --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PATH:/usr/sbin:/sbin"

packages=run
client=ue
before=
for flag in "$@"; do
  case "$before$flag" in
    --browser | --client=chromium | --clientchromium) client=chromium packages=dev ;;
    --client=linphone | --clientlinphone) client=linphone ;;
    -h | --help)
      bash tools/setup.sh run
      exec node dist/app/demo/main.js --help
      ;;
  esac
  [ "$flag" = --client ] && before=$flag || before=
done

# Asked first: nobody should wait for an installation to be told this.
become_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    become_root=(sudo env "PATH=$PATH" "RTPENGINE_BIN=${RTPENGINE_BIN:-}")
  else
    echo "edge80: the demo makes network namespaces and a firewall, which needs root: run it as root or with sudo." >&2
    exit 1
  fi
fi

bash tools/setup.sh "$packages"
bash tools/setup.sh demo
case "$client" in
  chromium) bash tools/setup.sh browser ;;
  linphone) bash tools/setup.sh softphone ;;
esac
exec "${become_root[@]}" node dist/app/demo/main.js "$@"
