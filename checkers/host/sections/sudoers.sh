# Who may run what as somebody else.
file /etc/sudoers /etc/sudoers.d/*
