-- The library: sessions, the durable queue, and takes with their full-text index.
-- Migrations are append-only: this file never changes again; what comes next is another file.

-- `id_reversed` serves look-ups by the end of an id, which is the part that people type.
CREATE TABLE sessions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    id_reversed TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    last_number INTEGER NOT NULL DEFAULT 0,
    created_at REAL NOT NULL
) STRICT;

-- Processes that render. Whether one lives is told by the lock on its file, never by this row.
CREATE TABLE runners (
    id TEXT PRIMARY KEY NOT NULL,
    pid INTEGER NOT NULL,
    started_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- `runner_id` is who may start a queued job (anyone where NULL) and who renders a running one.
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    id_reversed TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    number INTEGER NOT NULL,
    request TEXT NOT NULL,
    path TEXT,
    overwrite INTEGER NOT NULL,
    phase TEXT NOT NULL
        CHECK (phase IN ('queued', 'generating', 'mastering', 'ready', 'failed', 'cancelled')),
    progress REAL NOT NULL DEFAULT 0,
    stage TEXT NOT NULL DEFAULT '',
    eta_s REAL,
    position INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    take_id TEXT,
    fault TEXT,
    cancel INTEGER NOT NULL DEFAULT 0,
    runner_id TEXT,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
) STRICT;
CREATE INDEX jobs_by_phase ON jobs (phase, position);
CREATE INDEX jobs_by_session ON jobs (session_id, seq);
-- Only jobs that are not over; the queue stays quick however long its past is.
CREATE INDEX jobs_unfinished ON jobs (runner_id) WHERE phase IN ('queued', 'generating', 'mastering');

-- `job_id` is unique, so no job can leave two takes.
CREATE TABLE takes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    id_reversed TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    job_id TEXT NOT NULL UNIQUE,
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    prompt TEXT NOT NULL,
    tags TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    rating INTEGER NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
    path TEXT NOT NULL,
    recipe_path TEXT NOT NULL,
    midi_path TEXT,
    stems TEXT NOT NULL,
    recipe TEXT NOT NULL,
    backend TEXT NOT NULL,
    music_key TEXT,
    bpm REAL,
    created_at REAL NOT NULL
) STRICT;
CREATE INDEX takes_by_session ON takes (session_id, seq);
CREATE INDEX takes_by_rating ON takes (rating, seq);
CREATE INDEX takes_by_backend ON takes (backend, seq);
CREATE INDEX takes_by_key ON takes (music_key, seq);
CREATE INDEX takes_by_bpm ON takes (bpm, seq);
CREATE INDEX takes_by_path ON takes (path);

CREATE TABLE take_tags (
    tag TEXT NOT NULL,
    take_seq INTEGER NOT NULL REFERENCES takes (seq) ON DELETE CASCADE,
    PRIMARY KEY (tag, take_seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX take_tags_by_take ON take_tags (take_seq);

CREATE VIRTUAL TABLE takes_fts USING fts5 (
    title, prompt, tags, note,
    content = 'takes', content_rowid = 'seq',
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
CREATE TRIGGER takes_fts_insert AFTER INSERT ON takes BEGIN
    INSERT INTO takes_fts (rowid, title, prompt, tags, note)
    VALUES (new.seq, new.title, new.prompt, new.tags, new.note);
END;
CREATE TRIGGER takes_fts_delete AFTER DELETE ON takes BEGIN
    INSERT INTO takes_fts (takes_fts, rowid, title, prompt, tags, note)
    VALUES ('delete', old.seq, old.title, old.prompt, old.tags, old.note);
END;
CREATE TRIGGER takes_fts_update AFTER UPDATE OF title, prompt, tags, note ON takes BEGIN
    INSERT INTO takes_fts (takes_fts, rowid, title, prompt, tags, note)
    VALUES ('delete', old.seq, old.title, old.prompt, old.tags, old.note);
    INSERT INTO takes_fts (rowid, title, prompt, tags, note)
    VALUES (new.seq, new.title, new.prompt, new.tags, new.note);
END;

-- How long work took, for estimates: seconds of work for seconds of sound.
CREATE TABLE timings (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    backend TEXT NOT NULL,
    audio_s REAL NOT NULL,
    generating_s REAL NOT NULL,
    mastering_s REAL NOT NULL
) STRICT;
CREATE INDEX timings_by_backend ON timings (backend, seq);
