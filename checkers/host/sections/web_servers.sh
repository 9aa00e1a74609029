# What web servers and balancers are told, and which names and addresses are the machine's own.
file /etc/nginx/*.conf /etc/nginx/conf.d/* /etc/nginx/http.d/* /etc/nginx/sites-enabled/*
file /etc/nginx/snippets/* /etc/nginx/default.d/* /etc/nginx/stream.d/*
file /etc/letsencrypt/options-ssl-nginx.conf
file /etc/apache2/*.conf /etc/apache2/sites-enabled/* /etc/apache2/conf-enabled/*
file /etc/apache2/mods-enabled/* /etc/apache2/conf.d/*
file /etc/httpd/conf/*.conf /etc/httpd/conf.d/* /etc/httpd/conf.modules.d/*
file /etc/haproxy/haproxy.cfg
file /etc/hosts /proc/net/fib_trie /proc/net/if_inet6
