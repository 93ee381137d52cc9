//! One file a verb, or a few small ones together. Each reads its words, calls the client, prints.

mod brief;
mod doctor;
mod generate;
mod info;
mod jobs;
mod library;
mod pages;
mod play;
mod render;
mod replay;
mod setup;
mod sound;
mod workstation;

use crate::config::Surroundings;

use super::args::{Common, Doctor, DoctorSubject, Open, Serve, Verb};
use super::output::Output;
use super::stop::Stop;
use super::{daemon, engine};

/// Does what a verb says.
pub(super) fn run(
    verb: Verb,
    common: &Common,
    around: &Surroundings,
    output: &Output,
) -> Result<(), Stop> {
    let place = Place { common, around, output };
    match verb {
        Verb::Open(words) => workstation::run(&place, &words),
        Verb::Demo => workstation::run(&place, &Open { tour: true, ..Open::default() }),
        Verb::Generate(words) => generate::run(&place, words),
        Verb::Brief(words) => brief::run(&place, &words),
        Verb::Play(words) => play::run(&place, &words),
        Verb::Ls(words) => library::list(&place, words),
        Verb::Info(words) => info::run(&place, &words.target),
        Verb::Replay(words) => replay::run(&place, &words),
        Verb::Jobs(words) => jobs::run(&place, words),
        Verb::Rate(words) => library::rate(&place, words),
        Verb::Tag(words) => library::tag(&place, words),
        Verb::Export(words) => library::export(&place, words),
        Verb::Delete(words) => library::delete(&place, words),
        Verb::Sessions(words) => library::sessions(&place, &words),
        Verb::Presets(words) => setup::presets(&place, words),
        Verb::Backends => setup::backends(&place),
        Verb::Render(words) => render::run(&place, &words),
        Verb::Nodes(words) => sound::nodes(&place, words),
        Verb::Devices => sound::devices(&place),
        Verb::Config(words) => setup::config(&place, &words.action),
        Verb::Doctor(Doctor { subject: None }) => doctor::run(&place),
        Verb::Doctor(Doctor { subject: Some(DoctorSubject::Audio(words)) }) => {
            doctor::audio::run(&place, words)
        }
        Verb::Serve(words) => serve(&place, &words),
        Verb::Schema => pages::schema(&place),
        Verb::Completions(words) => pages::completions(&place, words.shell),
        Verb::Man(words) => pages::man(&place, words.verb.as_deref()),
    }
}

/// Which door, or what to do about the one that is open.
fn serve(place: &Place<'_>, words: &Serve) -> Result<(), Stop> {
    let Place { common, around, output } = *place;
    if words.stdio {
        engine::serve_stdio(common, around, output)
    } else if words.detach {
        daemon::detach(common, around, output)
    } else if words.stop {
        daemon::stop(around, output)
    } else if words.status {
        daemon::status(around, output)
    } else {
        daemon::serve(common, around, output, words.apart)
    }
}

/// Where a verb runs.
struct Place<'a> {
    common: &'a Common,
    around: &'a Surroundings,
    output: &'a Output,
}
