# User and command of every process.
run ps -eo pid=,user=,comm=
