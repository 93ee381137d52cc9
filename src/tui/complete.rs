//! What a word can become: commands and what may follow them while a line begins with a slash, words of music in prose when
//! Tab is pressed. Choices come from the table of actions, from the words of the grammar and from the model.

#[cfg(test)]
mod tests;

use super::action::{ActionInfo, Group, TABLE};
use super::composer::Composer;
use super::fuzzy::Finder;
use super::highlight::Highlighter;
use super::model::Model;
use super::model::input::Completion;
use super::picker;
use super::scope::Scope;
use crate::config::theme;
use crate::model::key::Key;
use crate::util::text;

/// Most choices that are offered.
const MOST: usize = 50;
/// Letters from which on a word of prose is completed.
const ENOUGH: usize = 2;

/// A choice: what would stand there, and one line about it.
type Choice = (String, String);

/// What is offered while typing: only behind a slash at the beginning of the text. Nothing where the only choice is there
/// already.
pub fn offer(model: &Model) -> Option<Completion> {
    let composer = &model.composer;
    let (row, column) = composer.cursor();
    if composer.search.is_some() || row != 0 {
        return None;
    }
    let before = composer.line().chars().take(column).collect::<String>();
    let command = before.strip_prefix('/')?;
    match command.split_once(' ') {
        None => ranked(1, command, commands()),
        Some((name, rest)) => {
            let info = ActionInfo::find(&name.to_lowercase())?;
            let (done, word) = rest.rsplit_once([' ', ',']).unwrap_or(("", rest));
            let from = column - word.chars().count();
            ranked(from, word, arguments(model, info, done))
        }
    }
}

/// What Tab completes: what is offered anyway, else the word of prose before the cursor.
pub fn on_tab(model: &Model) -> Option<Completion> {
    offer(model).or_else(|| {
        let composer = &model.composer;
        let (_, column) = composer.cursor();
        let before = composer.line().chars().take(column).collect::<String>();
        prose(&composer.highlighter, &before)
    })
}

/// The words of music that the end of a text can become: of up to three words, the longest that something begins with.
fn prose(known: &Highlighter, before: &str) -> Option<Completion> {
    let starts = before.char_indices().enumerate().filter_map(|(column, (at, _))| {
        let begins = before.get(..at)?.chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        begins.then_some((column, at))
    });
    let mut starts = starts.collect::<Vec<_>>();
    let keep = starts.len().saturating_sub(3);
    for (column, at) in starts.split_off(keep) {
        let typed = before.get(at..).unwrap_or_default();
        if typed.chars().filter(|c| c.is_alphanumeric()).count() < ENOUGH {
            continue;
        }
        let wanted = typed.to_lowercase().replace('-', " ");
        let fitting =
            known.words().filter(|(word, _)| word.starts_with(&wanted) && *word != wanted);
        let mut choices =
            fitting.map(|(word, kind)| (word.to_owned(), named(kind))).collect::<Vec<_>>();
        choices.sort_by_key(|(word, _)| (word.chars().count(), word.clone()));
        choices.truncate(MOST);
        if !choices.is_empty() {
            return Some(Completion { from: column, choices, chosen: 0 });
        }
    }
    None
}

/// What a word is called by its colour.
fn named(kind: Scope) -> String {
    let name = kind.name();
    name.strip_prefix("word.").unwrap_or(name).to_owned()
}

fn commands() -> Vec<Choice> {
    let offered = TABLE.iter().filter(|info| info.group != Group::Move);
    offered.map(|info| (info.name.to_owned(), info.doc.to_owned())).collect()
}

