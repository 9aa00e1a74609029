# Agents that take orders from outside.
status /opt/aws/bin/eic_run_authorized_keys \
    /opt/chef/bin/chef-client \
    /opt/puppetlabs/bin/puppet \
    /snap/amazon-ssm-agent/current/amazon-ssm-agent \
    /snap/oracle-cloud-agent/current/agent \
    /usr/bin/amazon-ssm-agent \
    /usr/bin/chef-client \
    /usr/bin/google_guest_agent \
    /usr/bin/google_guest_agent_manager \
    /usr/bin/google_osconfig_agent \
    /usr/bin/landscape-client \
    /usr/bin/puppet \
    /usr/bin/qemu-ga \
    /usr/bin/salt-minion \
    /usr/bin/teleport \
    /usr/bin/vmtoolsd \
    /usr/bin/waagent \
    /usr/bin/yggdrasil \
    /usr/libexec/oracle-cloud-agent/agent \
    /usr/local/bin/teleport \
    /usr/sbin/aliyun-service \
    /usr/sbin/qemu-ga \
    /usr/sbin/rhcd \
    /usr/sbin/waagent \
    /usr/share/ec2-instance-connect/eic_run_authorized_keys \
    /var/cfengine/bin/cf-agent
