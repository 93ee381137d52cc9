//! The built-in composer: prompt -> brief -> plan -> harmony -> parts -> performance -> score and graph -> render.
//!
//! [`Composer::compose`] is a pure function of the request and takes a few milliseconds; only [`Backend::generate`]
//! makes sound. Every decision draws from a substream of the seed that is named by its stage, section, bar and role, so
//! the param `reroll_bass` gives another bass under the same song.

pub mod sketch;

pub mod genre;
pub mod instruments;

pub mod brief;
pub mod lexicon;

pub mod form;
pub mod plan;

pub mod harmony;

pub mod chance;
pub mod ground;
pub mod voicings;

pub mod arp;
pub mod bass;
pub mod comp;
pub mod drums;
pub mod melody;
pub mod pads;
pub mod texture;

pub mod arrange;
pub mod ensemble;

pub mod mix;
pub mod orchestra;
pub mod perform;
pub mod render;
pub mod title;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use self::genre::{Genre, GenreBook, GenreError};
use self::ground::Ground;
use self::lexicon::Lexicon;
use self::plan::PlanError;
use self::sketch::{Harmony, Plan, Role};
use super::backend::{Backend, BackendInfo, BackendParam, GenerateError, Generated, Watch};
use crate::engine::nodes::Registry;
use crate::model::brief::Brief;
use crate::model::graph::GraphSpec;
use crate::model::mastering::Mastering;
use crate::model::recipe::Maker;
use crate::model::request::Resolved;
use crate::music::score::{Score, Section};

/// Id of the backend.
pub const ID: &str = "composer";

/// Goes up whenever the same request may sound different.
pub const VERSION: &str = "2";

/// Terms of what it makes.
pub const LICENCE: &str = "CC0-1.0";

/// Largest number of a re-roll.
const MAX_REROLL: f64 = 4_294_967_295.0;

/// A composed piece, before it is sound.
#[derive(Debug, Clone)]
pub struct Composition {
    /// What was understood.
    pub brief: Brief,
    /// Who plays what when.
    pub plan: Plan,
    /// The chords.
    pub harmony: Harmony,
    /// What is played.
    pub score: Score,
    /// What it is played on.
    pub graph: GraphSpec,
    /// A name for it.
    pub title: String,
    /// How it wants to be mastered.
    pub mastering: Mastering,
}

/// Why nothing could be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The request's own genre file is at fault.
    #[error("the genre file of the request can't be used: {0}")]
    Genre(#[from] GenreError),
    /// The request can't be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl From<ComposeError> for GenerateError {
    fn from(error: ComposeError) -> Self {
        let hint = match &error {
            ComposeError::Genre(genre) => genre.hint(),
            ComposeError::Plan(plan) => plan.hint().to_owned(),
        };
        Self::Invalid { message: error.to_string(), hint }
    }
}

/// The backend that composes. Cheap to make once and shared by all jobs; holds no state of any job.
pub struct Composer {
    genres: GenreBook,
    lexicon: Lexicon,
    nodes: Registry,
}

impl Composer {
    /// A composer with the built-in genres. Errors: [`GenreError`] where a built-in file is at fault.
    pub fn new() -> Result<Self, GenreError> {
        let genres = GenreBook::built_in()?;
        let lexicon = Lexicon::new(&genres)?;
        Ok(Self { genres, lexicon, nodes: Registry::built_in() })
    }

    /// Adds genres of the user's own; one with a known id replaces it. Errors: [`GenreError`].
    pub fn with_genres(
        mut self,
        genres: impl IntoIterator<Item = Genre>,
    ) -> Result<Self, GenreError> {
        genres.into_iter().for_each(|genre| self.genres.insert(genre));
        self.lexicon = Lexicon::new(&self.genres)?;
        Ok(self)
    }

    /// The genres, in order.
    pub fn genres(&self) -> &GenreBook {
        &self.genres
    }

    /// The book and the lexicon for a request, which may bring a genre file of its own.
    fn library(
        &self,
        request: &Resolved,
    ) -> Result<(Cow<'_, GenreBook>, Cow<'_, Lexicon>), GenreError> {
        let Some(text) = &request.genre_toml else {
            return Ok((Cow::Borrowed(&self.genres), Cow::Borrowed(&self.lexicon)));
        };
        let mut genres = self.genres.clone();
        genres.insert(Genre::read("the request's genre", text)?);
        let lexicon = Lexicon::new(&genres)?;
        Ok((Cow::Owned(genres), Cow::Owned(lexicon)))
    }

