# The ends of the text logs; only counts are kept of them.
tail_of 262144 /var/log/*.log /var/log/*/*.log /var/log/syslog /var/log/messages
