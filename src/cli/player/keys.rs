//! What the keys of the player mean. Pure: a key in, a wish out.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::Step;

/// The line that `?` shows.
pub(in crate::cli) const HELP: &str = "space play/stop · ←/→ a beat (5 s where no tempo is known) · [ ] or shift ←/→ a bar · \
     n/p next/previous · l loop · ↑/↓ volume · q quit · ? this line";

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Wish {
    /// Play or stop.
    PlayStop,
    /// Go somewhere else.
    Go(Step),
    /// Loop, or no longer.
    Loop,
    /// Louder (1) or softer (-1).
    Volume(i8),
    /// Show the keys.
    Help,
    /// End.
    Quit,
    /// End as Ctrl-C does.
    Interrupt,
    /// Step aside for the shell, as Ctrl-Z does.
    Suspend,
    /// Draw anew: the terminal has another size.
    Redraw,
}

/// The wish of a terminal event, if it is one of ours.
pub(in crate::cli) fn wish_of(event: &Event) -> Option<Wish> {
    match event {
        // Some terminals tell when a key is let go, too.
        Event::Key(key) if key.kind != KeyEventKind::Release => wish_of_key(*key),
        Event::Resize(..) => Some(Wish::Redraw),
        _ => None,
    }
}

fn wish_of_key(key: KeyEvent) -> Option<Wish> {
    let shift = key.modifiers.contains(KeyModifiers::SHIFT);
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            // Raw mode keeps the terminal from sending the signals, so the keys are ours to obey.
            KeyCode::Char('c' | 'C') => Some(Wish::Interrupt),
            KeyCode::Char('d' | 'D') => Some(Wish::Quit),
            KeyCode::Char('z' | 'Z') => Some(Wish::Suspend),
            KeyCode::Char('l' | 'L') => Some(Wish::Redraw),
            _ => None,
        };
    }
    if key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER) {
        return None;
    }
    Some(match key.code {
        KeyCode::Char(' ') => Wish::PlayStop,
        KeyCode::Left if shift => Wish::Go(Step::Bar(-1)),
        KeyCode::Right if shift => Wish::Go(Step::Bar(1)),
        KeyCode::Left => Wish::Go(Step::Beat(-1)),
        KeyCode::Right => Wish::Go(Step::Beat(1)),
        KeyCode::Char('[') => Wish::Go(Step::Bar(-1)),
        KeyCode::Char(']') => Wish::Go(Step::Bar(1)),
        KeyCode::Char('n' | 'N') => Wish::Go(Step::Item(1)),
        KeyCode::Char('p' | 'P') => Wish::Go(Step::Item(-1)),
        KeyCode::Char('l' | 'L') => Wish::Loop,
        KeyCode::Up | KeyCode::Char('+' | '=') => Wish::Volume(1),
        KeyCode::Down | KeyCode::Char('-') => Wish::Volume(-1),
        KeyCode::Char('?' | 'h') => Wish::Help,
        KeyCode::Char('q' | 'Q') | KeyCode::Esc => Wish::Quit,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode, modifiers: KeyModifiers) -> Option<Wish> {
        wish_of(&Event::Key(KeyEvent::new(code, modifiers)))
    }

    #[test]
    fn keys_mean_what_the_help_says() {
        let plain = |code| press(code, KeyModifiers::NONE);
        assert_eq!(plain(KeyCode::Char(' ')), Some(Wish::PlayStop));
        assert_eq!(plain(KeyCode::Left), Some(Wish::Go(Step::Beat(-1))));
        assert_eq!(press(KeyCode::Right, KeyModifiers::SHIFT), Some(Wish::Go(Step::Bar(1))));
        assert_eq!(plain(KeyCode::Char('[')), Some(Wish::Go(Step::Bar(-1))));
        assert_eq!(plain(KeyCode::Char('n')), Some(Wish::Go(Step::Item(1))));
        assert_eq!(press(KeyCode::Char('?'), KeyModifiers::SHIFT), Some(Wish::Help));
        assert_eq!(plain(KeyCode::Up), Some(Wish::Volume(1)));
        assert_eq!(plain(KeyCode::Char('x')), None);
    }

    #[test]
    fn what_raw_mode_takes_from_the_terminal_is_given_back() {
        let control = |c| press(KeyCode::Char(c), KeyModifiers::CONTROL);
        assert_eq!(control('c'), Some(Wish::Interrupt));
        assert_eq!(control('z'), Some(Wish::Suspend));
        assert_eq!(control('q'), None, "no accident with a key that ends it");
        assert_eq!(press(KeyCode::Char('q'), KeyModifiers::ALT), None);
    }

    #[test]
    fn a_key_that_is_let_go_does_nothing() {
        let mut key = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
        key.kind = KeyEventKind::Release;
        assert_eq!(wish_of(&Event::Key(key)), None);
        assert_eq!(wish_of(&Event::Resize(80, 24)), Some(Wish::Redraw));
    }
}
