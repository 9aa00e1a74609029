file /proc/net/if_inet6
