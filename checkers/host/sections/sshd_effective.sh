# What the server itself says is in force.
run sshd -T
