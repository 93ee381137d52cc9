//! `replay`: renders a recipe again, and with `--verify` proves from the file alone that it repeats.

use crate::client::Work;
use crate::protocol::methods::TakeReplay;
use crate::protocol::take::TakeReplayParams;
use crate::util::text;

use super::Place;
use crate::cli::args::Replay;
use crate::cli::output::Style;
use crate::cli::report::Line;
use crate::cli::stop::Stop;
use crate::cli::{engine, target};

pub(super) fn run(place: &Place<'_>, words: &Replay) -> Result<(), Stop> {
    let take = target::named(&words.target, place.around)?;
    if !words.verify && words.output.is_none() {
        return Err(Stop::usage(
            "replay has nothing to do with what it renders",
            "use --verify to compare it, or -o PATH to keep it",
        ));
    }
    let path = match &words.output {
        Some(path) => {
            let path = place.around.absolute(path);
            target::check_writable(&path, words.force)?;
            path.to_str().map(str::to_owned)
        }
        None => None,
    };
    engine::run(place.common, place.around, place.output, Work::Nothing, async |session| {
        let output = &session.output;
        output.talk("rendering the recipe again");
        let params = TakeReplayParams { take, verify: words.verify, path, overwrite: words.force };
        let replayed = session.client.call::<TakeReplay>(params).await?;
        for note in &replayed.notes {
            output.talk(&format!("note: {}", text::one_line(note)));
        }
        if output.is_json() {
            return output.object(&Line { r#type: "replay", value: &replayed });
        }
        if words.verify {
            let same = match replayed.same_file {
                Some(true) => "the same sound and the same file",
                _ => "the same sound",
            };
            output.talk(&format!("{}: {same}", output.paint(Style::Good, "verified")));
            output.result(&format!("sha256 {}", replayed.audio_sha256))?;
        } else if !replayed.same_audio {
            output.warn("the sound differs from what the recipe promises");
        }
        replayed.path.iter().try_for_each(|path| output.result(path))
    })
}
