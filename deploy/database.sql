-- The database of one service and its two roles: the owner migrates, the application runs.
-- psql runs this as the superuser, in compose and embedded alike; again and again without harm.
-- Takes SERVICE, OWNER_PASSWORD and APPLICATION_PASSWORD from the environment, where no list of
-- processes shows them.
\set ON_ERROR_STOP on
\getenv service SERVICE
\getenv owner_password OWNER_PASSWORD
\getenv application_password APPLICATION_PASSWORD
\set database xj_ :service
\set owner :database _owner
\set application :database _app
SET client_min_messages = warning;

SELECT format('CREATE ROLE %I', role)
FROM unnest(ARRAY[:'owner', :'application']) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec
ALTER ROLE :"owner" LOGIN PASSWORD :'owner_password';
ALTER ROLE :"application" LOGIN PASSWORD :'application_password';

SELECT format(
    'CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8'''
    ' LOCALE_PROVIDER builtin BUILTIN_LOCALE ''C.UTF-8'' LOCALE ''C''',
    :'database', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database')
\gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"application";
