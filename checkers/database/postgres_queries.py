"""The statements that are asked of PostgreSQL: catalogue and statistics views only.

Names are asked for as JSON objects, so that a column that a version lacks is a missing key.
"""

SETTINGS = """
SELECT name::text, setting::text, source::text, pending_restart,
       coalesce(pg_has_role(current_user, (SELECT oid FROM pg_roles
           WHERE rolname = 'pg_read_all_settings'), 'MEMBER'), false)
FROM pg_settings
UNION ALL SELECT 'server_version', current_setting('server_version'), 'default', false, true
UNION ALL SELECT 'current_user', current_user::text, 'default', false, true
"""

OVERRIDES = """
SELECT jsonb_build_object('database', d.datname, 'role', r.rolname, 'config', to_jsonb(s.setconfig))
FROM pg_db_role_setting s
LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole
"""

ROLES = """
SELECT jsonb_build_object('oid', r.oid::bigint, 'name', r.rolname, 'login', r.rolcanlogin,
    'superuser', r.rolsuper, 'bypass_rls', r.rolbypassrls, 'own', r.rolname = current_user,
    'valid_until', CASE WHEN isfinite(r.rolvaliduntil)
        THEN to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"') END,
    'over', coalesce(r.rolvaliduntil <= now(), false))
FROM pg_roles r
"""

MEMBERSHIPS = """
SELECT to_jsonb(m) || jsonb_build_object('roleid', m.roleid::bigint, 'member', m.member::bigint)
FROM pg_auth_members m
"""

HOST_RULES = "SELECT to_jsonb(r) FROM pg_hba_file_rules r"

HOST_RULES_NEWER = """
SELECT (pg_stat_file(current_setting('hba_file'))).modification > pg_conf_load_time()
"""

#: A session of the same address as the server's own is one of the same machine. troth's own is
#: counted as none: it brings the row that tells whether the others may be seen.
ACTIVITY = """
SELECT jsonb_build_object('account', a.account, 'client', a.client, 'same', a.same,
    'tls', a.tls, 'other', a.other, 'count', count(*) FILTER (WHERE NOT a.own),
    'seen', pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'))
FROM (
    SELECT a.usename AS account, coalesce(host(a.client_addr), '') AS client,
        s.ssl AS tls, g.encrypted AS other, a.pid = pg_backend_pid() AS own,
        a.client_addr IS NOT NULL AND (a.client_addr <<= '127.0.0.0/8'::inet
            OR a.client_addr = '::1'::inet
            OR a.client_addr = coalesce(inet_server_addr(), '::1'::inet)) AS same
    FROM pg_stat_activity a
    LEFT JOIN pg_stat_ssl s ON s.pid = a.pid LEFT JOIN pg_stat_gssapi g ON g.pid = a.pid
    WHERE a.backend_type IN ('client backend', 'walsender')
) a
GROUP BY a.account, a.client, a.same, a.tls, a.other
"""

#: The verifier itself never leaves the server: only its first word and the rounds do.
VERIFIERS = r"""
SELECT jsonb_build_object('name', rolname, 'login', rolcanlogin, 'scheme', CASE
        WHEN rolpassword IS NULL THEN 'none'
        WHEN rolpassword ~ '^SCRAM-SHA-256\$[0-9]+:[^$]+\$[^:]+:.+$' THEN 'scram-sha-256'
        WHEN rolpassword ~ '^md5[0-9a-f]{32}$' THEN 'md5'
        ELSE 'plain' END,
    'rounds', coalesce(substring(rolpassword FROM '^SCRAM-SHA-256\$([0-9]{1,9}):')::int, 0))
FROM pg_authid
"""

STANDBYS = """
SELECT jsonb_build_object('standby', pg_is_in_recovery(),
    'seen', pg_has_role(current_user, 'pg_monitor', 'USAGE'),
    'name', r.application_name, 'state', r.state, 'mode', r.sync_state)
FROM (SELECT 1) one LEFT JOIN pg_stat_replication r ON true
"""

DATABASES = """
SELECT jsonb_build_object('name', d.datname, 'template', d.datistemplate,
    'connectable', d.datallowconn, 'owner', d.datdba::bigint,
    'bytes', CASE WHEN has_database_privilege(d.oid, 'CONNECT')
        OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
        THEN pg_database_size(d.oid) END,
    'grants', (SELECT jsonb_agg(jsonb_build_object(
        'grantee', x.grantee::bigint, 'right', x.privilege_type))
        FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x))
FROM pg_database d
"""

_OF_TABLES = """
SELECT n.nspname AS schema, x.grantee, x.privilege_type AS "right",
    CASE WHEN c.relrowsecurity AND (c.relforcerowsecurity OR x.grantee <> c.relowner)
        THEN 'rows' ELSE 'table' END AS what,
    bool_or(c.relkind NOT IN ('r', 'm', 'p') OR pg_relation_size(c.oid) > 0) AS filled
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
LATERAL (
    SELECT grantee, privilege_type FROM aclexplode(coalesce(c.relacl, acldefault('r', c.relowner)))
    UNION SELECT e.grantee, e.privilege_type FROM pg_attribute a, aclexplode(a.attacl) e
    WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped
) x
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND x.privilege_type IN
    ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
GROUP BY 1, 2, 3, 4
"""
_OF_SCHEMAS = """
SELECT n.nspname, x.grantee, x.privilege_type, 'schema', false
FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x
"""
_OF_FUTURE = """
SELECT n.nspname, x.grantee, x.privilege_type, 'future', false
FROM pg_default_acl d JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) x
WHERE d.defaclobjtype = 'r'
"""

#: Who was granted what in one database, alike grants in one row; grantee 0 is everybody.
RIGHTS = f"""
SELECT to_jsonb(g) || jsonb_build_object('grantee', g.grantee::bigint)
FROM ({_OF_TABLES} UNION ALL {_OF_SCHEMAS} UNION ALL {_OF_FUTURE}) g
WHERE g.schema !~ '^pg_(toast|temp|catalog)' AND g.schema <> 'information_schema'
"""  # noqa: S608 - made of constants

MADE_AT = """
SELECT to_char(to_timestamp(system_identifier >> 32) AT TIME ZONE 'UTC',
    'YYYY-MM-DD"T"HH24:MI:SS"+00:00"') FROM pg_control_system()
"""
