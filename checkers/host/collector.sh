# The functions that sections are written in. Read by sh from standard input; dash and busybox ash
# run it. It writes nothing, anywhere: every answer goes to standard output, between lines that
# begin with $mark, which nobody who writes files here can know.
LC_ALL=C LANG=C TZ=UTC PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL LANG TZ PATH
# Patterns reach the functions as they are written.
set -f
t_nl='
'
t_blank=' 	
'
t_row='%f %u %g %s %Y %n'
t_literal=
t_limit=
command -v timeout >/dev/null && t_limit='timeout -s KILL 20'

# t_say WORDS: a line of ours.
t_say() { printf '\n%s %s\n' "$mark" "$1"; }

# t_absent PATH: tell why a path cannot be seen: it is not there, or a folder above is closed.
t_absent() {
    t_up=$1
    while [ -n "$t_up" ] && ! [ -e "$t_up" ]; do
        if [ -L "$t_up" ]; then
            case $(stat -L "$t_up" 2>&1 </dev/null) in
            *ermission*) t_say "denied $1" && return ;;
            esac
        fi
        t_up=${t_up%/*}
    done
    if [ -d "${t_up:-/}" ] && ! [ -x "${t_up:-/}" ]; then
        t_say "denied $1"
    else
        t_say "gone $1"
    fi
}

# t_match FOLDER PART: add what matches a part of a pattern in a folder to $t_next.
t_match() {
    if ! [ -e "$1" ]; then
        t_absent "$1"
    elif [ -d "$1" ] && ! { [ -r "$1" ] && [ -x "$1" ]; }; then
        t_say "unread $1"
    elif [ -d "$1" ]; then
        IFS=
        set +f
        for t_one in "$1"/$2; do
            [ -e "$t_one" ] || [ -L "$t_one" ] || continue
            case $t_one in
            *"$t_nl"*) t_say "odd $1" ;;
            *)
                t_count=$((t_count + 1))
                [ "$t_count" -le 5000 ] || break
                t_next=$t_next$t_one$t_nl
                ;;
            esac
        done
        set -f
        IFS=$t_nl
    fi
}

# t_expand PATTERN: set $t_found to the paths that match, one a line.
t_expand() {
    t_found=
    t_count=0
    case $1 in
    *"$t_nl"* | [!/]* | '') return ;;
    *[*?[]*) [ -z "$t_literal" ] || t_found=$1 ;;
    *) t_found=$1 ;;
    esac
    [ -z "$t_found" ] || return 0
    t_found=${1%%[*?[]*}
    t_found=${t_found%/*}
    t_rest=${1#"$t_found"/}
    while [ -n "$t_rest" ]; do
        t_part=${t_rest%%/*}
        case $t_rest in
        */*) t_rest=${t_rest#*/} ;;
        *) t_rest= ;;
        esac
        t_next=
        IFS=$t_nl
        for t_folder in $t_found; do
            case $t_part in
            *[*?[]*) t_match "$t_folder" "$t_part" ;;
            *) t_next=$t_next$t_folder/$t_part$t_nl ;;
            esac
        done
        IFS=$t_blank
        t_found=$t_next
    done
    [ "$t_count" -le 5000 ] || t_say more
}

# t_over READER SIZE PATTERN…: read every regular file that matches, by one of the t_read_ below.
t_over() {
    t_reader=$1
    t_size=$2
    shift 2
    for t_pattern in "$@"; do
        t_say "ask${t_literal:+ed} $t_reader $t_size $t_pattern"
        t_expand "$t_pattern"
        IFS=$t_nl
        for t_path in $t_found; do
            IFS=$t_blank
            if ! [ -e "$t_path" ]; then
                t_absent "$t_path"
            elif ! [ -f "$t_path" ]; then
                t_say "other $t_path"
            elif ! [ -r "$t_path" ]; then
                t_say "unread $t_path"
            else
                "t_read_$t_reader" "$t_path" </dev/null 2>/dev/null
            fi
        done
        IFS=$t_blank
    done
}

t_read_text() {
    t_say "text $1"
    head -c 4194305 "$1"
    t_say ". $?"
}

t_read_head() {
    t_say "head $1"
    head -c "$t_size" "$1"
    t_say ". $?"
}

