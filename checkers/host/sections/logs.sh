# The live files that logrotate's patterns match, their older ones, and the first line of each.
head_of 65536 /etc/localtime
logrotate_words() {
    awk -v only="$1" '
        $1 == "olddir" { if (only == "old") { sub(/^[ \t]*olddir[ \t=]+/, ""); print }; next }
        only == "live" && /^[ \t]*["'\'']?\// {
            line = $0; sub(/\{.*/, "", line)
            while (match(line, /"[^"]*"|'\''[^'\'']*'\''|[^ \t"'\'']+/)) {
                word = substr(line, RSTART, RLENGTH); line = substr(line, RSTART + RLENGTH)
                gsub(/["'\'']/, "", word)
                if (word ~ /^\//) print word
            }
        }' $(set +f; printf '%s\n' /etc/logrotate.conf /etc/logrotate.d/*) 2>/dev/null </dev/null
}
old=$(logrotate_words old)
IFS=$t_nl
for pattern in $(logrotate_words live); do
    IFS=$t_blank
    status "$pattern"
    first_line_of "$pattern"
    folder "${pattern%/*}"
    IFS=$t_nl
    for place in "${pattern%/*}" $old; do
        IFS=$t_blank
        case $place in
        /*) ;;
        *) place=${pattern%/*}/$place && folder "$place" ;;
        esac
        first_line_of "$place/${pattern##*/}"[.-]*
        case ${pattern##*/} in
        *.*) name=${pattern##*/} && first_line_of "$place/${name%.*}-*.${name##*.}*" ;;
        esac
        IFS=$t_nl
    done
    IFS=$t_nl
done
for place in $old; do
    IFS=$t_blank
    case $place in
    /*) folder "$place" ;;
    esac
    IFS=$t_nl
done
IFS=$t_blank
# Of the records of sign-ins two are enough to tell their form.
head_of 800 /var/log/wtmp* /var/log/btmp*
