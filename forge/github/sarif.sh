#!/bin/sh
# Uploads the SARIF log to code scanning.
. "$(dirname "$0")/lib.sh"

"$TRUELINE" forge sarif "$OUT/scan.sarif" --commit "$GITHUB_SHA" --reference "$GITHUB_REF" >"$OUT/sarif-request.json"
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
