# Who has a crontab; not what is in it.
folder /var/spool/cron/crontabs /var/spool/cron /etc/crontabs
