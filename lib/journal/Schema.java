package lib.journal;

import module java.base;

/** The journal's forms, one script per version: each journal has been through all of them up to its own. */
public final class Schema {
  public static final List<String> MIGRATIONS = List.of("""
      CREATE TABLE attempt (
        id INTEGER PRIMARY KEY,
        server TEXT NOT NULL,
        worker_id TEXT NOT NULL,
        task_id TEXT NOT NULL,
        n INTEGER NOT NULL,
        marker TEXT NOT NULL,
        fence INTEGER NOT NULL DEFAULT 0,
        lease_seconds INTEGER NOT NULL DEFAULT 0,
        codebase_id TEXT,
        codebase TEXT,
        agent_type TEXT NOT NULL,
        title TEXT,
        state TEXT NOT NULL,
        session_id TEXT,
        created_at TEXT NOT NULL,
        claimed_at TEXT,
        started_at TEXT,
        ended_at TEXT,
        sent TEXT,
        sending TEXT,
        seq INTEGER NOT NULL DEFAULT 0,
        verdict TEXT,
        UNIQUE (task_id, n)
      );
      CREATE INDEX attempt_open ON attempt (state) WHERE state <> 'SETTLED';
      CREATE TABLE outgoing (
        id INTEGER PRIMARY KEY,
        attempt_id INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        state TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        error TEXT,
        created_at TEXT NOT NULL,
        done_at TEXT
      );
      CREATE INDEX outgoing_open ON outgoing (attempt_id, id) WHERE state = 'WAITING';
      CREATE TABLE codebase (
        server TEXT NOT NULL,
        path TEXT NOT NULL,
        codebase_id TEXT NOT NULL,
        name TEXT NOT NULL,
        description TEXT NOT NULL,
        registered_at TEXT NOT NULL,
        PRIMARY KEY (server, path)
      );
      """, """
      CREATE TABLE server (
        address TEXT PRIMARY KEY,
        id TEXT NOT NULL
      );
      """, """
      ALTER TABLE attempt DROP COLUMN sent;
      ALTER TABLE attempt DROP COLUMN sending;
      ALTER TABLE attempt ADD COLUMN sent INTEGER NOT NULL DEFAULT 0;
      """);

  private Schema() {}
}
