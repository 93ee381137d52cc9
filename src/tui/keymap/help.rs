//! What the keys of a place are for, in words: for the help on the screen, and for docs/keys.md.

use super::{Binding, Context, Keymap};
use crate::tui::action::{ActionInfo, Group, TABLE};

/// Keys of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpGroup {
    /// The place, such as `In the composer`.
    pub title: &'static str,
    /// Its keys.
    pub rows: Vec<HelpRow>,
}

/// Keys that do the same thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpRow {
    /// The keys, printed.
    pub keys: Vec<String>,
    /// What they do, in a few words.
    pub what: String,
    /// The same as a line of the action language.
    pub line: String,
}

/// Lines whose meaning is clearer in words of their own than in those of the table of actions.
const WORDS: &[(&str, &str)] = &[
    ("seek -1bar", "A bar back"),
    ("seek +1bar", "A bar ahead"),
    ("seek -4bars", "Four bars back"),
    ("seek +4bars", "Four bars ahead"),
    ("seek -1beat", "A beat back"),
    ("seek +1beat", "A beat ahead"),
    ("seek start", "To the start of the music"),
    ("seek end", "To the end of the music"),
    ("loop", "Loop all of it, or no longer"),
    ("loop start", "A loop begins at this bar"),
    ("loop end", "The loop ends with this bar"),
    ("volume -1", "Softer by a decibel"),
    ("volume +1", "Louder by a decibel"),
    ("mute", "Mute the chosen part, or let it sound again"),
    ("solo", "Solo the chosen part, or end that"),
    ("ab", "Compare it with the one before, equally loud"),
    ("ab blind", "The same without knowing which is which"),
    ("switch next", "Hear the other one"),
    ("variation", "A variation of it"),
    ("rate 0", "Take the rating away"),
    ("rate 1", "Rate it 1"),
    ("rate 2", "Rate it 2"),
    ("rate 3", "Rate it 3"),
    ("rate 4", "Rate it 4"),
    ("rate 5", "Rate it 5"),
    ("copy path", "Copy the path of its file"),
    ("copy prompt", "Copy its prompt"),
    ("cancel", "Cancel the chosen job"),
    ("retry", "Put the chosen job back into the queue"),
    ("reorder up", "The chosen job earlier"),
    ("reorder down", "The chosen job later"),
    ("rewind", "Edit an earlier prompt"),
    ("params", "Params of the backend"),
    ("chain", "Effects and their params"),
    ("library", "Search the library"),
    ("inspector wider", "Wider panes on the right"),
    ("inspector narrower", "Narrower panes on the right"),
    ("view waveform", "The waveform, down to samples"),
    ("view spectrogram", "The spectrogram"),
    ("view roll", "The score"),
    ("view graph", "The nodes that play"),
    ("view tree", "How takes descend from each other"),
    ("view none", "Back to the transcript"),
    ("zoom in", "Closer"),
    ("zoom out", "Farther away"),
    ("zoom fit", "The whole take"),
    ("zoom loop", "The loop"),
    ("zoom samples", "Single samples"),
    ("scroll left", "Earlier"),
    ("scroll right", "Later"),
    ("focus next", "To the next pane"),
    ("focus previous", "To the previous pane"),
    ("focus transcript", "To the transcript"),
    ("focus composer", "To the composer"),
    ("move up", "The row above"),
    ("move down", "The row below"),
    ("page up", "A screen up"),
    ("page down", "A screen down"),
    ("select", "Choose it"),
    ("step -1", "Turn the value down"),
    ("step +1", "Turn the value up"),
    ("step -10", "Turn the value down by ten steps"),
    ("step +10", "Turn the value up by ten steps"),
    ("interrupt", "Clear the line, else stop what runs, else quit"),
    ("back", "One step back; twice to edit an earlier prompt"),
    ("submit", "Send it"),
    ("edit newline", "A new line"),
    ("edit left", "A letter to the left"),
    ("edit right", "A letter to the right"),
    ("edit up", "A line up, else an older prompt"),
    ("edit down", "A line down, else a newer prompt"),
    ("edit word-left", "A word to the left"),
    ("edit word-right", "A word to the right"),
    ("edit home", "To the beginning of the line"),
    ("edit end", "To the end of the line"),
    ("edit erase-left", "Erase the letter before the cursor"),
    ("edit erase-right", "Erase the letter under the cursor"),
    ("edit cut-word-left", "Cut the word before the cursor"),
    ("edit cut-word-right", "Cut the word after the cursor"),
    ("edit cut-to-home", "Cut to the beginning of the line"),
    ("edit cut-to-end", "Cut to the end of the line"),
    ("edit yank", "Put in what was cut"),
    ("edit transpose", "Swap the letters around the cursor"),
    ("edit undo", "Take the typing back"),
    ("edit redo", "Type it again"),
    ("edit older", "An older prompt"),
    ("edit newer", "A newer prompt"),
    ("edit search", "Search older prompts"),
    ("edit complete", "Complete the word, else to the next pane"),
    ("edit complete-back", "The choice above, else to the previous pane"),
    ("edit external", "Write it in $EDITOR"),
    ("edit unfold", "Show pasted text"),
];

