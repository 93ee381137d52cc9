//! What was decided in comparisons of takes.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::protocol::listen::Verdict;

use super::error::StoreError;
use super::library::Library;

impl Library {
    /// Keeps a verdict.
    pub async fn add_verdict(&self, verdict: &Verdict) -> Result<(), StoreError> {
        let candidates = serde_json::to_string(&verdict.candidates)
            .map_err(|source| StoreError::Value { what: "verdict", source })?;
        let mut change = self.change().await?;
        let seq = sqlx::query(
            "INSERT INTO verdicts (candidates, best, blind, note, created_at) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(candidates)
        .bind(&verdict.best)
        .bind(verdict.blind)
        .bind(&verdict.note)
        .bind(verdict.created_at)
        .execute(&mut *change)
        .await?
        .last_insert_rowid();
        for source in &verdict.candidates {
            // The same take may stand on both sides.
            sqlx::query(
                "INSERT OR IGNORE INTO verdict_candidates (source, verdict_seq) VALUES (?, ?)",
            )
            .bind(source)
            .bind(seq)
            .execute(&mut *change)
            .await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// The newest verdicts, of all or of those in which a take (or the path of a file) took part.
    pub async fn verdicts(
        &self,
        source: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Verdict>, StoreError> {
        let rows = sqlx::query(
            "SELECT candidates, best, blind, note, created_at FROM verdicts v \
             WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM verdict_candidates c WHERE c.source = ?1 AND c.verdict_seq = v.seq) \
             ORDER BY seq DESC LIMIT ?2",
        )
        .bind(source)
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(read_verdict).collect()
    }
}

fn read_verdict(row: &SqliteRow) -> Result<Verdict, StoreError> {
    let candidates = serde_json::from_str(row.try_get("candidates")?)
        .map_err(|source| StoreError::Value { what: "verdict", source })?;
    Ok(Verdict {
        candidates,
        best: row.try_get("best")?,
        blind: row.try_get("blind")?,
        note: row.try_get("note")?,
        created_at: row.try_get("created_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn verdicts_are_kept_and_found_by_who_took_part() {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::open(folder.path()).await.unwrap();
        let verdict = |candidates: [&str; 2], best: Option<&str>, created_at| Verdict {
            candidates: candidates.map(str::to_owned).to_vec(),
            best: best.map(str::to_owned),
            blind: best.is_some(),
            note: "warmer \u{1f3b9}".to_owned(),
            created_at,
        };
        let all = [
            verdict(["a", "b"], Some("b"), 1.0),
            verdict(["b", "/music/c.wav"], None, 2.0),
            verdict(["a", "a"], Some("a"), 3.5),
        ];
        for verdict in &all {
            library.add_verdict(verdict).await.unwrap();
        }
        let [first, second, third] = all;
        let found = library.verdicts(None, 50).await.unwrap();
        assert_eq!(found, [third.clone(), second.clone(), first.clone()]);
        assert_eq!(library.verdicts(Some("a"), 50).await.unwrap(), [third.clone(), first]);
        assert_eq!(library.verdicts(Some("/music/c.wav"), 50).await.unwrap(), [second]);
        assert_eq!(library.verdicts(None, 1).await.unwrap(), [third]);
        assert_eq!(library.verdicts(Some("d"), 50).await.unwrap(), []);
    }
}
