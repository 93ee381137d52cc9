-- Conversations: forks of sessions, notes in them, takes that descend from takes, and prompts as they were typed.

-- A fork shares what its parent held when it was made: jobs up to the row `cut_job` and notes up to the row `cut_note`.
ALTER TABLE sessions ADD COLUMN parent_id TEXT REFERENCES sessions (id);
ALTER TABLE sessions ADD COLUMN cut_job INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN cut_note INTEGER NOT NULL DEFAULT 0;

-- Ids of takes. No references: a take may be deleted, and what descends from it still says so.
ALTER TABLE jobs ADD COLUMN parent TEXT;
ALTER TABLE takes ADD COLUMN parent TEXT;

-- A note stands behind the job with the row `after_job`, whatever the clock says; 0 is before the first one.
CREATE TABLE session_notes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    after_job INTEGER NOT NULL,
    text TEXT NOT NULL,
    created_at REAL NOT NULL
) STRICT;
CREATE INDEX session_notes_by_place ON session_notes (session_id, after_job, seq);

-- A prompt that is used again moves to the end. Until now only settled prompts were kept, so they begin the list.
CREATE TABLE prompts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO prompts (text)
SELECT prompt FROM (SELECT json_extract(request, '$.prompt') AS prompt, max(seq) AS newest FROM jobs GROUP BY prompt)
WHERE prompt <> '' ORDER BY newest;
