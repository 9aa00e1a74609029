# Which text logs there are, for a look at their ends.
status /var/log/*.log /var/log/*/*.log /var/log/syslog /var/log/messages
