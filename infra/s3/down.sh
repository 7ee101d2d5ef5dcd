#!/usr/bin/env bash
# Ends the development S3 server that up.sh started, by its process ids, and deletes its store.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/env.sh"

end() { # a daemon's name
  is_running "$1" || return 0
  local pid
  pid=$(cat "$DIR/run/$1.pid")
  kill "$pid"
  for _ in $(seq 100); do
    is_running "$1" || return 0
    sleep 0.1
  done
  kill -KILL "$pid" # nothing here is to be kept
}

for daemon in client.rgw osd.0 mon.a; do
  end "$daemon"
done
# Only a folder that up.sh filled is deleted, whatever WHOLEBOOK_S3_DIR names.
if [ -f "$CEPH_CONF" ]; then
  rm -rf "$DIR"
  say "The S3 server and its data are gone."
fi
