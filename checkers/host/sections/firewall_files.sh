# When the files of the firewall were written, and the history of /etc.
status /etc/nftables.conf /etc/nftables.d/* /etc/nftables/* /etc/ufw/user.rules /etc/ufw/user6.rules
status /etc/iptables/rules.v* /etc/iptables/rules-save /etc/sysconfig/iptables
status /etc/sysconfig/nftables.conf /etc/firewalld/zones/*.xml
run git -C /etc log --no-color -n 2000 --name-only --format=%x01%ct%x02%an
