# Names of homes, accounts, web roots and backup files; of passwords no more than their scheme.
status /home /var/www /srv/www /srv/http /var/www/vhosts
folder /home /var/www /srv/www /srv/http /var/www/vhosts
status /etc/vsftpd/user_conf /etc/vsftpd_user_conf /etc/vsftpd/users
folder /etc/vsftpd/user_conf /etc/vsftpd_user_conf /etc/vsftpd/users
status /etc/proftpd/ftpd.passwd /etc/ftpd.passwd /etc/pure-ftpd/pureftpd.passwd /etc/pureftpd.passwd
accounts_of /etc/passwd
accounts_of /etc/proftpd/ftpd.passwd /etc/ftpd.passwd /etc/pure-ftpd/pureftpd.passwd /etc/pureftpd.passwd
each trace_backups folder
each customer_folders folder
