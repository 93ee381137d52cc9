//! L2: what stays: the SQLite library with its durable job queue, and artifact files that appear whole or not at all.
