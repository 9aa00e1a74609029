# Services that run, and those that inetd and xinetd would start.
run systemctl list-units --type=service,socket --state=running,listening --plain --no-legend --no-pager --full
run rc-status --all --nocolor
file /etc/inetd.conf /etc/xinetd.d/*
