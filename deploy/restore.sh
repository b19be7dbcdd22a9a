#!/bin/sh
# Restores what backup.sh wrote: each file to where the configuration has it, where nothing may be, and, with a URL, the
# store into an empty database. Stop all nodes first.
# Usage: restore.sh ARCHIVE.tar CONFIG.toml [postgres://…]
# Run it where a node is to run, with its environment: `ges files` says where the configuration has what. GES names the
# program.
set -eu

archive=${1:?the archive} config=${2:?the configuration} database=${3:-}
umask 077
work=$(mktemp -d) list=$(mktemp)
trap 'rm -rf "$work" "$list"' EXIT
"${GES:-ges}" files --config "$config" > "$list"
tar -C "$work" -xf "$archive"

while IFS='	' read -r name file; do
    [ ! -e "$file" ] || { echo "$file is there already" >&2; exit 1; }
    [ -e "$work/$name" ] || { echo "the archive has no $name, which $config wants at $file" >&2; exit 1; }
done < "$list"
for kept in "$work"/*; do
    name=${kept##*/}
    [ "$name" = ges.dump ] || grep -q "^$name	" "$list" || { echo "$config has no place for $name" >&2; exit 1; }
done
if [ -e "$work/ges.dump" ]; then
    : "${database:?this archive is of PostgreSQL; name the database to fill}"
    # All or nothing.
    pg_restore --no-owner --no-privileges --single-transaction --exit-on-error --dbname="$database" "$work/ges.dump"
elif [ -n "$database" ]; then
    echo "this archive is of an embedded store; leave the database out" >&2
    exit 1
fi
while IFS='	' read -r name file; do
    mkdir -p "$(dirname "$file")"
    cp -p "$work/$name" "$file"
    echo "$file"
done < "$list"
echo "restored; ges check tells whether all is well"
