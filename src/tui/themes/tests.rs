use super::colour::{distance, linear, nearest_16, nearest_256, oklab_of, xterm};
use super::*;

const ALL: [&str; 6] = [
    "timbre-dark",
    "timbre-light",
    "high-contrast-dark",
    "high-contrast-light",
    "colour-blind-safe",
    "ansi-16",
];

/// Scopes that are letters to be read.
const LETTERS: &[Scope] = &[
    Scope::Text,
    Scope::Dim,
    Scope::Strong,
    Scope::Hint,
    Scope::Good,
    Scope::Warning,
    Scope::Bad,
    Scope::Title,
    Scope::Prompt,
    Scope::PromptMark,
    Scope::TakeTitle,
    Scope::TakeFact,
    Scope::TakeStars,
    Scope::Badge,
    Scope::BadgeWarning,
    Scope::Bar,
    Scope::BarValue,
    Scope::Chord,
    Scope::Section,
    Scope::Node,
    Scope::Popup,
    Scope::Match,
    Scope::WordGenre,
    Scope::WordMood,
    Scope::WordInstrument,
    Scope::WordTempo,
    Scope::WordKey,
    Scope::WordDuration,
    Scope::WordWithout,
    Scope::WordFlag,
    Scope::WordCommand,
    Scope::Chip,
    Scope::ChipUnused,
    Scope::Toast,
];

/// Scopes that are shapes: WCAG 1.4.11 wants 3 to 1 of those that carry meaning.
const SHAPES: &[Scope] = &[
    Scope::BorderFocus,
    Scope::Wave,
    Scope::WavePlayed,
    Scope::WaveRms,
    Scope::Playhead,
    Scope::Progress,
    Scope::MeterLow,
    Scope::MeterMid,
    Scope::MeterHigh,
    Scope::MeterOver,
    Scope::MeterHold,
    Scope::BeatOne,
    Scope::Beat,
    Scope::NoteSoft,
    Scope::NoteLoud,
    Scope::NoteDrum,
    Scope::Curve,
    Scope::CurveSecond,
];

fn spec(name: &str) -> ThemeSpec {
    Shelf::new("/nowhere").load(name, &scope_names()).unwrap()
}

fn rgb(ink: Ink) -> [u8; 3] {
    match ink {
        Ink::Rgb(r, g, b) => [r, g, b],
        other => panic!("{other:?} has no colour that is known"),
    }
}