    /// Composes a request. Pure: the same request gives the same composition. Thread: any.
    pub fn compose(&self, request: &Resolved) -> Result<Composition, ComposeError> {
        let (genres, lexicon) = self.library(request)?;
        let brief = brief::read(request, &lexicon, &genres);
        let plan = plan::plan(brief, &genres, &lexicon, request.seed)?;
        let harmony = harmony::write(&plan);
        let salts = salts(request);
        let ground = Ground { plan: &plan, harmony: &harmony, salts: &salts };
        let lines = ensemble::write(&ground);
        let has = |role: Role, param: &str| {
            let kind = plan.voice(role).and_then(|voice| self.nodes.find(&voice.node));
            kind.is_some_and(|t| t.descriptor.params.iter().any(|p| p.id == param))
        };
        let parts = perform::perform(&ground, &lines, &has);
        let graph = orchestra::build(&plan, &parts, &self.nodes);
        let bar_beats = plan.metre.bar_beats();
        let sections = plan.sections.iter().map(|section| Section {
            name: section.name.clone(),
            beat: f64::from(section.start_bar) * bar_beats,
            bars: section.bars,
            energy: (section.energy.0 + section.energy.1) / 2.0,
        });
        let score = Score {
            key: plan.key,
            metre: plan.metre,
            tempo: plan.tempo.clone(),
            length_beats: plan.beats(),
            sections: sections.collect(),
            chords: harmony::chord_spans(&harmony),
            parts,
        };
        let mastering = plan.genre.mastering.clone();
        let title = title::make(&request.prompt, &plan);
        Ok(Composition { brief: plan.brief.clone(), plan, harmony, score, graph, title, mastering })
    }
}

/// Which stages are drawn anew: `reroll_bass = 2` is the second other bass.
fn salts(request: &Resolved) -> BTreeMap<String, u64> {
    request
        .params
        .iter()
        .filter_map(|(id, value)| {
            let role = id.strip_prefix("reroll_")?;
            let number = value.clamp(0.0, MAX_REROLL) as u64;
            (number > 0).then(|| (role.to_owned(), number))
        })
        .collect()
}

impl Backend for Composer {
    fn info(&self) -> BackendInfo {
        BackendInfo {
            id: ID.to_owned(),
            name: "Composer".to_owned(),
            doc: "Composes and plays music on built-in instruments. Needs no download and no network; the same seed gives the same music.".to_owned(),
            version: VERSION.to_owned(),
            licence: LICENCE.to_owned(),
            available: true,
            reason: String::new(),
            params: Role::ALL
                .into_iter()
                .filter(|role| !matches!(role, Role::Texture | Role::Fx))
                .map(|role| BackendParam {
                    id: format!("reroll_{}", role.id()),
                    doc: format!("Another version of the {} part alone; 0 is the first one.", role.id()),
                    min: 0.0,
                    max: MAX_REROLL,
                    default: 0.0,
                })
                .collect(),
            genres: self.genres.all().iter().map(|genre| genre.id.clone()).collect(),
        }
    }

    fn read(&self, request: &Resolved) -> Result<Brief, GenerateError> {
        let (genres, lexicon) = self.library(request).map_err(ComposeError::from)?;
        Ok(brief::read(request, &lexicon, &genres))
    }

    fn score(&self, request: &Resolved) -> Result<Option<Score>, GenerateError> {
        Ok(Some(self.compose(request)?.score))
    }

    fn generate(&self, request: &Resolved, watch: &Watch<'_>) -> Result<Generated, GenerateError> {
        watch.check()?;
        watch.report(0.0, "composing");
        let composition = self.compose(request)?;
        watch.check()?;
        let sound = render::render(&composition, request, &self.nodes, watch)?;
        let Composition { brief, plan, score, title, mastering, .. } = composition;
        Ok(Generated {
            mix: sound.mix,
            stems: sound.stems,
            tempo: Some(plan.tempo.clone()),
            key: Some(plan.key),
            metre: Some(plan.metre),
            bars: Some(plan.bars()),
            looped: plan.looped,
            genre: Some(plan.genre.id.clone()),
            score: Some(score),
            brief: Some(brief),
            mastering,
            title,
            maker: Maker {
                id: ID.to_owned(),
                version: VERSION.to_owned(),
                model: None,
                licence: LICENCE.to_owned(),
            },
        })
    }
}
