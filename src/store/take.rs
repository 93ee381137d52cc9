//! Takes in the library: putting them in, finding them, and what the user thinks of them.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use crate::model::take::Take;

use super::error::StoreError;
use super::library::Library;
use super::search::{Search, read_search};
use super::session::reversed;

/// Which takes to list, in which order. Conditions are combined with "and".
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TakeFilter {
    /// What was typed into the search box; empty finds everything.
    pub search: String,
    /// Only this session, by its whole id.
    pub session_id: Option<String>,
    /// Only takes with this tag.
    pub tag: Option<String>,
    /// Only takes rated at least this.
    pub min_rating: Option<u8>,
    /// Only takes by this backend.
    pub backend: Option<String>,
    /// Only takes in this key, as [`crate::model::key::Key`] writes it.
    pub key: Option<String>,
    /// Only takes at least this fast.
    pub min_bpm: Option<f64>,
    /// Only takes at most this fast.
    pub max_bpm: Option<f64>,
    /// Order.
    pub order: Order,
    /// How many at most.
    pub limit: u32,
    /// Where to go on.
    pub after: Option<Cursor>,
}

/// Orders of takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
    /// Best first, newest first among equals.
    Rating,
}

/// The place behind a take in an order. Text form: `<rating>.<row>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    rating: u8,
    row: i64,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.rating, self.row)
    }
}

impl Cursor {
    /// Reads the text form.
    pub fn read(text: &str) -> Option<Self> {
        let (rating, row) = text.split_once('.')?;
        Some(Self { rating: rating.parse().ok()?, row: row.parse().ok()? })
    }
}

/// A change of what the user thinks of a take. What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opinion {
    /// 1 to 5; 0 takes the rating away.
    pub rating: Option<u8>,
    /// The note; empty takes it away.
    pub note: Option<String>,
    /// Tags to add.
    pub add_tags: Vec<String>,
    /// Tags to remove.
    pub remove_tags: Vec<String>,
}

/// From this many matches on, a search is common.
const COMMON: i64 = 1_000;

/// Most tags that a take can have.
pub const MOST_TAGS: usize = 64;

impl Library {
    /// A take by its whole id. Errors: [`StoreError::Unknown`].
    pub async fn take(&self, id: &str) -> Result<Take, StoreError> {
        sqlx::query("SELECT * FROM takes WHERE id = ?")
            .bind(id)
            .fetch_optional(self.readers())
            .await?
            .map(|row| read_take(&row))
            .transpose()?
            .ok_or_else(|| unknown(id))
    }

    /// The newest take whose audio file or sidecar has this absolute path.
    pub async fn take_at(&self, path: &str) -> Result<Option<Take>, StoreError> {
        sqlx::query(
            "SELECT * FROM takes WHERE path = ?1 UNION ALL SELECT * FROM takes WHERE path <> ?1 AND recipe_path = ?1 \
             ORDER BY seq DESC LIMIT 1",
        )
        .bind(path)
        .fetch_optional(self.readers())
        .await?
        .map(|row| read_take(&row))
        .transpose()
    }

    /// How many takes there are.
    pub async fn take_count(&self) -> Result<u64, StoreError> {
        let row = sqlx::query("SELECT count(*) FROM takes").fetch_one(self.readers()).await?;
        Ok(row.try_get(0)?)
    }

    /// A page of takes, and where to go on if there are more.
    pub async fn takes(
        &self,
        filter: &TakeFilter,
    ) -> Result<(Vec<Take>, Option<Cursor>), StoreError> {
        let search = read_search(&filter.search);
        let walks_ratings = match &search {
            Search::Match(words) if filter.order == Order::Rating => self.is_common(words).await?,
            _ => false,
        };
        let Some(mut query) = page_query(filter, search, walks_ratings) else {
            return Ok((Vec::new(), None));
        };
        let rows = query.build().fetch_all(self.readers()).await?;
        let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let mut takes = Vec::with_capacity(rows.len().min(limit));
        let mut last = None;
        for row in rows.iter().take(limit) {
            takes.push(read_take(row)?);
            last = Some(Cursor { rating: row.try_get("rating")?, row: row.try_get("seq")? });
        }
        // One row more than asked for was fetched; it only tells whether there is more.
        Ok((takes, last.filter(|_| rows.len() > limit)))
    }

