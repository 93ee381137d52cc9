//! Lists to choose from by typing: the palette of everything that can be done, and those of sessions, presets, themes,
//! devices and backends. They are made from the model; choosing runs the line of an item.

#[cfg(test)]
pub(super) mod fixture;

use unicode_segmentation::UnicodeSegmentation;

use super::action::{Action, ActionInfo, EditWish, Group, TABLE};
use super::fuzzy::Finder;
use super::keymap::{Context, Keymap};
use super::model::Model;
pub use super::model::panes::{Picker, PickerItem};
use crate::util::text;

/// Most letters that can be typed into a list.
const LONGEST_QUERY: usize = 200;

impl Picker {
    /// A list with everything in it.
    pub fn new(title: impl Into<String>, items: Vec<PickerItem>) -> Self {
        let mut picker = Self { title: title.into(), items, ..Self::default() };
        picker.filter();
        picker
    }

    /// Finds again what matches: labels first, then what only says it in its line of help. Chooses the best one.
    pub fn filter(&mut self) {
        let mut finder = Finder::new(&self.query);
        if finder.is_empty() {
            self.matches = (0..self.items.len()).map(|index| (index, Vec::new())).collect();
            self.chosen = 0;
            return;
        }
        let wanted = self.query.trim().to_lowercase();
        let mut found = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            if let Some(fit) = finder.fit(&item.label) {
                // A label comes before any line of help, however well that matches.
                found.push((fit.score.saturating_add(1), index, fit.marks));
            } else if item.doc.to_lowercase().contains(&wanted) {
                found.push((0, index, Vec::new()));
            }
        }
        found.sort_by_key(|(score, index, _)| (std::cmp::Reverse(*score), *index));
        self.matches = found.into_iter().map(|(_, index, marks)| (index, marks)).collect();
        self.chosen = 0;
    }

    /// Types a letter. What a terminal would obey is no letter.
    pub fn type_char(&mut self, letter: char) {
        let clean = text::clean(letter.encode_utf8(&mut [0; 4]));
        let clean = clean.trim_end_matches(['\n', '\t']);
        if !clean.is_empty() && self.query.chars().count() < LONGEST_QUERY {
            self.query.push_str(clean);
            self.filter();
        }
    }

    /// Erases the last letter.
    pub fn erase(&mut self) {
        self.apply(EditWish::EraseLeft);
    }

    /// Works on what was typed; says whether it was such work.
    pub fn apply(&mut self, wish: EditWish) -> bool {
        let done = edit_query(&mut self.query, wish);
        if done {
            self.filter();
        }
        done
    }

    /// Chooses another row; round and round by one, and never beyond the ends by more.
    pub fn shift(&mut self, by: i32) {
        let Some(last) = self.matches.len().checked_sub(1) else { return };
        let step = by.unsigned_abs() as usize;
        self.chosen = match by {
            1 if self.chosen >= last => 0,
            -1 if self.chosen == 0 => last,
            by if by < 0 => self.chosen.saturating_sub(step),
            _ => self.chosen.saturating_add(step).min(last),
        };
    }

    /// The chosen item.
    pub fn item(&self) -> Option<&PickerItem> {
        self.items.get(self.matches.get(self.chosen)?.0)
    }

    /// Chooses the item with this line, where there is one; for lists that begin at what is in use.
    pub fn choose_line(&mut self, line: &str) {
        let at = self
            .matches
            .iter()
            .position(|(index, _)| self.items.get(*index).is_some_and(|item| item.line == line));
        self.chosen = at.unwrap_or(self.chosen);
    }
}

/// Work on a line that has its cursor at the end, as those of searches have: erases a letter, a word or all of it. Says
/// whether it was such work.
pub fn edit_query(query: &mut String, wish: EditWish) -> bool {
    let kept = match wish {
        EditWish::EraseLeft => query.len() - query.graphemes(true).next_back().map_or(0, str::len),
        EditWish::CutWordLeft => {
            let word = query.trim_end().rfind(char::is_whitespace);
            let blank = |at| query.get(at..).and_then(|rest| rest.chars().next());
            word.map_or(0, |at| at + blank(at).map_or(0, char::len_utf8))
        }
        EditWish::CutToHome => 0,
        _ => return false,
    };
    query.truncate(kept);
    true
}

/// Everything that can be done from here: actions with their keys, then presets, themes, sessions, devices and backends.
pub fn palette(model: &Model, keymap: &Keymap) -> Picker {
    let context = match Context::of(model) {
        // Letters are no shortcuts while a list is open; what counts is where it goes back to.
        Context::List | Context::Confirm => Context::Global,
        context => context,
    };
    let mut items = Vec::new();
    for info in TABLE.iter().filter(|info| info.group != Group::Move && info.name != "palette") {
        items.extend(rows(info, |line| match Action::parse(line) {
            Ok(action) => keymap.key_for(context, &action),
            Err(_) => String::new(),
        }));
    }
    for more in [presets(model), themes(model), sessions(model), devices(model), backends(model)] {
        let verb = more.title.to_lowercase();
        items.extend(
            more.items
                .into_iter()
                .map(|item| PickerItem { label: format!("{verb}: {}", item.label), ..item }),
        );
    }
    // `preset none` is both a word behind an action and a row of the presets.
    let mut seen = std::collections::BTreeSet::new();
    items.retain(|item| seen.insert(item.line.clone()));
    Picker::new("Commands", items)
}

