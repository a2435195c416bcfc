#!/bin/sh
# Judges the pull request by the policy of its base; 1 if a gate blocks. The step after it says so in the comment first.
. "$(dirname "$0")/lib.sh"

: >"$OUT/verdict.md"
is_pull_request && is_commit "${BASE_SHA:-}" || { say "no pull request: no gate"; exit 0; }
set -- gate "$BASE_SHA..HEAD"
# The event has the pull request as the API tells it: who proposes, where it goes.
if [ -f "${GITHUB_EVENT_PATH:-}" ]; then
    set -- gate --pr "$GITHUB_EVENT_PATH"
fi
# Who reviewed is known to the forge alone. Without it the gates that ask say that they cannot tell.
if [ -n "${GITHUB_TOKEN:-}" ]; then
    : >"$OUT/reviews.json"
    known=yes page=1
    while [ "$page" -le 20 ]; do
        api GET "/repos/$GITHUB_REPOSITORY/pulls/$PR_NUMBER/reviews?per_page=100&page=$page" >"$OUT/reviews-page.json" ||
            { known=; break; }
        cat "$OUT/reviews-page.json" >>"$OUT/reviews.json"
        # A page without an id has no reviews: the list is at its end.
        grep -q '"id"' "$OUT/reviews-page.json" || break
        page=$((page + 1))
    done
    # A part of the list could lack the last word of somebody.
    [ "$page" -le 20 ] || known=
    [ -z "$known" ] || set -- "$@" --reviews "$OUT/reviews.json"
fi
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
# The head of the log, where the key does not reach: an anchor for `trueline attest verify --anchor`.
if [ -n "${ATTEST_KEY:-}" ]; then
    head=$("$TRUELINE" attest verify 2>/dev/null | sed -n 's/^head: //p') || true
    [ -z "$head" ] || printf '\nSigned verdicts: the last is `%s`.\n' "$head" >>"$OUT/verdict.md"
fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    head -c 100000 "$OUT/verdict.md" >>"$GITHUB_STEP_SUMMARY"
fi
exit "$code"
