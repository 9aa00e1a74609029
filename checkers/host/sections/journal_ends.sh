run journalctl --no-pager -o short-unix -n 1
run_first journalctl --no-pager -o short-unix
