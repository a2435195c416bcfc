#!/bin/sh
# A scheduled run keeps its scan under a git reference and shows the trend: monitoring without a server. The reference
# holds one commit without a parent, with the last KEEP scans by day, so that it does not grow.
. "$(dirname "$0")/lib.sh"

reference=refs/trueline/history
keep=${KEEP:-60}
case $keep in '' | *[!0-9]*) keep=60 ;; esac
remote=${REMOTE:-origin}

old=
if git fetch --quiet "$remote" "+$reference:$reference" 2>/dev/null; then
    old=$(git rev-parse --verify --quiet "$reference" || true)
fi
# In the order of days, then of commits: names sort as they should.
day=$(TZ=UTC git log -1 --date=format-local:%Y-%m-%d --format=%cd HEAD)
name=$day-$(git rev-parse HEAD).json
blob=$(git hash-object -w --stdin <"$OUT/scan.json")
{
    [ -z "$old" ] || git ls-tree "$old" | grep -v "	$name\$" || true
    printf '100644 blob %s\t%s\n' "$blob" "$name"
} | sort -k 4 | tail -n "$keep" >"$OUT/history.tree"
tree=$(git mktree <"$OUT/history.tree")
if [ -n "$old" ] && [ "$tree" = "$(git rev-parse "$old^{tree}")" ]; then
    say "this commit is kept already"
else
    commit=$(
        GIT_AUTHOR_NAME=trueline GIT_AUTHOR_EMAIL=trueline@localhost \
        GIT_COMMITTER_NAME=trueline GIT_COMMITTER_EMAIL=trueline@localhost \
            git commit-tree "$tree" -m "scans up to $day"
    )
    git update-ref "$reference" "$commit"
    git push --quiet --force-with-lease="$reference:$old" "$remote" "$reference:$reference"
    say "kept under $reference"
fi
rm -rf "$OUT/history"
mkdir "$OUT/history"
while read -r _ _ blob name; do
    git cat-file blob "$blob" >"$OUT/history/$name"
done <"$OUT/history.tree"
"$TRUELINE" forge trend "$OUT/history" >"$OUT/trend.md"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    cat "$OUT/trend.md" >>"$GITHUB_STEP_SUMMARY"
fi
