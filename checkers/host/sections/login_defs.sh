file /etc/login.defs
