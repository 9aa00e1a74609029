# Sensors that watch for intruders: whether they are there, their rules and what they last told.
status /usr/bin/suricata /usr/sbin/suricata /usr/sbin/snort /usr/bin/snort
status /usr/bin/zeek /opt/zeek/bin/zeek /usr/bin/falco /usr/sbin/auditd /sbin/auditd
status /var/ossec/bin/wazuh-agentd /var/ossec/bin/wazuh-analysisd /var/ossec/bin/ossec-agentd /var/ossec/bin/ossec-analysisd
folder /var/lib/suricata/rules /etc/suricata/rules /etc/snort/rules /etc/falco /var/ossec/rules
status /var/lib/suricata/rules/*.rules /etc/suricata/rules/*.rules /etc/snort/rules/*.rules /etc/falco/*rules*.yaml /var/ossec/rules/*.xml
status /var/log/suricata/eve.json /var/ossec/logs/alerts/alerts.json /var/log/zeek/current/conn.log
tail_of 262144 /var/log/suricata/eve.json /var/ossec/logs/alerts/alerts.json /var/log/zeek/current/conn.log
status /var/ossec/var/run/wazuh-agentd.state /var/ossec/var/run/ossec-agentd.state
file /var/ossec/var/run/wazuh-agentd.state /var/ossec/var/run/ossec-agentd.state
file /etc/localtime
