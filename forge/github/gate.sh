#!/bin/sh
# Judges the pull request by the policy of its base; 1 if a gate blocks. The step after it says so in the comment first.
. "$(dirname "$0")/lib.sh"

: >"$OUT/verdict.md"
is_pull_request && is_commit "${BASE_SHA:-}" || { say "no pull request: no gate"; exit 0; }
set -- gate "$BASE_SHA..HEAD"
if [ -n "${ATTEST_KEY:-}" ]; then
    umask 077
    printf '%s\n' "$ATTEST_KEY" >"$OUT/attest.key"
    # The log goes on where it ended; without it, it begins.
    git fetch --quiet origin '+refs/trueline/attestations:refs/trueline/attestations' 2>/dev/null || true
    set -- "$@" --attest --key "$OUT/attest.key"
fi
code=0
"$TRUELINE" "$@" --format markdown >"$OUT/verdict.md" || code=$?
rm -f "$OUT/attest.key"
if [ -n "${ATTEST_KEY:-}" ] && git rev-parse --verify --quiet refs/trueline/attestations >/dev/null; then
    git push --quiet origin refs/trueline/attestations:refs/trueline/attestations ||
        say "the log moved meanwhile: run the job again"
fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    head -c 100000 "$OUT/verdict.md" >>"$GITHUB_STEP_SUMMARY"
fi
exit "$code"
