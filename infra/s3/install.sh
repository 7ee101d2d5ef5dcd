#!/usr/bin/env bash
# Installs the S3 server of Ceph from Debian packages where it is missing. Exit 3: there is no apt-get.
set -euo pipefail
PACKAGES="radosgw ceph-mon ceph-osd ceph-common"

installed() {
  for command in radosgw radosgw-admin ceph ceph-mon ceph-osd; do
    command -v "$command" >/dev/null || return 1
  done
}

installed && exit 0
command -v apt-get >/dev/null || { echo "No apt-get here to install the S3 server: $PACKAGES" >&2; exit 3; }

as_root=()
if [ "$(id -u)" != 0 ]; then
  as_root=(sudo --non-interactive)
  "${as_root[@]}" true 2>/dev/null || { echo "Install as root: apt-get install $PACKAGES" >&2; exit 1; }
fi
export DEBIAN_FRONTEND=noninteractive
{
  "${as_root[@]}" apt-get update -qq
  # shellcheck disable=SC2086  one word a package
  "${as_root[@]}" apt-get install -qq -y --no-install-recommends $PACKAGES
} >&2
