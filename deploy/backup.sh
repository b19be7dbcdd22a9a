#!/bin/sh
# Backs an installation up while it serves: the store, its key, and its keys and people, in one archive.
# Usage: backup.sh DATA_DIR ARCHIVE.tar [postgres://…]
# With a URL the store is PostgreSQL (pg_dump), without one it is ges.sqlite3 in DATA_DIR (sqlite3).
# The archive holds the installation's key and customers' data: keep it as safe as the installation itself.
set -eu

data=${1:?the data directory} archive=${2:?the archive to write} database=${3:-}
[ ! -e "$archive" ] || { echo "$archive exists already" >&2; exit 1; }
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -n "$database" ]; then
    # One snapshot, whatever is written meanwhile.
    pg_dump --format=custom --no-owner --no-privileges --file="$work/ges.dump" "$database"
else
    # A copy of the file alone would miss what still lies in its log.
    sqlite3 -readonly "$data/ges.sqlite3" ".timeout 10000" ".backup '$work/ges.sqlite3'"
    [ "$(sqlite3 "$work/ges.sqlite3" 'PRAGMA integrity_check')" = ok ]
fi
for file in installation.key access.toml; do
    if [ -e "$data/$file" ]; then cp -p "$data/$file" "$work/"; fi
done
# Under its own name only when it is whole.
tar -C "$work" -cf "$archive.part" .
mv "$archive.part" "$archive"
echo "$archive: $(tar -tf "$archive" | grep -c '[^/]$') files"
