#!/bin/sh
# Findings on changed lines as one review, with safe fixes as suggestions; what was said before is not said again.
. "$(dirname "$0")/lib.sh"

is_pull_request && is_commit "${HEAD_SHA:-}" || { say "no pull request: no review"; exit 0; }
if ! git diff --quiet "$HEAD_SHA" HEAD 2>/dev/null; then
    say "what is checked out is not the head of the change: its lines may stand elsewhere; give actions/checkout its ref"
    exit 0
fi
reviews="/repos/$GITHUB_REPOSITORY/pulls/$PR_NUMBER"
api GET "$reviews/comments?per_page=100&sort=created&direction=desc" >"$OUT/review-comments.json"
"$TRUELINE" forge review --scan "$OUT/changes.json" --diff "$OUT/changes.diff" \
    --comments "$OUT/review-comments.json" --commit "$HEAD_SHA" >"$OUT/review-request.json"
if [ ! -s "$OUT/review-request.json" ]; then
    say "nothing new to say on lines"
    exit 0
fi
if api POST "$reviews/reviews" "$OUT/review-request.json" >"$OUT/review-answer.json"; then
    say "review written"
else
    not_taken "$OUT/review-answer.json"
fi
