run nft -j list ruleset
run iptables -S
run ip6tables -S