t_read_tail() {
    t_say "tail $1"
    tail -c "$t_size" "$1"
    t_say ". $?"
}

# The first line that is not blank, unpacked if its file is packed.
t_read_first() {
    t_say "first $1"
    case $1 in
    *.gz) gzip -dc "$1" | head -c 512 ;;
    *) head -c 512 "$1" ;;
    esac
    t_say ". $?"
}

# No more than the first line of it leaves the machine.
t_read_line() {
    t_line=$(head -c 512 "$1")
    t_ended=$?
    t_line=${t_line#"${t_line%%[![:space:]]*}"}
    t_say "first $1"
    printf '%s' "${t_line%%"$t_nl"*}"
    t_say ". $t_ended"
}

# Lines of name:password:…, of a password what it begins with: locked or not, and the scheme.
t_read_accounts() {
    t_say "text $1"
    awk '
        BEGIN { FS = OFS = ":" }
        NF > 1 {
            lock = $2; sub(/[^!*].*$/, "", lock); rest = substr($2, length(lock) + 1)
            if (rest !~ /^x?$/) {
                if (match(rest, /^\$[56]\$rounds=[0-9]+\$/) ||
                    match(rest, /^\$(2[abxy]?|sha1)\$[0-9]+\$/) ||
                    match(rest, /^\$g?y\$[.\/0-9A-Za-z][.\/0-9A-Za-z][.\/0-9A-Za-z]?[.\/0-9A-Za-z]?\$/) ||
                    match(rest, /^\$7\$[.\/0-9A-Za-z]/) ||
                    match(rest, /^\$[0-9a-zA-Z-]+\$/)) rest = substr(rest, 1, RLENGTH)
                else if (length(rest) == 13) rest = "des"
                else rest = "set"
            }
            $2 = lock rest
        }
        { print }' "$1"
    t_say ". $?"
}

# The lines of a file that hold an SSH key.
t_read_keys() {
    t_say "text $1"
    awk '/(ssh-|ecdsa-|sk-|webauthn-)/' "$1"
    t_say ". $?"
}

# A file of settings without the lines that may hold a password.
t_read_plain() {
    t_say "text $1"
    awk 'tolower($0) !~ /pass|pw|secret|authtok|token|cred/' "$1"
    t_say ". $?"
}

# Whether a packed file ends where it should, and the two ends of what is in it.
t_read_packed() {
    t_whole=unknown
    case $(head -c 4 "$1") in
    "$t_gzip"*)
        if [ -n "$(find "$1" -size -8388609c)" ]; then
            t_whole=no
            gzip -t <"$1" && t_whole=yes
        fi
        ;;
    "$t_zstd"*)
        if command -v zstd >/dev/null; then
            t_whole=no
            zstd -lq "$1" >/dev/null && t_whole=yes
        fi
        ;;
    *) return ;;
    esac
    t_say "whole $1"
    printf '%s' "$t_whole"
    t_say ". 0"
    case $(head -c 4 "$1") in
    "$t_gzip"*) [ "$t_whole" = yes ] || return 0 ;;
    *) return 0 ;;
    esac
    t_say "inner_head $1"
    gzip -dc <"$1" | head -c 1024
    t_say ". $?"
    t_say "inner_tail $1"
    gzip -dc <"$1" | tail -c 4096
    t_say ". $?"
}
t_gzip=$(printf '\037\213')
t_zstd=$(printf '\050\265\057\375')

# t_closed PATH DEPTH: the folders that could not be listed, and the links that lead into such.
t_closed() {
    find -H "$1" -xdev -mindepth 1 -maxdepth $(($2 - 1)) -name "*$t_nl*" -prune -o -type d -print |
        while IFS= read -r t_one; do
            { [ -r "$t_one" ] && [ -x "$t_one" ]; } || printf '?%s\n' "$t_one"
        done
    find -H "$1" -xdev -mindepth 1 -maxdepth "$2" -name "*$t_nl*" -prune -o -type l -print |
        while IFS= read -r t_one; do
            [ -e "$t_one" ] || case $(stat -L "$t_one" 2>&1) in
            *ermission*) printf '?%s\n' "$t_one" ;;
            esac
        done
}

