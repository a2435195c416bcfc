#!/bin/sh
# Puts the program on the path: the one that is there, or the wheel of the version that is asked for.
. "$(dirname "$0")/lib.sh"

if [ -n "${TRUELINE_PROGRAM:-}" ]; then
    # Built or installed by an earlier step.
    [ -x "$TRUELINE_PROGRAM" ] || { say "program: $TRUELINE_PROGRAM is not there"; exit 2; }
    folder=$(cd "$(dirname "$TRUELINE_PROGRAM")" && pwd)
else
    case ${TRUELINE_VERSION:-} in
        '') package=trueline ;;
        *[!0-9A-Za-z.]*) say "version: no version"; exit 2 ;;
        *) package="trueline==$TRUELINE_VERSION" ;;
    esac
    python3 -m venv "$OUT/venv"
    "$OUT/venv/bin/pip" install --quiet --disable-pip-version-check "$package"
    folder=$OUT/venv/bin
fi
[ -z "${GITHUB_PATH:-}" ] || printf '%s\n' "$folder" >>"$GITHUB_PATH"
"$folder/trueline" --version
