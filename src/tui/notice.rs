//! Words for the desktop and the terminal's own progress, as control sequences; what terminal understands which is a guess
//! from its environment that the configuration can overrule.

use crate::util::text;

/// How the desktop is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Notices {
    /// Not at all.
    Off,
    /// By the bell.
    #[default]
    Bell,
    /// OSC 9 (iTerm2, Windows Terminal, WezTerm, Ghostty).
    Osc9,
    /// OSC 777 (rxvt, VTE, foot).
    Osc777,
    /// OSC 99 (Kitty).
    Osc99,
}

impl Notices {
    /// A guess from `TERM`, `TERM_PROGRAM` and `VTE_VERSION`; the bell where nothing is known.
    pub fn guess(var: impl Fn(&str) -> Option<String>) -> Self {
        let term = var("TERM").unwrap_or_default();
        let program = var("TERM_PROGRAM").unwrap_or_default();
        if term.contains("kitty") {
            Self::Osc99
        } else if matches!(program.as_str(), "iTerm.app" | "WezTerm" | "ghostty")
            || var("WT_SESSION").is_some()
        {
            Self::Osc9
        } else if term.starts_with("rxvt")
            || term.starts_with("foot")
            || var("VTE_VERSION").is_some()
        {
            Self::Osc777
        } else {
            Self::Bell
        }
    }

    /// The sequence that tells the desktop.
    pub fn sequence(self, title: &str, words: &str) -> String {
        // Semicolons separate fields, and whatever else could end a sequence is gone from a single line of text.
        let clean = |words: &str| text::fit(&text::one_line(words), 200).replace(';', ",");
        let (title, words) = (clean(title), clean(words));
        match self {
            Self::Off => String::new(),
            Self::Bell => "\u{7}".to_owned(),
            Self::Osc9 => format!("\u{1b}]9;{title}: {words}\u{7}"),
            Self::Osc777 => format!("\u{1b}]777;notify;{title};{words}\u{7}"),
            Self::Osc99 => format!("\u{1b}]99;;{title}: {words}\u{1b}\\"),
        }
    }

    /// The sequence for the terminal's own progress (OSC 9;4): 0 to 1, or none. It does nothing where it is not known.
    pub fn progress(self, share: Option<f64>) -> String {
        match share {
            // Where OSC 9 is not known to mean progress, it might pop up as a notification.
            _ if self != Self::Osc9 => String::new(),
            Some(share) => format!("\u{1b}]9;4;1;{:.0}\u{7}", share.clamp(0.0, 1.0) * 100.0),
            None => "\u{1b}]9;4;0\u{7}".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_from_outside_can_not_end_the_sequence() {
        let told = Notices::Osc777.sequence("Take;1", "a\u{1b}]0;x\u{7}b\nc");
        assert_eq!(told.matches('\u{7}').count(), 1);
        assert_eq!(told.matches('\u{1b}').count(), 1);
        assert!(told.starts_with("\u{1b}]777;notify;Take,1;a"), "{told:?}");
    }

    #[test]
    fn terminals_are_told_as_they_understand() {
        let with = |pairs: &[(&str, &str)]| {
            let pairs =
                pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
            Notices::guess(move |name| {
                pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
            })
        };
        assert_eq!(with(&[("TERM", "xterm-kitty")]), Notices::Osc99);
        assert_eq!(with(&[("TERM_PROGRAM", "WezTerm")]), Notices::Osc9);
        assert_eq!(with(&[("VTE_VERSION", "7600")]), Notices::Osc777);
        assert_eq!(with(&[("TERM", "xterm")]), Notices::Bell);
        assert_eq!(Notices::Bell.progress(Some(0.5)), "");
        assert_eq!(Notices::Osc9.progress(Some(0.5)), "\u{1b}]9;4;1;50\u{7}");
    }
}
