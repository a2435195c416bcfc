#!/bin/sh
# Scans: all of it as JSON, SARIF and a page; of a pull request what it changes, as JSON and Markdown.
. "$(dirname "$0")/lib.sh"

"$TRUELINE" scan . --quiet --format json --output "$OUT/scan.json"
"$TRUELINE" scan . --quiet --format sarif --output "$OUT/scan.sarif"
"$TRUELINE" scan . --quiet --format html --output "$OUT/scan.html"
if is_pull_request && is_commit "${BASE_SHA:-}"; then
    if ! git cat-file -e "$BASE_SHA^{commit}" 2>/dev/null; then
        say "the base $BASE_SHA is not in this clone: give actions/checkout fetch-depth: 0"
        exit 2
    fi
    git diff --no-color --no-ext-diff --unified=3 "$BASE_SHA...HEAD" >"$OUT/changes.diff"
    "$TRUELINE" scan . --quiet --diff "$BASE_SHA" --format json --output "$OUT/changes.json"
    "$TRUELINE" scan . --quiet --diff "$BASE_SHA" --format markdown --output "$OUT/summary.md"
else
    "$TRUELINE" scan . --quiet --format markdown --output "$OUT/summary.md"
fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    # A summary holds 1 MiB.
    head -c 900000 "$OUT/summary.md" >>"$GITHUB_STEP_SUMMARY"
fi
say "reports are in $OUT"
