//! The keys that are worth knowing where the user is: a few for the line at the bottom, all of them for the help.

use super::super::action::{Action, EditWish};
use super::super::keymap::Context;
use super::super::model::Model;
use super::super::model::panes::Overlay;

/// What the line at the bottom offers, by place, most useful first: a line of the action language and a word.
fn offered(context: Context, model: &Model) -> &'static [(&'static str, &'static str)] {
    let compared = model.sound.player.compare.is_some();
    match context {
        Context::Empty if compared => {
            &[("toggle", "play"), ("next", "switch"), ("palette", "commands"), ("help", "keys")]
        }
        Context::Empty => &[
            ("toggle", "play"),
            ("focus transcript", "takes"),
            ("palette", "commands"),
            ("inspector", "panes"),
            ("help", "keys"),
        ],
        Context::Composer | Context::Global => &[
            ("submit", "send"),
            ("edit newline", "new line"),
            ("edit complete", "complete"),
            ("edit search", "history"),
            ("edit external", "editor"),
        ],
        Context::Transcript => &[
            ("select", "play"),
            ("toggle", "stop"),
            ("ab", "compare"),
            ("view waveform", "zoom"),
            ("move up", "up"),
            ("back", "type"),
            ("help", "keys"),
        ],
        Context::Inspector => &[
            ("select", "choose"),
            ("step +1", "turn"),
            ("default", "default"),
            ("back", "type"),
            ("help", "keys"),
        ],
        Context::View => &[
            ("zoom in", "zoom"),
            ("zoom fit", "all"),
            ("scroll right", "scroll"),
            ("toggle", "play"),
            ("back", "close"),
            ("help", "keys"),
        ],
        Context::List => &[("select", "choose"), ("move down", "next"), ("back", "close")],
        Context::Confirm => match model.overlays.last() {
            Some(Overlay::Welcome) => &[("select", "make a take"), ("back", "empty page")],
            Some(Overlay::Tour(_)) => &[("select", "next step"), ("back", "end the tour")],
            Some(Overlay::Help { .. }) => &[("back", "close"), ("page down", "more")],
            _ => &[("select", "yes"), ("back", "no")],
        },
    }
}

/// Works out what the bottom line offers.
pub(super) fn refresh(model: &mut Model) {
    let context = Context::of(model);
    let hints = offered(context, model).iter().filter_map(|(line, word)| {
        let action = Action::parse(line).ok()?;
        let keys = model.keys.keys_for(context, &action);
        // A letter for yes or no belongs to a question; elsewhere the larger key is the one that people look for.
        let large = keys
            .iter()
            .find(|key| key.chars().count() > 1)
            .filter(|_| *word != "yes" && *word != "no");
        let key = large.filter(|_| context == Context::Confirm).or(keys.first())?;
        Some((key.clone(), (*word).to_owned()))
    });
    let mut hints = hints.collect::<Vec<_>>();
    if model.composer.search.is_some() {
        let next = model
            .keys
            .keys_for(Context::Composer, &Action::Edit(EditWish::Search))
            .into_iter()
            .next();
        hints = next.map(|key| (key, "older match".to_owned())).into_iter().collect();
    }
    model.hints = hints;
}

/// Works out the help of the place that has the keys.
pub(super) fn help(model: &mut Model) {
    let groups = model.keys.help(Context::of(model));
    model.help = groups
        .into_iter()
        .map(|group| {
            let rows = group.rows.into_iter().map(|row| (row.keys.join(" "), row.what));
            (group.title.to_owned(), rows.collect())
        })
        .collect();
}
