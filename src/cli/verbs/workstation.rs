//! `timbre` without a verb: the workstation on a terminal, or line by line.

use std::io::{self, IsTerminal};

use super::Place;
use crate::cli::args::{Open, When};
use crate::cli::engine;
use crate::cli::stop::Stop;
use crate::client::Work;
use crate::config::raw::RawConfig;
use crate::config::resolved::{Attach, Color};
use crate::config::{Paths, load};
use crate::model::job::{Fault, FaultKind};
use crate::tui::plain;
use crate::tui::run::{self, Setup};
use crate::tui::setup::prepare;
use crate::tui::start::Start;

pub(super) fn run(place: &Place<'_>, words: &Open) -> Result<(), Stop> {
    let Place { common, around, output } = *place;
    let (keyboard, screen) = (io::stdin().is_terminal(), io::stdout().is_terminal());
    let dumb = around.var("TERM").is_none_or(|term| term == "dumb");
    let plain = words.plain || (keyboard && screen && dumb);
    let on_a_terminal = keyboard && screen;
    if !(plain || on_a_terminal) {
        return Err(Stop::usage(
            "the workstation needs a terminal",
            "say what you want to hear: timbre --generate \"dusty lofi beat\"; or `timbre --plain`, which works with pipes",
        ));
    }
    let paths = Paths::new(around);
    let layered = load(around, &paths, RawConfig::default())?;
    let color = match common.color {
        Some(When::Never) => Color::Never,
        Some(When::Always) => Color::Always,
        Some(When::Auto) | None => layered.config.color,
    };
    let prepared = prepare(
        around,
        &paths,
        &layered.config.interface,
        if plain { Color::Never } else { color },
    );
    let mut common = common.clone();
    // The log goes to its file alone: on the screen it would tear the picture.
    common.verbose = if plain { common.verbose } else { 0 };
    common.no_daemon |= layered.config.interface.attach == Attach::Never;
    let start = match (&words.resume, words.tour) {
        (_, true) => Start::Tour,
        (Some(session), _) if session == "choose" => Start::Choose,
        (Some(session), _) => Start::Resume(session.clone()),
        (None, _) => Start::Fresh,
    };
    let needs_daemon = layered.config.interface.attach == Attach::Always && !common.no_daemon;
    let ended =
        engine::attach_or_start(&common, around, output, Work::Everything, async |session| {
            if needs_daemon && !session.client.is_remote() {
                let fault = Fault::new(
                    FaultKind::Unavailable,
                    "no engine runs that could be joined",
                )
                .with_hint(
                    "timbre serve --detach starts one; interface.attach = \"auto\" does without",
                );
                return Err(fault.into());
            }
            let mut model = prepared.model;
            for warning in &prepared.warnings {
                crate::tui::update::warn(&mut model, warning);
            }
            let socket = session.client.is_remote().then(|| session.paths.socket_file());
            let setup = Setup {
                pictures: prepared.pictures,
                start,
                notices: prepared.notices,
                themes: prepared.themes,
                socket,
            };
            let client = session.client.clone();
            if plain {
                let input = tokio::io::BufReader::new(tokio::io::stdin());
                let script = !keyboard;
                return plain::run(client, model, setup, input, io::stdout(), script)
                    .await
                    .map_err(Stop::from);
            }
            run::run(client, model, setup).await.map_err(Stop::from)
        })?;
    let waiting = ended.jobs.values().filter(|job| !job.phase.is_final()).count();
    if waiting > 0 && !ended.engine.remote {
        let jobs =
            if waiting == 1 { "1 job waits".to_owned() } else { format!("{waiting} jobs wait") };
        output.talk(&format!("{jobs} in the queue; the next start of Timbre goes on with it"));
    }
    Ok(())
}
