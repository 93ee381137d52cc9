-- What was decided in comparisons. Takes are named by id and files by path; a verdict stays when its takes are deleted.
CREATE TABLE verdicts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    candidates TEXT NOT NULL,
    best TEXT,
    blind INTEGER NOT NULL CHECK (blind IN (0, 1)),
    note TEXT NOT NULL DEFAULT '',
    created_at REAL NOT NULL
) STRICT;

-- Who took part, for the question how a take has done.
CREATE TABLE verdict_candidates (
    source TEXT NOT NULL,
    verdict_seq INTEGER NOT NULL REFERENCES verdicts (seq) ON DELETE CASCADE,
    PRIMARY KEY (source, verdict_seq)
) STRICT, WITHOUT ROWID;
