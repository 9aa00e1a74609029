"""Acme's own kinds; the files beside this one."""
