#!/bin/sh
# One comment on the pull request, edited in place.
. "$(dirname "$0")/lib.sh"

is_pull_request || { say "no pull request: no comment"; exit 0; }
marker='<!-- trueline:scan -->'
author=${COMMENT_AUTHOR:-github-actions[bot]}
comments="/repos/$GITHUB_REPOSITORY/issues/$PR_NUMBER/comments"

set -- "$OUT/summary.md"
[ ! -s "$OUT/verdict.md" ] || set -- "$@" "$OUT/verdict.md"
"$TRUELINE" forge comment "$@" >"$OUT/comment-request.json"

id=
page=1
while [ "$page" -le 10 ]; do
    api GET "$comments?per_page=100&page=$page" >"$OUT/comments.json"
    id=$("$TRUELINE" forge find-comment "$OUT/comments.json" --marker "$marker" --author "$author")
    [ -z "$id" ] || break
    # A page without an id has no comments: the list is at its end.
    grep -q '"id"' "$OUT/comments.json" || break
    page=$((page + 1))
done
if [ -n "$id" ]; then
    method=PATCH path="/repos/$GITHUB_REPOSITORY/issues/comments/$id"
else
    method=POST path=$comments
fi
if api "$method" "$path" "$OUT/comment-request.json" >"$OUT/comment-answer.json"; then
    say "comment ${id:-of this change} written"
else
    not_taken "$OUT/comment-answer.json"
fi