# t_rows PATH DEPTH: a row for everything below a folder; links are told, and where they lead to.
t_rows() {
    find -H "$1" -xdev -mindepth 1 -maxdepth "$2" \
        \( -name "*$t_nl*" -prune -exec stat -c '!' {} \; \) -o \
        -exec stat -c "$t_row" {} + -type l -exec stat -L -c "@$t_row" {} +
    t_ended=$?
    [ "$t_ended" = 0 ] || t_closed "$1" "$2"
    printf '=%s\n' "$t_ended"
}

# t_below DEPTH PATTERN…: rows of each folder that matches.
t_below() {
    t_depth=$1
    shift
    for t_pattern in "$@"; do
        t_say "ask${t_literal:+ed} below $t_depth $t_pattern"
        t_expand "$t_pattern"
        IFS=$t_nl
        for t_path in $t_found; do
            IFS=$t_blank
            if ! [ -e "$t_path" ]; then
                t_absent "$t_path"
            elif ! [ -d "$t_path" ]; then
                t_say "other $t_path"
            elif ! { [ -r "$t_path" ] && [ -x "$t_path" ]; }; then
                t_say "unread $t_path"
            else
                t_say "below $t_depth $t_path"
                t_rows "$t_path" "$t_depth" </dev/null 2>/dev/null | head -n 20001
                t_say ". 0"
            fi
        done
        IFS=$t_blank
    done
}

# t_asked VERB NAME ARG…: say which command is asked for; false if it is not here.
t_asked() {
    printf '\n%s ask %s ' "$mark" "$1"
    shift
    printf '%s\037' "$@"
    printf '\n'
    command -v "$1" >/dev/null || { t_say absent && false; }
}

# t_run NAME ARG…: what it prints goes out as it comes.
t_run() {
    t_say out
    { t_err=$($t_limit "$@" 2>&1 >&3 3>&- </dev/null); } 3>&1
    t_ended=$?
    t_say err
    printf '%s' "$t_err"
    t_say ". $t_ended"
}

# What sections are made of: see docs/hosts.md.
file() { t_over text 0 "$@"; }
head_of() { t_over head "$@"; }
tail_of() { t_over tail "$@"; }
first_line_of() { t_over first 0 "$@"; }
only_line_of() { t_over line 0 "$@"; }
accounts_of() { t_over accounts 0 "$@"; }
keys_of() { t_over keys 0 "$@"; }
plain_of() { t_over plain 0 "$@"; }
packed_of() { t_over packed 0 "$@"; }
folder() { t_below 1 "$@"; }
walk() { t_below "$@"; }

status() {
    for t_pattern in "$@"; do
        t_say "ask${t_literal:+ed} status 0 $t_pattern"
        t_expand "$t_pattern"
        IFS=$t_nl
        set --
        for t_path in $t_found; do
            if [ -e "$t_path" ]; then
                set -- "$@" "$t_path"
            else
                t_absent "$t_path"
            fi
        done
        IFS=$t_blank
        t_say rows
        [ $# = 0 ] || stat -L -c "$t_row" "$@" 2>/dev/null </dev/null
        t_say ". 0"
    done
}

run() {
    t_asked run "$@" || return 0
    t_run "$@"
}

run_first() {
    t_asked run_first "$@" || return 0
    t_line=$($t_limit "$@" 2>/dev/null </dev/null | head -c 65536 | head -n 1)
    if [ -z "$t_line" ]; then
        t_run "$@"
        return 0
    fi
    t_say out
    printf '%s\n' "$t_line"
    t_say err
    t_say ". 0"
}

# each LIST FUNCTION ARG…: call the function for every value of a list of the target.
each() {
    t_list=$1
    shift
    case $t_list in
    *_patterns) ;;
    *) t_literal=1 ;;
    esac
    "t_list_$t_list" "$@"
    t_literal=
}

# t_send: greet, and send what main says; packed, because each of its many lines would otherwise
# travel alone.
t_send() {
    if command -v gzip >/dev/null; then
        printf 'troth-collector 1 %s gzip\n' "$mark"
        main | gzip -1
    else
        printf 'troth-collector 1 %s plain\n' "$mark"
        main
    fi
}