    /// Whether a search matches so many takes that sorting them takes longer than walking through all ratings.
    async fn is_common(&self, words: &str) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT count(*) FROM (SELECT 1 FROM takes_fts WHERE takes_fts MATCH ? LIMIT ?)",
        )
        .bind(words)
        .bind(COMMON)
        .fetch_one(self.readers())
        .await?;
        Ok(row.try_get::<i64, _>(0)? >= COMMON)
    }

    /// Changes what the user thinks of a take. Errors: [`StoreError::Unknown`], [`StoreError::Conflict`] on too many tags.
    pub async fn judge(&self, id: &str, opinion: &Opinion) -> Result<Take, StoreError> {
        let mut change = self.change().await?;
        let row = sqlx::query("SELECT * FROM takes WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *change)
            .await?
            .ok_or_else(|| unknown(id))?;
        let seq = row.try_get::<i64, _>("seq")?;
        let mut take = read_take(&row)?;
        if let Some(rating) = opinion.rating {
            take.rating = (rating > 0).then_some(rating);
        }
        if let Some(note) = &opinion.note {
            take.note.clone_from(note);
        }
        take.tags.extend(opinion.add_tags.iter().cloned());
        take.tags.retain(|tag| !opinion.remove_tags.contains(tag));
        take.tags.sort();
        take.tags.dedup();
        if take.tags.len() > MOST_TAGS {
            return Err(StoreError::Conflict(format!("a take can have {MOST_TAGS} tags at most")));
        }
        sqlx::query("UPDATE takes SET rating = ?, note = ?, tags = ? WHERE seq = ?")
            .bind(take.rating.unwrap_or(0))
            .bind(&take.note)
            .bind(take.tags.join("\n"))
            .bind(seq)
            .execute(&mut *change)
            .await?;
        sqlx::query("DELETE FROM take_tags WHERE take_seq = ?")
            .bind(seq)
            .execute(&mut *change)
            .await?;
        insert_tags(&mut change, seq, &take.tags).await?;
        change.commit().await?;
        Ok(take)
    }

    /// Gives a take another title. Errors: [`StoreError::Unknown`].
    pub async fn name_take(&self, id: &str, title: &str) -> Result<Take, StoreError> {
        let mut change = self.change().await?;
        let row = sqlx::query("UPDATE takes SET title = ? WHERE id = ? RETURNING *")
            .bind(title)
            .bind(id)
            .fetch_optional(&mut *change)
            .await?
            .ok_or_else(|| unknown(id))?;
        let take = read_take(&row)?;
        change.commit().await?;
        Ok(take)
    }

    /// Takes a take out of the library and gives what it was; its files stay. Errors: [`StoreError::Unknown`].
    pub async fn delete_take(&self, id: &str) -> Result<Take, StoreError> {
        let mut change = self.change().await?;
        let row = sqlx::query("DELETE FROM takes WHERE id = ? RETURNING *")
            .bind(id)
            .fetch_optional(&mut *change)
            .await?
            .ok_or_else(|| unknown(id))?;
        let take = read_take(&row)?;
        change.commit().await?;
        Ok(take)
    }
}

