file /usr/lib/systemd/journald.conf /run/systemd/journald.conf /etc/systemd/journald.conf
file /usr/lib/systemd/journald.conf.d/*.conf /run/systemd/journald.conf.d/*.conf
file /etc/systemd/journald.conf.d/*.conf
status /var/log/journal
