file /etc/php/*/fpm/pool.d/*.conf /etc/php-fpm.d/*.conf /etc/php*/php-fpm.d/*.conf
