# Names and modes where secrets usually lie; the first line of what may be a key that all can read.
walk 3 /etc/ssh /root /home/* /srv
status / /etc /home /etc/ssh /root /home/* /srv
for place in $(set +f; echo /etc/ssh /root /home/* /srv); do
    [ -d "$place" ] || continue
    find -H "$place" -xdev -mindepth 1 -maxdepth 3 -type f -perm -4 \
        \( -name 'id_*' -o -name '*_key' -o -name '*.pem' -o -name '*.key' -o -name '*.ppk' \) \
        ! -name '*.pub' ! -name "*$t_nl*" -print 2>/dev/null </dev/null
done | while IFS= read -r candidate; do
    t_literal=1
    only_line_of "$candidate"
    t_literal=
done
