# The machine's own name.
run uname -n
