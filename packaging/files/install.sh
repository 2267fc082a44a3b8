#!/bin/sh
# Puts the Quayside host agent in place and prepares this host: ./install.sh [flags of "quayside-agent install"]
# DESTDIR=/some/folder only copies the files, for images and packages.
set -eu

destination=${DESTDIR:-}
here=$(cd "$(dirname "$0")" && pwd)

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null) ||
  fail "there is no Node.js on this host. Amazon Linux 2023: dnf install nodejs22. Debian: apt install nodejs (20 or later)."
[ "$major" -ge 20 ] || fail "Node.js $major is too old: the agent needs 20 or later."
[ -n "$destination" ] || [ "$(id -u)" = 0 ] || fail "run it as root (sudo), or copy the files only with DESTDIR."

mkdir -p "$destination/usr/lib/quayside" "$destination/usr/bin"
# Under another name first: an agent that runs from the old file never sees half of the new one.
for file in quayside-agent.mjs quayside-agent.service; do
  cp "$here/$file" "$destination/usr/lib/quayside/.$file.new"
  chmod 644 "$destination/usr/lib/quayside/.$file.new"
  mv "$destination/usr/lib/quayside/.$file.new" "$destination/usr/lib/quayside/$file"
done
cp "$here/quayside-agent" "$destination/usr/bin/quayside-agent"
chmod 755 "$destination/usr/bin/quayside-agent"
[ -z "$destination" ] || exit 0

getent passwd quayside >/dev/null ||
  useradd --system --user-group --no-create-home --home-dir /var/lib/quayside --shell /usr/sbin/nologin quayside
/usr/bin/quayside-agent install "$@"
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart quayside-agent.service
fi