/// What a line does, in a few words.
pub(super) fn words(line: &str) -> String {
    if let Some((_, words)) = WORDS.iter().find(|(known, _)| *known == line) {
        return (*words).to_owned();
    }
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    match ActionInfo::find(name.trim_start_matches('/')) {
        Some(info) if rest.is_empty() => info.doc.to_owned(),
        Some(info) => format!("{} ({line})", info.doc),
        None => line.to_owned(),
    }
}

pub(super) fn groups(map: &Keymap, context: Context) -> Vec<HelpGroup> {
    let mut taken = Vec::new();
    let mut groups = Vec::new();
    for context in context.chain() {
        let here = map.bindings.iter().filter(|binding| binding.context == *context);
        let (rows, keys) = (rows(here.clone().filter(|b| !taken.contains(&b.key))), here);
        taken.extend(keys.map(|binding| binding.key));
        if !rows.is_empty() {
            groups.push(HelpGroup { title: context.title(), rows });
        }
    }
    groups
}

/// One row for each line, with all of its keys.
fn rows<'a>(bindings: impl Iterator<Item = &'a Binding>) -> Vec<HelpRow> {
    let mut rows: Vec<HelpRow> = Vec::new();
    for binding in bindings {
        let key = super::printed(binding.key);
        match rows.iter_mut().find(|row| row.line == binding.line) {
            Some(row) => row.keys.push(key),
            None => rows.push(HelpRow {
                keys: vec![key],
                what: words(&binding.line),
                line: binding.line.clone(),
            }),
        }
    }
    rows
}

/// docs/keys.md: every key of every place, and every action.
pub fn reference(map: &Keymap) -> String {
    let mut page = String::from(INTRODUCTION);
    for context in Context::ALL {
        let rows = rows(map.bindings.iter().filter(|binding| binding.context == context));
        page.push_str(&format!("\n## {} `[{}]`\n\n", context.title(), context.name()));
        page.push_str("| Keys | What they do | Action |\n| --- | --- | --- |\n");
        for row in rows {
            let keys = row.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>();
            page.push_str(&format!("| {} | {} | `{}` |\n", keys.join(" "), row.what, row.line));
        }
    }
    page.push_str("\n## Actions\n\n");
    page.push_str(ACTIONS);
    let mut heading: Option<Group> = None;
    for info in TABLE {
        if heading != Some(info.group) {
            heading = Some(info.group);
            page.push_str(&format!("\n### {}\n\n", info.group.heading()));
            page.push_str(
                "| Action | What follows | What it does | As in |\n| --- | --- | --- | --- |\n",
            );
        }
        let names = std::iter::once(&info.name).chain(info.aliases);
        let names = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ");
        let args = match info.args {
            "" => String::new(),
            args => format!("`{}`", args.replace('|', "\\|")),
        };
        page.push_str(&format!("| {names} | {args} | {} | `{}` |\n", info.doc, info.example));
    }
    page
}

const INTRODUCTION: &str = "# Keys

This page is made from presets/keymap.toml and the table of actions; `TIMBRE_BLESS=1 cargo nextest run --test tui_docs`
writes it.

Every key says an action: the same line that can be typed behind a slash in the composer and found in the palette. The keys
of the place that has the focus win over those of everywhere. `F1` shows the keys of the place you are in.

## Your own keys

Write `keymap.toml` beside your `config.toml` (`timbre config path` says where). It needs only what differs:

```toml
[transcript]
\"b\" = \"seek -1bar\"
\"shift-d\" = \"unset\"

[global]
\"f12\" = \"export flac\"
```

The file is read anew when it changes. A key or an action that does not exist, a key that stands twice in a place, and a
letter that would eat typing are mistakes: Timbre tells the file and the line, and goes on with the keys it had.

In the composer readline's keys do what they always do, with one exception: `Ctrl-P` is the palette everywhere. With
`\"ctrl-p\" = \"edit older\"` in `[composer]` it is readline's again, and `Alt-X` still opens the palette.

`Shift-Enter` and `Ctrl-Enter` reach Timbre only from terminals with the Kitty protocol. Nothing depends on them:
`Alt-Enter`, `Ctrl-J` and a backslash at the end of the line make a new line everywhere.
";

const ACTIONS: &str = "`UPPER` stands for a value, `[...]` may be left out, `|` stands between choices. Those under *Move* are
for keys; the others can be typed behind a slash as well.
";