/// Puts a take and its tags into the library.
pub(crate) async fn insert_take(
    change: &mut SqliteConnection,
    take: &Take,
) -> Result<(), StoreError> {
    let value = |what| move |source| StoreError::Value { what, source };
    let done = sqlx::query(
        "INSERT INTO takes (id, id_reversed, session_id, job_id, number, title, prompt, tags, note, rating, path, \
         recipe_path, midi_path, stems, recipe, backend, music_key, bpm, parent, created_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&take.id)
    .bind(reversed(&take.id))
    .bind(&take.session_id)
    .bind(&take.job_id)
    .bind(take.number)
    .bind(&take.title)
    .bind(&take.recipe.request.prompt)
    .bind(take.tags.join("\n"))
    .bind(&take.note)
    .bind(take.rating.unwrap_or(0))
    .bind(&take.path)
    .bind(&take.recipe_path)
    .bind(&take.midi_path)
    .bind(serde_json::to_string(&take.stems).map_err(value("list of stems"))?)
    .bind(serde_json::to_string(&take.recipe).map_err(value("recipe"))?)
    .bind(&take.recipe.backend.id)
    .bind(take.recipe.outcome.key.map(|key| key.to_string()))
    .bind(take.recipe.outcome.bpm)
    .bind(&take.parent)
    .bind(take.created_at)
    .execute(&mut *change)
    .await?;
    insert_tags(change, done.last_insert_rowid(), &take.tags).await
}

async fn insert_tags(
    change: &mut SqliteConnection,
    seq: i64,
    tags: &[String],
) -> Result<(), StoreError> {
    for tag in tags {
        sqlx::query("INSERT OR IGNORE INTO take_tags (tag, take_seq) VALUES (?, ?)")
            .bind(tag)
            .bind(seq)
            .execute(&mut *change)
            .await?;
    }
    Ok(())
}

/// The query of a page; `None` where the search can't find anything. With `walks_ratings` the best matches are found by
/// going down the index of ratings until there are enough; else matches are looked up one by one and sorted.
fn page_query(
    filter: &TakeFilter,
    search: Search,
    walks_ratings: bool,
) -> Option<QueryBuilder<sqlx::Sqlite>> {
    let mut query = QueryBuilder::new("");
    let is_match = matches!(search, Search::Match(_));
    match search {
        Search::Nothing => return None,
        Search::Everything => {
            query.push("SELECT t.* FROM takes t WHERE 1");
        }
        Search::Match(words) if walks_ratings => {
            query.push("SELECT t.* FROM takes t INDEXED BY takes_by_rating WHERE t.seq IN (SELECT rowid FROM takes_fts WHERE takes_fts MATCH ");
            query.push_bind(words).push(")");
        }
        // A cross join keeps the index of words outermost: it gives rows in the order of their numbers, either way,
        // so the newest page is found without looking at every match.
        Search::Match(words) => {
            query.push("SELECT t.* FROM takes_fts f CROSS JOIN takes t ON t.seq = f.rowid WHERE takes_fts MATCH ");
            query.push_bind(words);
        }
    }
    let row = if is_match && !walks_ratings { "f.rowid" } else { "t.seq" };
    if let Some(session) = &filter.session_id {
        query.push(" AND t.session_id = ").push_bind(session.clone());
    }
    if let Some(tag) = &filter.tag {
        query.push(" AND EXISTS (SELECT 1 FROM take_tags g WHERE g.take_seq = t.seq AND g.tag = ");
        query.push_bind(tag.clone()).push(")");
    }
    if let Some(rating) = filter.min_rating {
        query.push(" AND t.rating >= ").push_bind(rating);
    }
    if let Some(backend) = &filter.backend {
        query.push(" AND t.backend = ").push_bind(backend.clone());
    }
    if let Some(key) = &filter.key {
        query.push(" AND t.music_key = ").push_bind(key.clone());
    }
    if let Some(bpm) = filter.min_bpm {
        query.push(" AND t.bpm >= ").push_bind(bpm);
    }
    if let Some(bpm) = filter.max_bpm {
        query.push(" AND t.bpm <= ").push_bind(bpm);
    }
    if let Some(after) = filter.after {
        match filter.order {
            Order::Newest => query.push(format_args!(" AND {row} < ")).push_bind(after.row),
            Order::Oldest => query.push(format_args!(" AND {row} > ")).push_bind(after.row),
            Order::Rating => query
                .push(" AND (t.rating, t.seq) < (")
                .push_bind(after.rating)
                .push(", ")
                .push_bind(after.row)
                .push(")"),
        };
    }
    match filter.order {
        Order::Newest => query.push(format_args!(" ORDER BY {row} DESC")),
        Order::Oldest => query.push(format_args!(" ORDER BY {row}")),
        Order::Rating => query.push(" ORDER BY t.rating DESC, t.seq DESC"),
    };
    query.push(" LIMIT ").push_bind(i64::from(filter.limit) + 1);
    Some(query)
}

fn unknown(id: &str) -> StoreError {
    StoreError::Unknown { what: "take", name: id.to_owned() }
}

fn read_take(row: &SqliteRow) -> Result<Take, StoreError> {
    let value = |what| move |source| StoreError::Value { what, source };
    let rating = row.try_get::<u8, _>("rating")?;
    Ok(Take {
        id: row.try_get("id")?,
        session_id: row.try_get("session_id")?,
        job_id: row.try_get("job_id")?,
        parent: row.try_get("parent")?,
        number: row.try_get("number")?,
        title: row.try_get("title")?,
        path: row.try_get("path")?,
        recipe_path: row.try_get("recipe_path")?,
        midi_path: row.try_get("midi_path")?,
        stems: serde_json::from_str(row.try_get("stems")?).map_err(value("list of stems"))?,
        recipe: serde_json::from_str(row.try_get("recipe")?).map_err(value("recipe"))?,
        rating: (rating > 0).then_some(rating),
        note: row.try_get("note")?,
        tags: row.try_get::<&str, _>("tags")?.lines().map(str::to_owned).collect(),
        created_at: row.try_get("created_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn filled(folder: &std::path::Path, takes: i64) -> Library {
        let library = Library::open(folder).await.unwrap();
        let mut change = library.change().await.unwrap();
        sqlx::query(
            "INSERT INTO sessions (id, id_reversed, title, created_at) VALUES ('s', 's', 't', 0)",
        )
        .execute(&mut *change)
        .await
        .unwrap();
        let recipe = serde_json::json!({
            "format": 1, "timbre": "0", "target": "t",
            "request": {
                "prompt": "p", "backend": "b", "seed": 1,
                "export": {"format": "wav", "bit_depth": "24", "sample_rate": 48000, "stems": false, "midi": false}
            },
            "backend": {"id": "b", "version": "1", "model": null, "licence": "CC0-1.0"}, "brief": null,
            "outcome": {
                "bpm": null, "key": null, "metre": null, "bars": null, "duration_s": 1.0, "frames": 1,
                "sample_rate": 48000, "channels": 2, "lufs": null, "true_peak_dbtp": null, "looped": false,
                "score_sha256": null, "audio_sha256": ""
            }
        });
        sqlx::query(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
             INSERT INTO takes (id, id_reversed, session_id, job_id, number, title, prompt, rating, path, recipe_path,
                                stems, recipe, backend, created_at)
             SELECT 'id' || i, i || 'di', 's', 'job' || i, i, 'title', 'common w' || (i % 400) || 'x', i * 7 % 6, '/' || i,
                    '', '[]', ?, 'b', i FROM n",
        )
        .bind(takes)
        .bind(recipe.to_string())
        .execute(&mut *change)
        .await
        .unwrap();
        change.commit().await.unwrap();
        library
    }

    #[tokio::test]
    async fn pages_by_rating_are_the_same_whether_a_word_is_common_or_rare() {
        let folder = tempfile::tempdir().unwrap();
        let library = filled(folder.path(), 1_600).await;
        for (search, matching, is_common) in [
            ("common", (1..=1_600).collect::<Vec<u32>>(), true),
            ("w7x", vec![7, 407, 807, 1_207], false),
        ] {
            let words = format!("\"{search}\"*");
            assert_eq!(library.is_common(&words).await.unwrap(), is_common, "{search}");
            let mut expected = matching;
            expected.sort_by_key(|i| std::cmp::Reverse((i * 7 % 6, *i)));
            let mut filter = TakeFilter {
                search: search.into(),
                order: Order::Rating,
                limit: 300,
                ..TakeFilter::default()
            };
            let mut found = Vec::new();
            loop {
                let (page, after) = library.takes(&filter).await.unwrap();
                found.extend(page.iter().map(|take| take.number));
                filter.after = after;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "{search}");
        }
    }

    #[tokio::test]
    async fn a_search_keeps_its_filters_in_every_order() {
        let folder = tempfile::tempdir().unwrap();
        let library = filled(folder.path(), 1_600).await;
        for order in [Order::Newest, Order::Oldest, Order::Rating] {
            let filter = TakeFilter {
                search: "common".into(),
                session_id: Some("s".into()),
                min_rating: Some(5),
                order,
                limit: 2_000,
                ..TakeFilter::default()
            };
            let (page, _) = library.takes(&filter).await.unwrap();
            assert_eq!(page.len(), (1..=1_600).filter(|i| i * 7 % 6 == 5).count());
            let numbers = page.iter().map(|take| take.number).collect::<Vec<_>>();
            assert_eq!(numbers.is_sorted(), order == Order::Oldest);
        }
    }
}
