package lib.server.db;

import module java.base;

/** The database's forms, one script per version. Only types and clauses that PostgreSQL takes as well. */
public final class Schema {
  public static final List<String> MIGRATIONS = List.of("""
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
      """, """
      CREATE TABLE session_lists (
        codebase_id text NOT NULL, worker_id text NOT NULL, synced_at text NOT NULL, PRIMARY KEY (codebase_id, worker_id));
      CREATE TABLE sessions (
        codebase_id text NOT NULL, id text NOT NULL, worker_id text NOT NULL, created text NOT NULL, updated text NOT NULL,
        synced_at text NOT NULL, words text NOT NULL, session text NOT NULL, PRIMARY KEY (codebase_id, id, worker_id));
      CREATE INDEX sessions_by_update ON sessions (codebase_id, updated DESC, id);
      CREATE TABLE messages (
        codebase_id text NOT NULL, session_id text NOT NULL, worker_id text NOT NULL, place integer NOT NULL,
        message text NOT NULL, PRIMARY KEY (codebase_id, session_id, worker_id, place),
        FOREIGN KEY (codebase_id, session_id, worker_id) REFERENCES sessions (codebase_id, id, worker_id) ON DELETE CASCADE);
      CREATE TABLE resumes (
        codebase_id text NOT NULL, session_id text NOT NULL, content text NOT NULL, request_id text NOT NULL,
        task_id text NOT NULL, PRIMARY KEY (codebase_id, session_id, request_id, task_id));
      """, """
      CREATE INDEX tasks_pending ON tasks (codebase_id, COALESCE(target_worker_id, ''), COALESCE(target_agent_name, ''),
        priority DESC, created_at) WHERE status = 'pending';
      ALTER TABLE tasks ADD COLUMN last_worker_id text;
      CREATE INDEX tasks_declined ON tasks (status, declined) WHERE declined <> '[]';
      """, """
      ALTER TABLE tasks RENAME COLUMN lost TO lease_expirations;
      ALTER TABLE output RENAME COLUMN seq TO attempt_seq;
      ALTER TABLE output RENAME COLUMN place TO seq;
      ALTER TABLE output RENAME COLUMN upto TO end_offset;
      ALTER TABLE output RENAME COLUMN said_at TO created_at;
      ALTER TABLE messages RENAME COLUMN place TO seq;
      ALTER TABLE codebases DROP COLUMN last_triggered;
      ALTER TABLE sessions RENAME COLUMN words TO search_text;
      CREATE INDEX resumes_by_task ON resumes (task_id);
      """);

  private Schema() {}
}
