-- Two roles, so that not even the application can change or delete what is on the audit trail.
-- :owner migrates and purges (its tables), :app serves. Run as a superuser of PostgreSQL, once before the
-- first migration and again after each migration that adds tables:
--     psql -v owner=portal_owner -v app=portal_app -v database=portal -f deploy/postgresql-roles.sql portal
-- The roles themselves, with their passwords, are yours to create.

GRANT CONNECT ON DATABASE :"database" TO :"app";
GRANT ALL ON SCHEMA public TO :"owner";
GRANT USAGE ON SCHEMA public TO :"app";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"app";
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO :"app";

-- The trail is written and read. Before the first migration its tables do not exist yet.
SELECT format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM %I', tablename, :'app')
  FROM pg_tables WHERE schemaname = 'public' AND tablename IN ('trail_trailentry', 'trail_trailseal') \gexec
