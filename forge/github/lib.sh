# Shared by the scripts of the Action; sourced, never run. POSIX shell, curl and git; every request is made by
# `trueline forge`, so that no text of a repository is put together here.
#
# TRUELINE       the program
# OUT            where the steps leave their files
# GITHUB_*       as the runner sets them

set -eu
TRUELINE=${TRUELINE:-trueline}
OUT=${OUT:-${RUNNER_TEMP:-/tmp}/trueline}
mkdir -p "$OUT"

# api METHOD PATH [FILE]: one request; the answer goes to standard output. The token stands in a file that curl reads,
# so that no list of processes shows it.
api() {
    method=$1 path=$2 body=${3:-}
    set -- --silent --show-error --fail-with-body --max-time 60 --retry 3 \
        --request "$method" --config - \
        --header 'Accept: application/vnd.github+json' \
        --header 'X-GitHub-Api-Version: 2022-11-28'
    if [ -n "$body" ]; then
        set -- "$@" --header 'Content-Type: application/json' --data-binary "@$body"
    fi
    printf 'header = "Authorization: Bearer %s"\n' "$GITHUB_TOKEN" |
        curl "$@" "$GITHUB_API_URL$path"
}

# say TEXT: a line of the log that starts no command of the runner.
say() {
    printf 'trueline: %s\n' "$*"
}

# not_taken ANSWER: the forge refused what is a courtesy to readers. A fork's token may only read: the job goes on, and the
# summary of the job has it all.
not_taken() {
    say "the forge did not take it; a fork's token may only read, others need pull-requests: write. It says:"
    head -c 300 "$1" | tr '\n' ' '
    echo
}

# A pull request is known by its number; anything else is none.
is_pull_request() {
    case ${PR_NUMBER:-} in
        '' | *[!0-9]*) return 1 ;;
    esac
}

# Ids of commits are hexadecimal, or they are not used.
is_commit() {
    case ${1:-} in
        '' | *[!0-9a-f]*) return 1 ;;
    esac
}
