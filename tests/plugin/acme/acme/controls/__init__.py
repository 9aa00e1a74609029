"""Acme's own controls; the files beside this one."""