/// What may follow a command; `done` is what stands there already.
fn arguments(model: &Model, info: &ActionInfo, done: &str) -> Vec<Choice> {
    let first = done.trim().is_empty();
    let plain = |words: &mut dyn Iterator<Item = &str>| -> Vec<Choice> {
        words.map(|word| (word.to_owned(), String::new())).collect()
    };
    let mut choices = if first { plain(&mut picker::literals(info)) } else { Vec::new() };
    match info.name {
        "play" => choices.extend(takes(model)),
        "ab" => {
            choices.extend(takes(model));
            choices.push(("blind".into(), "Without their names".into()));
        }
        "mute" | "solo" | "gain" | "pan" | "reroll" if first => {
            choices.extend(parts(model, info.name));
        }
        "preset" | "chain" => {
            let presets = model.presets.iter();
            choices.extend(presets.map(|p| (p.name.clone(), text::one_line(&p.doc))));
        }
        "backend" if first => {
            let backends = model.backends.iter();
            choices.extend(backends.map(|b| (b.id.clone(), text::one_line(&b.doc))));
        }
        "params" => choices.extend(params(model, done)),
        "param" => choices.extend(node_params(model, done)),
        "theme" if first => {
            let doc = |name: &str| if name == theme::DEFAULT { "The default" } else { "" };
            let names = model.look.themes.iter();
            choices.extend(names.map(|name| (name.clone(), doc(name).to_owned())));
        }
        "device" if first => {
            let devices = model.sound.devices.iter().filter(|device| device.outputs > 0);
            choices.extend(devices.map(|d| (d.id.clone(), text::one_line(&d.name))));
            choices.push(("null".into(), "Plays to nobody".into()));
        }
        "key" => choices.extend(keys(done)),
        "metre" if first => {
            choices.extend(plain(&mut ["3/4", "4/4", "5/4", "6/8", "7/8", "12/8"].into_iter()));
        }
        "duration" if first => {
            choices.extend(plain(
                &mut ["8bars", "16bars", "32bars", "30s", "60s", "2min"].into_iter(),
            ));
        }
        "takes" if first => choices.extend(plain(&mut ["1", "2", "4", "8"].into_iter())),
        "rate" if first => choices.extend(plain(&mut ["0", "1", "2", "3", "4", "5"].into_iter())),
        "variation" if first => choices.extend(
            [("0.1", "A little"), ("0.3", "A third of the parts"), ("0.6", "Most of it")]
                .map(|(word, doc)| (word.to_owned(), doc.to_owned())),
        ),
        "seek" if first => {
            choices =
                plain(&mut ["start", "end", "+1bar", "-1bar", "+8bars", "-8bars"].into_iter());
        }
        "switch" | "verdict" if first => choices.extend(candidates(model)),
        "session" if done.trim() == "open" => {
            let sessions = model.sessions.iter();
            choices.extend(sessions.map(|s| (s.id.clone(), text::one_line(&s.title))));
        }
        "cancel" | "retry" if first => {
            if info.name == "cancel" {
                choices.push(("all".into(), "Everything that waits and runs".into()));
            }
            let jobs = model.jobs.values();
            choices.extend(jobs.map(|j| (j.id.clone(), text::one_line(&j.request.prompt))));
        }
        "export" if !first && !done.contains("--force") => {
            choices.push(("--force".into(), "Replace a file that is there".into()));
        }
        "tag" => {
            let tags = model.takes.values().flat_map(|take| &take.tags);
            let tags = tags.collect::<std::collections::BTreeSet<_>>();
            choices.extend(tags.into_iter().map(|tag| (text::one_line(tag), String::new())));
        }
        "delete" if first => choices.push(("files".into(), "Its files, too".into())),
        _ => {}
    }
    choices
}

/// Takes by their number in the session, newest first.
fn takes(model: &Model) -> Vec<Choice> {
    let session = model.conversation.session.as_ref().map(|session| &session.id);
    let mut takes = model
        .takes
        .values()
        .filter(|take| session.is_none_or(|session| *session == take.session_id))
        .collect::<Vec<_>>();
    takes.sort_by_key(|take| std::cmp::Reverse(take.number));
    takes.iter().map(|take| (take.number.to_string(), text::one_line(&take.title))).collect()
}

/// Parts that play, else the usual ones.
fn parts(model: &Model, name: &str) -> Vec<Choice> {
    let playing = &model.sound.player.parts;
    if !playing.is_empty() && name != "reroll" {
        return playing.iter().map(|part| (part.name.clone(), String::new())).collect();
    }
    let rerolls = model.backends.iter().flat_map(|backend| &backend.params);
    let rerolls = rerolls.filter_map(|param| param.id.strip_prefix("reroll_"));
    let known = rerolls.map(|part| (part.to_owned(), String::new())).collect::<Vec<_>>();
    if !known.is_empty() {
        return known;
    }
    let usual = ["drums", "bass", "comp", "lead", "pad", "texture"];
    usual.map(|part| (part.to_owned(), String::new())).to_vec()
}

