//! Reads a line into an [`Action`]: a name, then what belongs to it.

use std::fmt::Display;
use std::str::FromStr;

use super::{
    Action, ActionInfo, Amount, CopyWish, EditWish, FocusWish, LoopWish, Place, SeedWish,
    SwitchWish, TABLE, ZoomWish,
};
use crate::model::units::Bpm;
use crate::tui::model::Glyphs;
use crate::tui::model::panes::{Tab, ViewKind};

/// Why a line is no action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// No such name.
    #[error("there is no command '{name}'")]
    Unknown {
        /// What was written.
        name: String,
        /// The nearest name, where one is near.
        nearest: Option<&'static str>,
    },
    /// What follows the name makes no sense.
    #[error("/{name}: {problem}")]
    Arguments {
        /// The name.
        name: &'static str,
        /// What is wrong.
        problem: String,
        /// What is expected.
        usage: &'static str,
        /// A line that works.
        example: &'static str,
    },
}

impl ActionError {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { nearest: Some(name), .. } => format!("did you mean /{name}?"),
            Self::Unknown { nearest: None, .. } => "Ctrl-P lists every command".to_owned(),
            Self::Arguments { name, usage: "", example, .. } => {
                format!("/{name} takes nothing, as in /{example}")
            }
            Self::Arguments { name, usage, example, .. } => {
                format!("/{name} {usage}, as in /{example}")
            }
        }
    }
}

/// The words after a name, with the row of the table for errors.
struct Words<'a> {
    info: &'static ActionInfo,
    rest: &'a str,
}

pub(super) fn action(line: &str) -> Result<Action, ActionError> {
    let line = line.trim();
    let line = line.strip_prefix('/').unwrap_or(line);
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let lower = name.to_lowercase();
    let Some(info) = ActionInfo::find(&lower) else {
        let nearest = TABLE
            .iter()
            .map(|info| (strsim::jaro_winkler(info.name, &lower), info.name))
            .filter(|(likeness, _)| *likeness > 0.75)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let name = name.chars().filter(|c| !c.is_control()).take(40).collect();
        return Err(ActionError::Unknown { name, nearest: nearest.map(|(_, name)| name) });
    };
    let words = Words { info, rest: rest.trim() };
    match info.name {
        "generate" => Ok(Action::Generate(words.text()?)),
        "variation" | "reroll" | "extend" | "tempo" | "key" | "metre" | "duration" | "seed"
        | "takes" | "preset" | "backend" | "params" => words.make(),
        "play" | "seek" | "loop" | "volume" | "mute" | "solo" | "gain" | "pan" | "chain"
        | "param" | "ab" | "switch" | "verdict" | "device" => words.listen(),
        "rate" | "name" | "tag" | "note" | "export" | "delete" | "copy" | "session" | "remark"
        | "cancel" | "retry" | "reorder" => words.keep(),
        "library" | "inspector" | "view" | "zoom" | "scroll" | "theme" | "glyphs" | "motion"
        | "mouse" => words.screen(),
        "focus" | "move" | "page" | "step" | "edit" => words.moving(),
        _ => words.bare(),
    }
}