/// The rows of an action: itself, and one for each word that may follow it.
fn rows(info: &ActionInfo, key: impl Fn(&str) -> String) -> Vec<PickerItem> {
    let row = |line: &str, label: String| PickerItem {
        keys: key(line),
        label,
        doc: info.doc.to_owned(),
        line: line.to_owned(),
    };
    let mut rows = Vec::new();
    if Action::parse(info.name).is_ok() {
        rows.push(row(info.name, info.name.to_owned()));
    }
    if !info.args.is_empty() {
        // A line that ends in a blank goes into the composer, to be completed there.
        let label = format!("{} {}", info.name, info.args);
        if rows.is_empty() || info.args.contains(char::is_uppercase) {
            rows.push(row(&format!("{} ", info.name), label));
        }
    }
    for word in literals(info) {
        let line = format!("{} {word}", info.name);
        if Action::parse(&line).is_ok() {
            rows.push(row(&line, line.clone()));
        }
    }
    rows
}

/// Words that may follow an action as they are: `wav`, `flac` and `mp3` of `wav|flac|mp3 [PATH]`.
pub(super) fn literals(info: &ActionInfo) -> impl Iterator<Item = &'static str> {
    // `wav|flac|mp3 [PATH]`, `[wider|narrower]`, `new|open|fork|name [TEXT]`.
    let first = info.args.split(' ').next().unwrap_or_default();
    let words = first.trim_start_matches('[').trim_end_matches(']').split('|');
    words.filter(|word| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        word.len() > 1
            && word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(plain)
    })
}

fn item(label: String, doc: String, line: String) -> PickerItem {
    PickerItem { label, doc, keys: String::new(), line }
}

/// Presets of the next prompt.
pub fn presets(model: &Model) -> Picker {
    let mut items = vec![item("none".into(), "No preset".into(), "preset none".into())];
    items.extend(model.presets.iter().map(|preset| {
        item(preset.name.clone(), text::one_line(&preset.doc), format!("preset {}", preset.name))
    }));
    Picker::new("Preset", items)
}

/// Presets whose effects sound can go through.
pub fn chains(model: &Model) -> Picker {
    let mut items = vec![item("none".into(), "No effects".into(), "chain none".into())];
    items.extend(model.presets.iter().map(|preset| {
        item(preset.name.clone(), text::one_line(&preset.doc), format!("chain {}", preset.name))
    }));
    Picker::new("Chain", items)
}

/// Themes, beginning at the one in use.
pub fn themes(model: &Model) -> Picker {
    let items = model.look.themes.iter().map(|name| {
        let doc = if *name == model.look.theme.name { "In use" } else { "" };
        item(text::one_line(name), doc.to_owned(), format!("theme {name}"))
    });
    let mut picker = Picker::new("Theme", items.collect());
    picker.choose_line(&format!("theme {}", model.look.theme.name));
    picker
}

/// Sessions, newest first.
pub fn sessions(model: &Model) -> Picker {
    let items = model.sessions.iter().map(|session| {
        let title = text::one_line(&session.title);
        let label = if title.is_empty() { "Untitled".to_owned() } else { title };
        let doc = match session.takes {
            1 => "1 take".to_owned(),
            takes => format!("{takes} takes"),
        };
        item(label, doc, format!("session open {}", session.id))
    });
    Picker::new("Session", items.collect())
}

/// Devices that can play.
pub fn devices(model: &Model) -> Picker {
    let playing = model.sound.devices.iter().filter(|device| device.outputs > 0);
    let items = playing.map(|device| {
        let default = if device.default { ", the default" } else { "" };
        let doc = format!("{}, {} channels{default}", text::one_line(&device.host), device.outputs);
        item(text::one_line(&device.name), doc, format!("device {}", device.id))
    });
    Picker::new("Device", items.collect())
}

/// Backends; one that can't work now says why.
pub fn backends(model: &Model) -> Picker {
    let items = model.backends.iter().map(|backend| {
        let doc = if backend.available { &backend.doc } else { &backend.reason };
        item(text::one_line(&backend.name), text::one_line(doc), format!("backend {}", backend.id))
    });
    Picker::new("Backend", items.collect())
}

#[cfg(test)]
mod tests {
    use super::fixture::model;
    use super::*;
    use proptest::prelude::*;

    fn labels(picker: &Picker) -> Vec<&str> {
        picker.matches.iter().map(|(index, _)| picker.items[*index].label.as_str()).collect()
    }

    fn typed(mut picker: Picker, query: &str) -> Picker {
        query.chars().for_each(|letter| picker.type_char(letter));
        picker
    }

