#!/bin/sh
# Writes surfaces.schema.json anew from the published types. Needs Node.js and
# npm; everything is installed into a directory that is removed again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/surfaces.ts" "$work/"
cd "$work"
npm init -y >/dev/null
npm install --no-audit --no-fund @slack/types@3.2.0 ts-json-schema-generator@2.4.0
npx ts-json-schema-generator --path surfaces.ts --type Surfaces --no-type-check --out "$here/surfaces.schema.json"
