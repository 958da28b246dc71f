-- A journal as version 1 of its form left it: one attempt that ended and still owes its reports, one that was only
-- intended, one that is settled. Never changed: every later version must be able to open it.
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
INSERT INTO attempt VALUES (1, 'http://old.example', 'w1', 'task-1', 2, '0.1.', 0, 0, 'cb1', '/srv/proj', 'build', 'a title', 'ENDED',
  'ses_1', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', '2026-01-01T00:00:02.5Z', '2026-01-01T00:10:00Z',
  '120 3 7 0 0 125 0', '180 0 7 0 0 190 1', 4, '{"reason":"agent-error"}');
INSERT INTO attempt VALUES (2, 'http://old.example', 'w1', 'task-2', 1, '0.0.', 0, 0, NULL, NULL, 'echo', NULL, 'INTENT',
  NULL, '2026-01-01T00:00:03Z', NULL, NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO attempt VALUES (3, 'http://old.example', 'w1', 'task-3', 1, '0.0.', 7, 900, 'cb1', '/srv/proj', 'build', 'done', 'SETTLED',
  'ses_2', '2026-01-01T00:00:04Z', NULL, NULL, NULL, '9 0 0 0 0 9 0', NULL, 1, '{}');
INSERT INTO outgoing VALUES (1, 1, 'STATUS', '{"task_id":"task-1","status":"running","worker_id":"w1"}', 'ACCEPTED', 0, NULL,
  '2026-01-01T00:00:01Z', '2026-01-01T00:00:01.1Z');
INSERT INTO outgoing VALUES (2, 1, 'STATUS',
  '{"task_id":"task-1","status":"failed","worker_id":"w1","session_id":"ses_1","result":"text","error":"why; it failed"}', 'WAITING', 0, NULL,
  '2026-01-01T00:10:00Z', NULL);
INSERT INTO outgoing VALUES (3, 1, 'RELEASE',
  '{"task_id":"task-1","status":"failed","worker_id":"w1","session_id":"ses_1","result":"text","error":"why; it failed"}', 'WAITING', 0, NULL,
  '2026-01-01T00:10:00Z', NULL);
INSERT INTO codebase VALUES ('http://old.example', '/srv/more', 'cb2', 'more', 'registered at run time', '2026-01-01T00:00:05Z');
PRAGMA user_version=1;
