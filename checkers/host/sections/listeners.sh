# Ports that something waits at, and by which program.
file /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6
file /proc/sys/net/ipv4/ip_local_port_range
run ss -H -lntup
