file /etc/logrotate.conf /etc/logrotate.d/*
