# The audit daemon: its settings, its log files, and whether the kernel tells it anything.
file /etc/audit/auditd.conf
folder /var/log/audit
status /var/log/audit/*
first_line_of /var/log/audit/*
run auditctl -s
run auditctl -l
