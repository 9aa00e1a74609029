status /usr/sbin/sshd /usr/local/sbin/sshd
