#!/bin/sh
# Uploads the SARIF log to code scanning.
. "$(dirname "$0")/lib.sh"

# The log speaks of what is checked out: of a pull request that is its head, not the merge that the event names.
commit=$GITHUB_SHA reference=$GITHUB_REF
if is_pull_request && is_commit "${HEAD_SHA:-}" && [ "$(git rev-parse HEAD)" = "$HEAD_SHA" ]; then
    commit=$HEAD_SHA reference=refs/pull/$PR_NUMBER/head
fi
"$TRUELINE" forge sarif "$OUT/scan.sarif" --commit "$commit" --reference "$reference" >"$OUT/sarif-request.json"
# 10 MB packed is what is taken; the request holds it as base64.
if [ "$(wc -c <"$OUT/sarif-request.json")" -gt 13900000 ]; then
    say "the log is larger than code scanning takes; it was not uploaded"
    exit 0
fi
if api POST "/repos/$GITHUB_REPOSITORY/code-scanning/sarifs" "$OUT/sarif-request.json" >"$OUT/sarif-answer.json"; then
    say "uploaded to code scanning"
else
    # Forks' tokens may not, and not every repository has code scanning: that is no reason to fail.
    say "code scanning did not take the log (it needs security-events: write):"
    head -c 500 "$OUT/sarif-answer.json"
fi
