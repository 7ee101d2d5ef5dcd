#!/usr/bin/env bash
# A real S3 server on loopback for development and tests: one Ceph monitor, one OSD, radosgw. No container engine.
# Prints the lines to export. Data does not outlive down.sh. Exit 3: this machine cannot have it (no apt-get).
set -eEuo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/env.sh"

main() {
  if is_up; then
    say "The S3 server is up already: $AWS_ENDPOINT_URL_S3"
  else
    "$here/install.sh"
    "$here/down.sh"
    trap failed ERR
    write_config
    start_monitor
    start_osd
    start_gateway
    say "The S3 server is up: $AWS_ENDPOINT_URL_S3"
  fi
  print_exports
}

failed() {
  say "The S3 server did not start; the last lines of its logs:"
  tail -n 5 "$DIR"/log/* >&2 || true
  "$here/down.sh"
}

wait_until() { # seconds, what is waited for, command...
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || { say "Waited in vain for $what"; return 1; }
    sleep 0.3
  done
}

write_config() {
  mkdir -p "$DIR"/{mon,osd,rgw,run,log}
  sed -e "s|@DIR@|$DIR|g" -e "s|@PORT@|$PORT|g" -e "s|@MON_PORT@|$((PORT + 1))|g" \
      -e "s|@SIZE@|$(numfmt --from=iec "$SIZE")|g" -e "s|@FSID@|$(uuid)|g" "$here/ceph.conf.in" >"$CEPH_CONF"
  local keyring=$DIR/keyring
  ceph-authtool --create-keyring "$keyring" --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool "$keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  ceph-authtool "$keyring" --gen-key -n client.rgw --cap mon 'allow *' --cap osd 'allow *'
  ceph-authtool "$keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
} >/dev/null

uuid() { cat /proc/sys/kernel/random/uuid; }

start_monitor() {
  monmaptool --create --fsid "$(ceph-conf --lookup fsid)" --addv a "[v2:127.0.0.1:$((PORT + 1))]" "$DIR/monmap"
  ceph-mon --mkfs -i a --monmap "$DIR/monmap" --keyring "$DIR/keyring"
  ceph-mon -i a
  wait_until 30 "the monitor" timeout 5 ceph mon stat
} >"$DIR/log/monitor.out" 2>&1

start_osd() {
  local id
  id=$(uuid)
  timeout 30 ceph osd new "$id"
  ceph-osd -i 0 --mkfs --osd-uuid "$id"
  ceph-osd -i 0
  wait_until 60 "the store" osd_is_up
} >"$DIR/log/osd.out" 2>&1

osd_is_up() { timeout 5 ceph osd stat | grep -q '1 up'; }

start_gateway() {
  radosgw -n client.rgw
  wait_until 90 "the gateway" answers
  timeout 60 radosgw-admin -n client.rgw user create --uid=dev --display-name=dev \
    --access-key="$AWS_ACCESS_KEY_ID" --secret="$AWS_SECRET_ACCESS_KEY"
} >"$DIR/log/gateway.out" 2>&1

main
