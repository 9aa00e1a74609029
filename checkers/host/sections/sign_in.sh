# What wrong passwords bring about beside PAM, and what ends a session that nobody uses.
run fail2ban-client status sshd
file /etc/profile /etc/profile.d/*.sh /etc/bash.bashrc /etc/bashrc
file /etc/systemd/logind.conf
file /usr/lib/systemd/logind.conf.d/*.conf /run/systemd/logind.conf.d/*.conf /etc/systemd/logind.conf.d/*.conf
run systemctl --version
