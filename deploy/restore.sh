#!/bin/sh
# Restores what backup.sh wrote, into an empty data directory and, with a URL, an empty database. Stop all nodes first.
# Usage: restore.sh ARCHIVE.tar DATA_DIR [postgres://…]
set -eu

archive=${1:?the archive} data=${2:?the data directory} database=${3:-}
umask 077
mkdir -p "$data"
[ -z "$(ls -A "$data")" ] || { echo "$data is not empty" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -C "$work" -xf "$archive"

if [ -e "$work/ges.dump" ]; then
    : "${database:?this archive is of PostgreSQL; name the database to fill}"
    # All or nothing.
    pg_restore --no-owner --no-privileges --single-transaction --exit-on-error --dbname="$database" "$work/ges.dump"
    rm "$work/ges.dump"
elif [ -n "$database" ]; then
    echo "this archive is of an embedded store; leave the database out" >&2
    exit 1
fi
cp -p "$work"/* "$data/"
echo "$data: restored; ges check tells whether all is well"