/// Relative luminance and contrast (WCAG 2.2).
fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let luminance = |rgb| {
        let [r, g, b] = linear(rgb);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn around(vars: &[(&str, &str)]) -> Surroundings {
    Surroundings {
        vars: vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        home: "/home/ada".into(),
        cwd: "/".into(),
    }
}

#[test]
fn themes_that_ship_have_no_slips_and_say_every_scope() {
    assert_eq!(Shelf::new("/nowhere").names(), ALL);
    for name in ALL {
        let spec = spec(name);
        assert_eq!(spec.warnings, [], "{name}");
        assert!(!spec.doc.is_empty(), "{name}");
        assert_eq!(spec.paints.len(), Scope::ALL.len());
    }
}

#[test]
fn letters_can_be_read() {
    for (name, letters, shapes) in [
        ("timbre-dark", 4.5, 3.0),
        ("timbre-light", 4.5, 3.0),
        ("high-contrast-dark", 7.0, 4.5),
        ("high-contrast-light", 7.0, 4.5),
        ("colour-blind-safe", 4.5, 3.0),
    ] {
        let spec = spec(name);
        let paint = |scope: Scope| spec.paint(scope.name());
        let ground = paint(Scope::Ground).bg.map(rgb).unwrap();
        for (scopes, least) in [(LETTERS, letters), (SHAPES, shapes)] {
            for scope in scopes {
                let below = paint(*scope).bg.map_or(ground, rgb);
                let found = contrast(rgb(paint(*scope).fg.unwrap()), below);
                assert!(found >= least, "{name}: {} has a contrast of {found:.2}", scope.name());
            }
        }
        // Rows that are chosen, loops, black keys and popups lie below other letters.
        for lower in
            [Scope::Selection, Scope::LoopRegion, Scope::RollBlack, Scope::Popup, Scope::Toast]
        {
            let Some(below) = paint(lower).bg.map(rgb) else { continue };
            for scope in [Scope::Text, Scope::Strong, Scope::Dim, Scope::TakeTitle, Scope::TakeFact]
            {
                let found = contrast(rgb(paint(scope).fg.unwrap()), below);
                let least = letters.min(4.5);
                assert!(found >= least, "{name}: {} on {} {found:.2}", scope.name(), lower.name());
            }
        }
    }
}

/// What is seen without one kind of cone (Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of
/// Color Vision Deficiency", 2009, severity 1), in linear light.
fn seen(rgb: [u8; 3], matrix: [[f64; 3]; 3]) -> [f64; 3] {
    let light = linear(rgb);
    matrix.map(|row| row.iter().zip(light).map(|(a, b)| a * b).sum::<f64>().clamp(0.0, 1.0))
}

const PROTANOPIA: [[f64; 3]; 3] = [
    [0.152_286, 1.052_583, -0.204_868],
    [0.114_503, 0.786_281, 0.099_216],
    [-0.003_882, -0.048_116, 1.051_998],
];
const DEUTERANOPIA: [[f64; 3]; 3] = [
    [0.367_322, 0.860_646, -0.227_968],
    [0.280_085, 0.672_501, 0.047_413],
    [-0.011_820, 0.042_940, 0.968_881],
];

#[test]
fn the_safe_theme_is_told_apart_with_every_vision() {
    let spec = spec("colour-blind-safe");
    let colour = |scope: Scope| rgb(spec.paint(scope.name()).fg.unwrap());
    for group in [
        &[Scope::Good, Scope::Warning, Scope::Bad][..],
        &[Scope::MeterLow, Scope::MeterMid, Scope::MeterHigh, Scope::MeterOver],
        &[Scope::Wave, Scope::WavePlayed, Scope::WaveRms],
        &[Scope::NoteSoft, Scope::NoteLoud, Scope::NoteDrum],
        &[Scope::Curve, Scope::CurveSecond],
        &[Scope::Badge, Scope::BadgeWarning],
        &[Scope::Beat, Scope::BeatOne, Scope::BeatRest],
        &[Scope::Progress, Scope::ProgressRest],
    ] {
        for (index, one) in group.iter().enumerate() {
            for other in &group[index + 1..] {
                for matrix in [PROTANOPIA, DEUTERANOPIA] {
                    let apart = distance(
                        oklab_of(seen(colour(*one), matrix)),
                        oklab_of(seen(colour(*other), matrix)),
                    );
                    // A just noticeable difference is about 0.02; this is five of them.
                    assert!(apart >= 0.1, "{} and {}: {apart:.3}", one.name(), other.name());
                }
            }
        }
    }
}

#[test]
fn fewer_colours_are_the_nearest_ones() {
    assert_eq!(nearest_16([250, 10, 10]), 9);
    assert_eq!(nearest_16([10, 10, 10]), 0);
    assert_eq!(nearest_16([240, 240, 240]), 7);
    assert_eq!(nearest_256([0, 95, 135]), 24);
    assert_eq!(xterm(24), [0, 95, 135]);
    assert_eq!(nearest_256([8, 8, 8]), 232);
    for index in 16..=255u8 {
        assert_eq!(xterm(nearest_256(xterm(index))), xterm(index));
    }
}

#[test]
fn nothing_vanishes_in_fewer_colours() {
    for name in ALL {
        for depth in [Depth::Ansi16, Depth::Ansi256, Depth::True] {
            let theme = theme(&spec(name), depth);
            let ground = theme.style(Scope::Ground).bg;
            for scope in LETTERS.iter().chain(SHAPES) {
                let style = theme.style(*scope);
                let below = style.bg.or(ground);
                let same = style.fg == below && below != Some(Color::Reset);
                assert!(!same, "{name} at {depth:?}: {} is {:?} on itself", scope.name(), style.fg);
                let fits = |colour: Color| match depth {
                    Depth::Ansi16 => !matches!(colour, Color::Rgb(..) | Color::Indexed(_)),
                    Depth::Ansi256 => !matches!(colour, Color::Rgb(..)),
                    _ => true,
                };
                assert!([style.fg, style.bg].into_iter().flatten().all(fits), "{name} {depth:?}");
            }
        }
    }
}

#[test]
fn without_colour_states_are_still_told() {
    for name in ALL {
        let plain = theme(&spec(name), Depth::None);
        for (scope, _) in Scope::ALL {
            let style = plain.style(*scope);
            assert_eq!((style.fg, style.bg), (None, None), "{}", scope.name());
        }
        for (one, other) in [
            (Scope::Good, Scope::Bad),
            (Scope::Good, Scope::Warning),
            (Scope::Warning, Scope::Bad),
            (Scope::Text, Scope::Selection),
            (Scope::Wave, Scope::WavePlayed),
            (Scope::Wave, Scope::LoopRegion),
            (Scope::Border, Scope::BorderFocus),
            (Scope::MeterHigh, Scope::MeterOver),
            (Scope::Beat, Scope::BeatOne),
            (Scope::Badge, Scope::BadgeWarning),
            (Scope::Curve, Scope::CurveSecond),
            (Scope::Chip, Scope::ChipUnused),
            (Scope::NoteSoft, Scope::NoteLoud),
        ] {
            assert_ne!(plain.style(one), plain.style(other), "{} {}", one.name(), other.name());
        }
    }
}

#[test]
fn the_terminal_says_how_many_colours_it_has() {
    for (vars, depth) in [
        (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")][..], Depth::True),
        (&[("TERM", "xterm-256color")], Depth::Ansi256),
        (&[("TERM", "xterm-kitty")], Depth::True),
        (&[("TERM", "tmux-256color")], Depth::Ansi256),
        (&[("TERM", "xterm")], Depth::Ansi16),
        (&[("TERM", "linux")], Depth::Ansi16),
        (&[("TERM", "dumb"), ("COLORTERM", "truecolor")], Depth::None),
        (&[("TERM", "xterm-kitty"), ("NO_COLOR", "1")], Depth::None),
        (&[("TERM", "xterm-kitty"), ("NO_COLOR", "")], Depth::True),
        (&[("TERM_PROGRAM", "Apple_Terminal"), ("TERM", "xterm-256color")], Depth::Ansi256),
    ] {
        assert_eq!(Depth::of(&around(vars), Wish::Auto), depth, "{vars:?}");
    }
    let refused = around(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]);
    assert_eq!(Depth::of(&refused, Wish::Always), Depth::Ansi256);
    assert_eq!(Depth::of(&around(&[("COLORTERM", "truecolor")]), Wish::Never), Depth::None);
}

#[test]
fn the_locale_and_the_console_choose_the_glyphs() {
    for (vars, expected) in [
        (&[("LANG", "en_GB.UTF-8")][..], Glyphs::Braille),
        (&[("LANG", "C.utf8")], Glyphs::Braille),
        (&[], Glyphs::Braille),
        (&[("LANG", "C")], Glyphs::Ascii),
        (&[("LANG", "de_DE.ISO-8859-1")], Glyphs::Ascii),
        (&[("LANG", "C"), ("LC_ALL", "en_US.UTF-8")], Glyphs::Braille),
        (&[("LANG", "en_US.UTF-8"), ("LC_ALL", "POSIX")], Glyphs::Ascii),
        (&[("LANG", "en_US.UTF-8"), ("TERM", "linux")], Glyphs::Blocks),
        (&[("LANG", "en_US.UTF-8"), ("TERM", "dumb")], Glyphs::Ascii),
    ] {
        assert_eq!(glyphs(GlyphChoice::Auto, &around(vars)), expected, "{vars:?}");
    }
    assert_eq!(glyphs(GlyphChoice::Braille, &around(&[("LANG", "C")])), Glyphs::Braille);
}

#[test]
fn attributes_come_through() {
    let theme = theme(&spec("timbre-dark"), Depth::True);
    assert!(theme.style(Scope::Title).add_modifier.contains(Modifier::BOLD));
    assert!(theme.style(Scope::Cursor).add_modifier.contains(Modifier::REVERSED));
    assert!(theme.style(Scope::Match).add_modifier.contains(Modifier::UNDERLINED));
    assert_eq!(theme.style(Scope::Ground).bg, Some(Color::Rgb(0x14, 0x16, 0x1a)));
    assert_eq!(theme.name, "timbre-dark");
}
