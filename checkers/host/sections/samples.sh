# The ends of the logs that tell who asked for what, and from where.
status /var/log/nginx/*access*log /var/log/apache2/*access*log /var/log/httpd/*access*log
status /var/log/lighttpd/*access*log /var/log/haproxy.log /var/log/auth.log /var/log/secure
tail_of 262144 /var/log/nginx/*access*log /var/log/apache2/*access*log /var/log/httpd/*access*log
tail_of 262144 /var/log/lighttpd/*access*log /var/log/haproxy.log
tail_of 262144 /var/log/auth.log /var/log/secure
status /var/log/journal /run/log/journal
run journalctl -q --no-pager -o cat -n 1000 -t sshd -t sshd-session
