# The machine's time.
run date -u +%s