impl Words<'_> {
    fn wrong(&self, problem: impl Display) -> ActionError {
        let info = self.info;
        ActionError::Arguments {
            name: info.name,
            problem: problem.to_string(),
            usage: info.args,
            example: info.example,
        }
    }

    fn strange(&self) -> ActionError {
        match self.rest {
            "" => self.wrong("something is missing"),
            rest => {
                let shown = rest.chars().filter(|c| !c.is_control()).take(40).collect::<String>();
                self.wrong(format!("'{shown}' makes no sense here"))
            }
        }
    }

    /// Everything that follows; it must be something.
    fn text(&self) -> Result<String, ActionError> {
        if self.rest.is_empty() { Err(self.strange()) } else { Ok(self.rest.to_owned()) }
    }

    fn list(&self) -> Vec<String> {
        self.rest.split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// A value, or `auto`.
    fn open<T>(&self) -> Result<Option<T>, ActionError>
    where
        T: FromStr,
        T::Err: Display,
    {
        match self.rest {
            "auto" | "none" | "free" => Ok(None),
            "" => Err(self.strange()),
            rest => rest.parse().map(Some).map_err(|error| self.wrong(error)),
        }
    }

    fn amount(&self, text: &str) -> Result<Amount, ActionError> {
        let bare = text.trim_end_matches("dB").trim_end_matches("db");
        let value = bare.parse::<f64>().ok().filter(|value| value.is_finite());
        let value = value.ok_or_else(|| self.wrong(format!("'{text}' is not a number")))?;
        Ok(if bare.starts_with(['+', '-']) { Amount::By(value) } else { Amount::To(value) })
    }

    fn number<T: FromStr>(&self, text: &str) -> Result<T, ActionError> {
        text.parse().map_err(|_| self.wrong(format!("'{text}' is not a number that fits")))
    }

    fn switch(&self) -> Result<Option<bool>, ActionError> {
        match self.rest {
            "" => Ok(None),
            "on" | "yes" => Ok(Some(true)),
            "off" | "no" => Ok(Some(false)),
            _ => Err(self.strange()),
        }
    }

    /// A name and what follows it.
    fn pair(&self) -> Result<(String, &str), ActionError> {
        let (name, rest) = self.rest.rsplit_once(' ').ok_or_else(|| self.strange())?;
        Ok((name.trim().to_owned(), rest.trim()))
    }

    fn make(&self) -> Result<Action, ActionError> {
        Ok(match self.info.name {
            "variation" => {
                let amount =
                    if self.rest.is_empty() { 0.3 } else { self.number::<f64>(self.rest)? };
                if !(amount > 0.0 && amount <= 1.0) {
                    return Err(self.wrong("the amount is above 0 and at most 1"));
                }
                Action::Variation(amount)
            }
            "reroll" => Action::Reroll(self.text()?.to_lowercase()),
            "extend" => {
                let bare = self.rest.trim_end_matches("bars").trim_end_matches("bar").trim();
                let bars: i32 = self.number(bare.strip_prefix('+').unwrap_or(bare))?;
                if bars == 0 || bars.abs() > 999 {
                    return Err(self.wrong("between 1 and 999 bars"));
                }
                Action::Extend(bars)
            }
            "tempo" if self.rest == "tap" => Action::Tap,
            "tempo" => Action::Tempo(match self.rest {
                "auto" | "none" => None,
                rest => {
                    let bare = rest.trim_end_matches("bpm").trim_end_matches("BPM").trim();
                    Some(bare.parse::<Bpm>().map_err(|error| self.wrong(error))?)
                }
            }),
            "key" => Action::Key(self.open()?),
            "metre" => Action::Metre(self.open()?),
            "duration" => Action::Duration(self.open()?),
            "seed" => Action::Seed(match self.rest {
                "lock" | "" => SeedWish::Lock,
                "free" | "auto" | "new" => SeedWish::Free,
                rest => SeedWish::Set(self.number(rest)?),
            }),
            "takes" => {
                let takes: u32 = self.number(self.rest)?;
                if !(1..=64).contains(&takes) {
                    return Err(self.wrong("between 1 and 64"));
                }
                Action::Takes(takes)
            }
            "preset" if self.rest == "none" => Action::Preset(Vec::new()),
            "preset" if self.rest.is_empty() => Action::Palette,
            "preset" => Action::Preset(self.list()),
            "backend" => match self.rest {
                "" | "auto" => Action::Backend(None),
                rest => Action::Backend(Some(rest.to_owned())),
            },
            _ if self.rest.is_empty() => Action::Inspect(Tab::Params),
            _ => {
                let (name, value) = self.pair()?;
                match value {
                    "reset" | "default" => Action::Param(name, None),
                    value => Action::Param(name, Some(self.number(value)?)),
                }
            }
        })
    }

    fn listen(&self) -> Result<Action, ActionError> {
        Ok(match self.info.name {
            "play" => Action::Play(self.list()),
            "seek" => Action::Seek(self.place()?),
            "loop" => Action::Loop(self.looped()?),
            "volume" => Action::Volume(self.amount(self.rest)?),
            "mute" => Action::Mute(self.rest.to_owned()),
            "solo" => Action::Solo(self.rest.to_owned()),
            "gain" => {
                let (part, level) = self.pair()?;
                let level = self.amount(level)?;
                // A level is nearly always below zero, so a minus alone does not make it relative.
                Action::Gain(part, level)
            }
            "pan" => {
                let (part, place) = self.pair()?;
                let place: f64 = self.number(place)?;
                if !(-1.0..=1.0).contains(&place) {
                    return Err(self.wrong("between -1 and 1"));
                }
                Action::Pan(part, Amount::To(place))
            }
            "chain" => match self.rest {
                "" => Action::Inspect(Tab::Chain),
                "none" | "off" => Action::Chain(None),
                rest => Action::Chain(Some(rest.to_owned())),
            },
            "param" => {
                let words = self.list();
                let [node, param, value] = words.as_slice() else { return Err(self.strange()) };
                Action::NodeParam(node.clone(), param.clone(), self.amount(value)?)
            }
            "ab" => {
                let (mut takes, before) = (self.list(), self.list().len());
                takes.retain(|word| word != "blind");
                Action::Compare { blind: takes.len() < before, takes }
            }
            "switch" => Action::Switch(match self.rest {
                "next" | "" => SwitchWish::By(1),
                "previous" | "prev" => SwitchWish::By(-1),
                rest => SwitchWish::To(self.candidate(rest)?),
            }),
            "verdict" => {
                let (which, note) = self.rest.split_once(' ').unwrap_or((self.rest, ""));
                let best = if which == "tie" { None } else { Some(self.candidate(which)?) };
                Action::Verdict(best, note.trim().to_owned())
            }
            _ => Action::Device((!self.rest.is_empty()).then(|| self.rest.to_owned())),
        })
    }

    /// `A` is the first one.
    fn candidate(&self, text: &str) -> Result<u32, ActionError> {
        let mut letters = text.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) if letter.is_ascii_alphabetic() => {
                Ok(u32::from(letter.to_ascii_lowercase()) - u32::from('a'))
            }
            (Some(digit @ '1'..='9'), None) => Ok(u32::from(digit) - u32::from('1')),
            _ => Err(self.strange()),
        }
    }

    fn place(&self) -> Result<Place, ActionError> {
        let text = self.rest;
        match text {
            "start" => return Ok(Place::Start),
            "end" => return Ok(Place::End),
            _ => {}
        }
        if let Some(bar) = text.strip_prefix("bar") {
            let bar: f64 = self.number(bar.trim())?;
            return if bar >= 1.0 {
                Ok(Place::Bar(bar))
            } else {
                Err(self.wrong("bars count from 1"))
            };
        }
        if let Some(share) = text.strip_suffix('%') {
            let share: f64 = self.number(share)?;
            return Ok(Place::Share((share / 100.0).clamp(0.0, 1.0)));
        }
        let is_relative = text.starts_with(['+', '-']);
        let unit = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
        let (number, unit) = text.split_at(unit);
        if let Some((minutes, seconds)) = number.split_once(':') {
            let (minutes, seconds): (f64, f64) = (self.number(minutes)?, self.number(seconds)?);
            return Ok(Place::Seconds(minutes * 60.0 + seconds));
        }
        let number: f64 = self.number(number.trim())?;
        match (unit.trim(), is_relative) {
            ("bar" | "bars", true) => Ok(Place::ByBars(number as i32)),
            ("beat" | "beats" | "", true) => Ok(Place::ByBeats(number)),
            ("s" | "sec", true) => Ok(Place::BySeconds(number)),
            ("bar" | "bars", false) => Ok(Place::Bar(number)),
            ("s" | "sec" | "", false) => Ok(Place::Seconds(number)),
            _ => Err(self.strange()),
        }
    }

    fn looped(&self) -> Result<LoopWish, ActionError> {
        Ok(match self.rest {
            "" | "toggle" => LoopWish::Toggle,
            "off" | "none" => LoopWish::Off,
            "start" | "a" => LoopWish::Start,
            "end" | "b" => LoopWish::End,
            rest => match rest.split_once('-') {
                Some((first, last)) => {
                    let (first, last): (u32, u32) =
                        (self.number(first.trim())?, self.number(last.trim())?);
                    if first < 1 || last < first {
                        return Err(
                            self.wrong("bars count from 1, and the last one comes after the first")
                        );
                    }
                    LoopWish::Bars(first, last)
                }
                None => match self.number::<u32>(rest.trim_end_matches("bars").trim())? {
                    bars @ 1..=999 => LoopWish::Here(bars),
                    _ => return Err(self.wrong("between 1 and 999 bars")),
                },
            },
        })
    }

    fn keep(&self) -> Result<Action, ActionError> {
        Ok(match self.info.name {
            "rate" => match self.number::<u8>(self.rest)? {
                stars @ 0..=5 => Action::Rate(stars),
                _ => return Err(self.wrong("between 0 and 5")),
            },
            "name" => Action::Name(self.text()?),
            "tag" => {
                self.text()?;
                Action::Tag(self.list())
            }
            "note" => Action::Note(self.rest.to_owned()),
            "remark" => Action::Remark(self.text()?),
            "export" => {
                let overwrite = self.rest.ends_with("--force");
                let rest = self.rest.trim_end_matches("--force").trim();
                let (format, path) = rest.split_once(' ').unwrap_or((rest, ""));
                let format = format.to_lowercase();
                if !matches!(format.as_str(), "wav" | "flac" | "mp3") {
                    return Err(self.strange());
                }
                let path = path.trim();
                Action::Export {
                    format,
                    path: (!path.is_empty()).then(|| path.to_owned()),
                    overwrite,
                }
            }
            "delete" => match self.rest {
                "" => Action::Delete(false),
                "files" => Action::Delete(true),
                _ => return Err(self.strange()),
            },
            "copy" => Action::Copy(match self.rest {
                "path" | "" => CopyWish::Path,
                "prompt" => CopyWish::Prompt,
                "seed" => CopyWish::Seed,
                "command" => CopyWish::Command,
                "id" => CopyWish::Id,
                _ => return Err(self.strange()),
            }),
            "session" => {
                let (what, text) = self.rest.split_once(' ').unwrap_or((self.rest, ""));
                let text = text.trim().to_owned();
                match what {
                    "new" => Action::SessionNew(text),
                    "open" | "" => Action::SessionOpen((!text.is_empty()).then_some(text)),
                    "fork" => Action::SessionFork(text),
                    "name" if !text.is_empty() => Action::SessionName(text),
                    _ => return Err(self.strange()),
                }
            }
            "cancel" => Action::Cancel((!self.rest.is_empty()).then(|| self.rest.to_owned())),
            "retry" => Action::Retry((!self.rest.is_empty()).then(|| self.rest.to_owned())),
            _ => Action::Reorder(match self.rest {
                "up" => -1,
                "down" => 1,
                rest => self.number(rest)?,
            }),
        })
    }

    fn screen(&self) -> Result<Action, ActionError> {
        Ok(match self.info.name {
            "library" => Action::Library(self.rest.to_owned()),
            "inspector" => match self.rest {
                "" => Action::Inspector,
                "wider" => Action::Widen(4),
                "narrower" => Action::Widen(-4),
                _ => return Err(self.strange()),
            },
            "view" => match self.rest {
                "none" | "off" => Action::View(None),
                rest => Action::View(Some(
                    ViewKind::ALL
                        .into_iter()
                        .find(|kind| !rest.is_empty() && kind.word().starts_with(rest))
                        .ok_or_else(|| self.strange())?,
                )),
            },
            "zoom" => Action::Zoom(match self.rest {
                "in" => ZoomWish::In,
                "out" => ZoomWish::Out,
                "fit" | "" => ZoomWish::Fit,
                "samples" => ZoomWish::Samples,
                "loop" => ZoomWish::Loop,
                _ => return Err(self.strange()),
            }),
            "scroll" => Action::Scroll(match self.rest {
                "left" => -0.25,
                "right" => 0.25,
                rest => self.number(rest)?,
            }),
            "theme" => Action::Theme((!self.rest.is_empty()).then(|| self.rest.to_owned())),
            "glyphs" => Action::Glyphs(match self.rest {
                "" => None,
                "braille" => Some(Glyphs::Braille),
                "blocks" => Some(Glyphs::Blocks),
                "ascii" => Some(Glyphs::Ascii),
                _ => return Err(self.strange()),
            }),
            "motion" => Action::Motion(self.switch()?),
            _ => Action::Mouse(self.switch()?),
        })
    }

    fn moving(&self) -> Result<Action, ActionError> {
        let by = |words: &Self| match words.rest {
            "up" => Ok(-1),
            "down" => Ok(1),
            rest => words.number(rest.strip_prefix('+').unwrap_or(rest)),
        };
        Ok(match self.info.name {
            "focus" => Action::Focus(match self.rest {
                "composer" => FocusWish::Composer,
                "transcript" => FocusWish::Transcript,
                "inspector" => FocusWish::Inspector,
                "next" => FocusWish::Next,
                "previous" => FocusWish::Previous,
                _ => return Err(self.strange()),
            }),
            "move" => Action::Move(by(self)?),
            "page" => Action::Page(by(self)?),
            "step" => Action::Step(by(self)?),
            _ => Action::Edit(self.edit()?),
        })
    }

    fn edit(&self) -> Result<EditWish, ActionError> {
        Ok(match self.rest {
            "newline" => EditWish::Newline,
            "left" => EditWish::Left,
            "right" => EditWish::Right,
            "up" => EditWish::Up,
            "down" => EditWish::Down,
            "word-left" => EditWish::WordLeft,
            "word-right" => EditWish::WordRight,
            "home" => EditWish::Home,
            "end" => EditWish::End,
            "erase-left" => EditWish::EraseLeft,
            "erase-right" => EditWish::EraseRight,
            "cut-word-left" => EditWish::CutWordLeft,
            "cut-word-right" => EditWish::CutWordRight,
            "cut-to-home" => EditWish::CutToHome,
            "cut-to-end" => EditWish::CutToEnd,
            "yank" => EditWish::Yank,
            "transpose" => EditWish::Transpose,
            "undo" => EditWish::Undo,
            "redo" => EditWish::Redo,
            "older" => EditWish::Older,
            "newer" => EditWish::Newer,
            "search" => EditWish::Search,
            "complete" => EditWish::Complete,
            "complete-back" => EditWish::CompleteBack,
            "external" => EditWish::External,
            "unfold" => EditWish::Unfold,
            _ => return Err(self.strange()),
        })
    }

    /// Names that take nothing.
    fn bare(&self) -> Result<Action, ActionError> {
        if !self.rest.is_empty() {
            return Err(self.strange());
        }
        Ok(match self.info.name {
            "stems" => Action::Stems,
            "midi" => Action::Midi,
            "reset" => Action::Reset,
            "parts" => Action::Parts,
            "toggle" => Action::Toggle,
            "stop" => Action::Stop,
            "close" => Action::Close,
            "next" => Action::Skip(1),
            "previous" => Action::Skip(-1),
            "undo" => Action::Undo,
            "redo" => Action::Redo,
            "rewind" => Action::Rewind,
            "queue" => Action::Inspect(Tab::Queue),
            "take" => Action::Inspect(Tab::Take),
            "mixer" => Action::Inspect(Tab::Mixer),
            "nodes" => Action::View(Some(ViewKind::Graph)),
            "log" => Action::Inspect(Tab::Log),
            "help" => Action::Help,
            "keys" => Action::Keys,
            "palette" => Action::Palette,
            "doctor" => Action::Doctor,
            "status" => Action::Status,
            "tour" => Action::Tour,
            "suspend" => Action::Suspend,
            "redraw" => Action::Redraw,
            "quit" => Action::Quit,
            "interrupt" => Action::Interrupt,
            "back" => Action::Back,
            "top" => Action::Top,
            "bottom" => Action::Bottom,
            "select" => Action::Select,
            "default" => Action::Default,
            "submit" => Action::Submit,
            // A row of the table that nobody reads; the test of the table finds it.
            _ => return Err(self.strange()),
        })
    }
}
