# Finds the CPythons from 3.10 to 3.14; sourced by the scripts beside it. Nothing is installed.
#
# A Python is python3.X on PATH, or what `uv python find` knows, if it runs; a debug build is python3.X-dbg or
# python3.Xd on PATH. The variable STACKPROOF_PYTHONS, a colon-separated list of interpreters, takes the place of the
# search for both.
#
# find_pythons fills the arrays `pythons`, `versions` and `builds` (release or debug), and `missing` with what is not
# there, and why.

MINORS=(10 11 12 13 14)

# "VERSION BUILD" of an interpreter, if it is a CPython that runs; else why not, and status 1
told_by() {
    local told
    if ! told=$("$1" -I -c '
import platform, sys
print(platform.python_implementation(), platform.python_version(), "debug" if hasattr(sys, "gettotalrefcount") else "release")
' 2>&1); then
        echo "$1 does not run: ${told%%$'\n'*}"
        return 1
    elif [[ $told != CPython\ 3.* ]]; then
        echo "$1 is ${told##*$'\n'}"
        return 1
    fi
    echo "${told#CPython }"
}

add_python() {
    pythons+=("$1") versions+=("${2% *}") builds+=("${2#* }")
}

find_named() {
    local candidate candidates path told
    IFS=: read -ra candidates <<<"$STACKPROOF_PYTHONS"
    for candidate in "${candidates[@]}"; do
        # from here on the working directory is another
        path=$(type -P -- "$candidate" || echo "$candidate")
        path=$(realpath -s -- "$path")
        if told=$(told_by "$path"); then
            add_python "$path" "$told"
        else
            missing+=("$told")
        fi
    done
}

# the first of the candidates that is a 3.MINOR of the build
find_one() {
    local minor=$1 build=$2 name=$3 why told candidate
    shift 3
    why="$name is not on PATH"
    for candidate in "$@"; do
        if told=$(told_by "$candidate"); then
            if [[ $told == 3.$minor.*\ $build ]]; then
                add_python "$candidate" "$told"
                return
            fi
            why="$candidate is $told"
        else
            why=$told
        fi
    done
    missing+=("3.$minor $build: $why")
}

# find_pythons [debug]: debug builds too
find_pythons() {
    local minor path candidates
    pythons=() versions=() builds=() missing=()
    if [[ -n ${STACKPROOF_PYTHONS:-} ]]; then
        find_named
        return
    fi
    for minor in "${MINORS[@]}"; do
        mapfile -t candidates < <(type -aP "python3.$minor" || true)
        if command -v uv >/dev/null && path=$(uv python find --no-project "3.$minor" 2>/dev/null); then
            candidates+=("$path")
        fi
        find_one "$minor" release "python3.$minor" "${candidates[@]}"
    done
    [[ ${1:-} == debug ]] || return 0
    for minor in "${MINORS[@]}"; do
        mapfile -t candidates < <(type -aP "python3.$minor-dbg" "python3.${minor}d" || true)
        find_one "$minor" debug "python3.$minor-dbg" "${candidates[@]}"
    done
}
