-- A server's database as version 1 of its form left it: a worker with a codebase, a task that has ended and one that
-- waits. Never changed: every later version must be able to open it.
CREATE TABLE facts (name text PRIMARY KEY, value text NOT NULL);
CREATE TABLE workers (
  id text PRIMARY KEY, name text NOT NULL, hostname text, capabilities text NOT NULL, models text NOT NULL,
  codebases text NOT NULL, global_codebase_id text, registered_at text NOT NULL, last_seen text NOT NULL);
CREATE TABLE codebases (
  id text PRIMARY KEY, name text NOT NULL, path text NOT NULL, description text NOT NULL,
  agent_config text NOT NULL, worker_id text, registered_at text NOT NULL, updated_at text NOT NULL,
  last_triggered text);
CREATE INDEX codebases_by_path ON codebases (path);
CREATE TABLE tasks (
  id text PRIMARY KEY, codebase_id text NOT NULL, agent_type text NOT NULL, status text NOT NULL, worker_id text,
  attempt integer NOT NULL, lost integer NOT NULL, cancel_reason text, target_agent_name text,
  target_worker_id text, priority integer NOT NULL, created_at text NOT NULL, updated_at text NOT NULL,
  started_at text, completed_at text, session_id text, model text, model_ref text, declined text NOT NULL,
  metadata text NOT NULL, title text NOT NULL, prompt text NOT NULL, result text, error text);
CREATE INDEX tasks_by_order ON tasks (priority DESC, created_at);
CREATE INDEX tasks_by_status ON tasks (status, priority DESC, created_at);
CREATE INDEX tasks_by_codebase ON tasks (codebase_id, priority DESC, created_at);
CREATE INDEX tasks_by_worker ON tasks (worker_id, status);
CREATE TABLE output (
  task_id text NOT NULL, place bigint NOT NULL, attempt integer, seq bigint, worker_id text NOT NULL,
  said_at text NOT NULL, upto bigint NOT NULL, chunk text NOT NULL, PRIMARY KEY (task_id, place));
CREATE UNIQUE INDEX output_once ON output (task_id, attempt, seq);
INSERT INTO facts (name, value) VALUES ('server_id', '3f0e8f3a-0000-4000-8000-000000000001');
INSERT INTO workers (id, name, hostname, capabilities, models, codebases, registered_at, last_seen)
  VALUES ('w', 'w', 'host', '[]', '[]', '[]', '2025-12-31T00:00:00.000001Z', '2025-12-31T00:00:00.000001Z');
INSERT INTO codebases (id, name, path, description, agent_config, worker_id, registered_at, updated_at)
  VALUES ('0c0deba5', 'app', '/srv/app', '', '{}', 'w', '2025-12-31T00:00:00.000002Z', '2025-12-31T00:00:00.000002Z');
INSERT INTO tasks (id, codebase_id, agent_type, status, worker_id, attempt, lost, priority, created_at, updated_at, session_id,
  declined, metadata, title, prompt, result)
  VALUES ('t1', '0c0deba5', 'build', 'completed', 'w', 1, 0, 0, '2025-12-31T00:00:00.000003Z', '2025-12-31T00:00:00.000003Z', 'ses_1',
  '[]', '{}', 'first', 'do it', 'done');
INSERT INTO tasks (id, codebase_id, agent_type, status, attempt, lost, priority, created_at, updated_at, declined, metadata, title, prompt)
  VALUES ('t2', '0c0deba5', 'build', 'pending', 0, 0, 0, '2025-12-31T00:00:00.000004Z', '2025-12-31T00:00:00.000004Z', '[]', '{}',
  'second', 'do that');
INSERT INTO output (task_id, place, attempt, seq, worker_id, said_at, upto, chunk)
  VALUES ('t1', 0, 1, 1, 'w', '2025-12-31T00:00:00.000005Z', 3, 'one');
PRAGMA user_version=1;
