#!/bin/sh
# Backs an installation up while it serves: the store, the keys, and who may ask, in one archive.
# Usage: backup.sh CONFIG.toml ARCHIVE.tar [postgres://…]
# Run it where a node runs, with its environment: `ges files` says where the configuration has what. GES names the program.
# With a URL the store is PostgreSQL (pg_dump), without one it is the embedded store's file (sqlite3).
# The archive holds the installation's keys and customers' data: keep it as safe as the installation itself.
set -eu

config=${1:?the configuration} archive=${2:?the archive to write} database=${3:-}
[ ! -e "$archive" ] || { echo "$archive exists already" >&2; exit 1; }
umask 077
work=$(mktemp -d) list=$(mktemp)
trap 'rm -rf "$work" "$list"' EXIT
"${GES:-ges}" files --config "$config" > "$list"

if [ -n "$database" ]; then
    # One snapshot, whatever is written meanwhile.
    pg_dump --format=custom --no-owner --no-privileges --file="$work/ges.dump" "$database"
elif ! grep -q '^ges.sqlite3	' "$list"; then
    echo "the store of $config is PostgreSQL: name its URL" >&2
    exit 1
fi
while IFS='	' read -r name file; do
    if [ ! -e "$file" ]; then
        echo "$name is missing: there is no $file" >&2
        exit 1
    elif [ "$name" != ges.sqlite3 ]; then
        cp -p "$file" "$work/$name"
    elif [ -z "$database" ]; then
        # A copy of the file alone would miss what still lies in its log.
        sqlite3 -readonly "$file" ".timeout 10000" ".backup '$work/$name'"
        [ "$(sqlite3 "$work/$name" 'PRAGMA integrity_check')" = ok ]
    fi
done < "$list"
# Under its own name only when it is whole.
tar -C "$work" -cf "$archive.part" .
mv "$archive.part" "$archive"
echo "$archive: $(tar -tf "$archive" | grep -c '[^/]$') files"