    #[test]
    fn the_palette_has_every_action_and_each_line_works_or_waits_for_more() {
        let picker = palette(&model(), &Keymap::default());
        for info in TABLE.iter().filter(|info| info.group != Group::Move && info.name != "palette")
        {
            assert!(
                picker.items.iter().any(|item| item.line.trim_end() == info.name
                    || item.line.starts_with(&format!("{} ", info.name))),
                "{}",
                info.name
            );
        }
        for item in &picker.items {
            let waits = item.line.ends_with(' ');
            assert!(waits || Action::parse(&item.line).is_ok(), "{}", item.line);
        }
        let lines =
            picker.items.iter().map(|item| &item.line).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(lines.len(), picker.items.len(), "a line stands twice");
    }

    #[test]
    fn keys_are_shown_beside_what_they_do() {
        let picker = palette(&model(), &Keymap::default());
        let keys = |line: &str| {
            picker.items.iter().find(|item| item.line == line).map(|item| item.keys.as_str())
        };
        assert_eq!(keys("inspector"), Some("Ctrl-O"));
        assert_eq!(keys("view roll"), Some("F7"));
        assert_eq!(keys("toggle"), Some("Space"), "the composer of the fixture is empty");
        assert_eq!(keys("doctor"), Some(""));
    }

    #[test]
    fn typing_narrows_and_erasing_widens() {
        let mut picker = typed(palette(&model(), &Keymap::default()), "view ro");
        assert_eq!(labels(&picker)[0], "view roll");
        assert_eq!(picker.item().map(|item| item.line.as_str()), Some("view roll"));
        assert_eq!(picker.matches[0].1, [0, 1, 2, 3, 4, 5, 6]);
        picker.erase();
        picker.apply(EditWish::CutWordLeft);
        assert_eq!(picker.query, "view ");
        picker.apply(EditWish::CutWordLeft);
        assert_eq!(picker.query, "");
        assert_eq!(picker.matches.len(), picker.items.len());
        let picker = typed(picker, "zzzzzz");
        assert!(picker.item().is_none());
    }

    #[test]
    fn a_query_is_edited_from_its_end() {
        let edited = |text: &str, wish| {
            let mut query = text.to_owned();
            (edit_query(&mut query, wish), query)
        };
        assert_eq!(edited("ae\u{301}", EditWish::EraseLeft), (true, "a".to_owned()));
        assert_eq!(
            edited("雨\u{3000}の夜 ", EditWish::CutWordLeft),
            (true, "雨\u{3000}".to_owned())
        );
        assert_eq!(edited("one two", EditWish::CutToHome), (true, String::new()));
        assert_eq!(edited("", EditWish::CutWordLeft), (true, String::new()));
        assert_eq!(edited("one", EditWish::Left), (false, "one".to_owned()));
    }

    #[test]
    fn help_is_searched_where_no_label_matches() {
        let picker = typed(palette(&model(), &Keymap::default()), "loudness");
        assert_eq!(labels(&picker)[0], "view loudness");
        assert!(labels(&picker).contains(&"ab [TAKE…] [blind]"), "{:?}", labels(&picker));
    }

    #[test]
    fn the_choice_goes_round_by_one_and_stops_at_the_ends_by_more() {
        let mut picker = Picker::new("x", vec![PickerItem::empty("a"), PickerItem::empty("b")]);
        picker.shift(-1);
        assert_eq!(picker.chosen, 1);
        picker.shift(1);
        assert_eq!(picker.chosen, 0);
        picker.shift(10);
        assert_eq!(picker.chosen, 1);
        picker.shift(i32::MIN);
        assert_eq!(picker.chosen, 0);
        let mut nothing = Picker::new("x", Vec::new());
        nothing.shift(1);
        assert!(nothing.item().is_none());
    }

    impl PickerItem {
        fn empty(label: &str) -> Self {
            item(label.to_owned(), String::new(), label.to_owned())
        }
    }

    #[test]
    fn other_lists_come_from_the_model() {
        let model = model();
        assert_eq!(labels(&presets(&model)), ["none", "lofi-study", "vinyl-dust"]);
        assert_eq!(themes(&model).item().map(|item| item.doc.clone()), Some("In use".into()));
        assert_eq!(labels(&sessions(&model)), ["Rainy evening", "Untitled"]);
        assert_eq!(labels(&devices(&model)), ["Built-in Audio"]);
        assert_eq!(labels(&backends(&model)), ["Composer"]);
    }

    proptest! {
        #[test]
        fn any_typing_keeps_the_choice_inside(keys in proptest::collection::vec((0u8..5, any::<char>()), 0..30)) {
            let mut picker = presets(&model());
            for (what, letter) in keys {
                match what {
                    0 => picker.erase(),
                    1 => picker.shift(1),
                    2 => picker.shift(-3),
                    _ => picker.type_char(letter),
                }
                prop_assert!(picker.matches.is_empty() || picker.item().is_some());
                prop_assert!(!picker.query.chars().any(char::is_control));
                for (index, marks) in &picker.matches {
                    let clusters = picker.items[*index].label.graphemes(true).count();
                    prop_assert!(marks.iter().all(|mark| *mark < clusters));
                }
            }
        }
    }
}
