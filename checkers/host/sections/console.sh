# Who sits at the machine's own screens, and what locks them.
run loginctl list-sessions --no-legend
command -v loginctl >/dev/null && loginctl list-sessions --no-legend 2>/dev/null </dev/null |
    while read -r session _; do
        case $session in
        *[!A-Za-z0-9]*) ;;
        ?*) run loginctl show-session "$session" --property=Type,Class,State,Remote,TTY,IdleHint,IdleSinceHint,LockedHint ;;
        esac
    done
status /run/utmp /var/run/utmp
run who -u
folder /usr/share/xsessions /usr/share/wayland-sessions
file /etc/dconf/db/local.d/* /etc/dconf/db/local.d/locks/*
