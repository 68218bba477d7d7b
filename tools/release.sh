#!/bin/sh
# Makes a release of the commit that is checked out, twice, and keeps it only when both
# are the same bit for bit. "make release" calls this; docs/release.md tells what comes out.
#
# The second time it is made in a folder with another name, at another moment, and with
# nothing that was compiled before. Nothing is published.
set -eu

: "${GO:=go}" "${RELEASE_GO:?}" "${VULNDB:?}" "${SBOM_TOOL:?}"
platforms=${PLATFORMS:-amd64 arm64} # fewer only to try this out
# What the machine sets for other builds is not a part of this one.
unset GOFLAGS GOAMD64 GOARM64 GOEXPERIMENT GODEBUG
export CGO_ENABLED=0 GOOS=linux GOENV=off GOWORK=off GOTOOLCHAIN="$RELEASE_GO" LC_ALL=C TZ=UTC

[ -z "$(git status --porcelain)" ] || { echo "release: there are changes that are not committed"; exit 1; }
commit=$(git rev-parse HEAD)
created=$(git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ)
here=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

native() { env -u GOOS -u GOARCH "$GO" "$@"; }

# make_in FOLDER makes the release there.
make_in() {
	git clone -q "$here" "$1"
	cd "$1"
	git checkout -q --detach "$commit"
	mkdir dist
	for arch in $platforms; do
		GOARCH=$arch "$GO" build -buildvcs=true -trimpath -ldflags='-s -w -buildid=' -o "dist/bot-linux-$arch" ./cmd/bot
	done
	version=$("$GO" version -m "dist/bot-linux-${platforms%% *}" | awk '$1 == "mod" { print $3 }')
	native run ./tools/licences notices > dist/NOTICES.txt
	for arch in $platforms; do
		native run -trimpath "$SBOM_TOOL" bin -json -notimestamp -noserial -output "dist/bot-linux-$arch.cdx.json" "dist/bot-linux-$arch"
	done
	native run ./tools/image -platforms "$(echo $platforms | tr " " ,)" -created "$created" -version "$version" -revision "$commit"
	cp deploy/Dockerfile policy.example.yml manifest.yml dist/
	tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="$created" --mode=u=rwX,go=rX -cf dist/deploy.tar deploy
	(cd dist && sha256sum -- * > SHA256SUMS)
	cd "$here"
}

begun=$(date +%s)
make_in "$work/one/latchkey"
echo "release: made once in $(( $(date +%s) - begun )) s"
begun=$(date +%s)
GOCACHE="$work/cache" make_in "$work/the second time, elsewhere"
echo "release: made again, with nothing compiled before, in $(( $(date +%s) - begun )) s"

one=$work/one/latchkey/dist
diff -r "$one" "$work/the second time, elsewhere/dist" || { echo "release: the two are not the same"; exit 1; }

vulns=$(cd / && "$GO" mod download -json "$VULNDB" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
# By packages: a binary without debug tables does not tell which functions are in it.
check=$(native tool -n govulncheck)
for arch in $platforms; do
	(cd "$one/.." && GOARCH=$arch "$check" -db "file://$vulns/data/osv" -scan package ./cmd/bot)
done
case $(uname -m) in
x86_64) own=amd64 ;;
aarch64) own=arm64 ;;
*) own= ;;
esac
# What is made for another machine only is not run.
[ ! -f "$one/bot-linux-$own" ] || RELEASED=$one native test -tags release ./test/deploy -run '^TestReleased$' -count=1 -v

rm -rf dist
mv "$one" dist
cat dist/SHA256SUMS
(cd dist && du -b -- *)