fn params(model: &Model, done: &str) -> Vec<Choice> {
    let id = model.settings.backend.as_ref().unwrap_or(&model.default_backend);
    let Some(backend) = model.backends.iter().find(|backend| backend.id == *id) else {
        return Vec::new();
    };
    let done = done.trim();
    if done.is_empty() {
        let params = backend.params.iter();
        return params.map(|param| (param.id.clone(), text::one_line(&param.doc))).collect();
    }
    let Some(param) = backend.params.iter().find(|param| param.id == done) else {
        return Vec::new();
    };
    vec![
        ("reset".into(), format!("{}, the default", param.default)),
        (param.min.to_string(), "The least".into()),
        (param.max.to_string(), "The most".into()),
    ]
}

fn node_params(model: &Model, done: &str) -> Vec<Choice> {
    let Some(graph) = &model.sound.graph else { return Vec::new() };
    let done = done.trim();
    let node = graph.nodes.iter().find(|node| node.id == done);
    match node {
        Some(node) => {
            let params = node.params.iter();
            params.map(|(param, value)| (param.clone(), value.to_string())).collect()
        }
        None if done.is_empty() => {
            let nodes = graph.nodes.iter();
            nodes.map(|node| (node.id.clone(), text::one_line(&node.kind))).collect()
        }
        None => Vec::new(),
    }
}

/// Keys as they are written: a tonic, then a mode.
fn keys(done: &str) -> Vec<Choice> {
    let tonics = ["C", "C#", "Db", "D", "Eb", "E", "F", "F#", "Gb", "G", "Ab", "A", "Bb", "B"];
    let modes = [
        "major",
        "minor",
        "dorian",
        "phrygian",
        "lydian",
        "mixolydian",
        "locrian",
        "harmonic minor",
        "melodic minor",
    ];
    let tonic = done.trim();
    let words: Vec<&str> = match tonic {
        "" => tonics.to_vec(),
        tonic => {
            let fits = |mode: &&str| format!("{tonic} {mode}").parse::<Key>().is_ok();
            modes.into_iter().filter(fits).collect()
        }
    };
    words.into_iter().map(|word| (word.to_owned(), String::new())).collect()
}

/// Those that are compared, by their letters.
fn candidates(model: &Model) -> Vec<Choice> {
    let Some(compare) = &model.sound.player.compare else { return Vec::new() };
    let title = |title: &Option<String>| title.as_deref().map(text::one_line).unwrap_or_default();
    let all = compare.candidates.iter();
    all.map(|one| (one.label.to_lowercase(), title(&one.title))).collect()
}

/// The choices that match a word, best first; nothing where there is none, or none but the word itself.
fn ranked(from: usize, word: &str, choices: Vec<Choice>) -> Option<Completion> {
    let mut finder = Finder::new(word);
    let mut found = choices
        .into_iter()
        .enumerate()
        .filter_map(|(index, choice)| Some((finder.fit(&choice.0)?.score, index, choice)))
        .collect::<Vec<_>>();
    found.sort_by_key(|(score, index, _)| (std::cmp::Reverse(*score), *index));
    let mut choices = found.into_iter().map(|(.., choice)| choice).take(MOST).collect::<Vec<_>>();
    let mut seen = std::collections::BTreeSet::new();
    choices.retain(|(choice, _)| seen.insert(choice.clone()));
    match choices.as_slice() {
        [] => None,
        [(only, _)] if only == word => None,
        _ => Some(Completion { from, choices, chosen: 0 }),
    }
}

impl Composer {
    /// Chooses another one of what is offered, round and round.
    pub(super) fn choose(&mut self, by: isize) {
        if let Some(completion) = &mut self.completion {
            let count = completion.choices.len().max(1);
            let by = by.rem_euclid(isize::try_from(count).unwrap_or(isize::MAX)).unsigned_abs();
            completion.chosen = (completion.chosen + by) % count;
        }
    }

    /// Puts the chosen one where its word stands, and a blank behind it where the text ends; says whether there was one.
    pub fn accept(&mut self) -> bool {
        let Some(completion) = self.completion.take() else { return false };
        let Some((chosen, _)) = completion.choices.get(completion.chosen) else { return false };
        let (row, column) = self.cursor();
        let at_end = self.line().chars().count() == column;
        // In prose a comma may come next, so a blank is put only behind the words of a command.
        let blank = if at_end && row == 0 && self.line().starts_with('/') { " " } else { "" };
        self.replace_from(completion.from, &format!("{chosen}{blank}"));
        true
    }
}
