# The key files of every login, where sshd looks for them (sshd_config(5), AuthorizedKeysFile).
patterns=".ssh/authorized_keys
.ssh/authorized_keys2
$(awk 'tolower($0) ~ /^[ \t]*authorizedkeysfile[ \t=]/ {
    sub(/^[ \t]*[A-Za-z]+[ \t=]+/, ""); gsub(/"/, "")
    for (i = 1; i <= NF; i++) print $i
}' $(set +f; echo /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf) 2>/dev/null </dev/null)"

# A pattern's %h, %u, %U and %% in $filled.
fill() {
    left=$1 filled=
    while :; do
        case $left in
        *%*) ;;
        *) break ;;
        esac
        filled=$filled${left%%\%*}
        left=${left#*%}
        case $left in
        h*) filled=$filled$home ;;
        u*) filled=$filled$user ;;
        U*) filled=$filled$number ;;
        %*) filled=$filled% ;;
        esac
        left=${left#?}
    done
    filled=$filled$left
}

[ -r /etc/passwd ] && while IFS=: read -r user _ number _ _ home _; do
    IFS=$t_nl
    for pattern in $patterns; do
        IFS=$t_blank
        fill "$pattern"
        case $filled in
        /*) ;;
        *) filled=${home%/}/$filled ;;
        esac
        t_literal=1
        keys_of "$filled"
        t_literal=
    done
    IFS=$t_blank
done </etc/passwd
