use std::fs;

use super::*;

const SCOPES: &[&str] =
    &["ground", "text", "text.dim", "wave", "wave.played", "wave.loop", "popup"];

/// A shelf with these files, and the folder that holds them.
fn shelf(files: &[(&str, &str)]) -> (tempfile::TempDir, Shelf) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
    }
    let shelf = Shelf::new(folder.path());
    (folder, shelf)
}

fn load(text: &str) -> ThemeSpec {
    let (_folder, shelf) = shelf(&[("mine", text)]);
    shelf.load("mine", SCOPES).unwrap()
}

/// What is wrong, without the folder.
fn warnings(text: &str) -> Vec<(usize, String, String)> {
    load(text).warnings.into_iter().map(|w| (w.line, w.message, w.hint)).collect()
}

#[test]
fn colours_are_read_in_every_way_of_writing_them() {
    let spec = load(
        "doc = \"Mine\"\n[palette]\nsea = \"#0a6Ea0\"\n[scopes]\ntext = \"sea\"\n\
         \"text.dim\" = { fg = 244, bg = \"default\", italic = true }\nwave = \"bright-blue\"\n\
         popup = { fg = \"white\", bg = \"17\", bold = true, reverse = true }\n",
    );
    assert_eq!(spec.warnings, []);
    assert_eq!(spec.doc, "Mine");
    assert_eq!(spec.paint("text").fg, Some(Ink::Rgb(0x0a, 0x6e, 0xa0)));
    let dim = Paint {
        fg: Some(Ink::Indexed(244)),
        bg: Some(Ink::Terminal),
        italic: true,
        ..Paint::default()
    };
    assert_eq!(spec.paint("text.dim"), dim);
    assert_eq!(spec.paint("wave").fg, Some(Ink::Ansi(12)));
    assert!(spec.paint("popup").bold && spec.paint("popup").reverse);
    assert_eq!(spec.paint("popup").bg, Some(Ink::Indexed(17)));
}

#[test]
fn a_scope_falls_back_by_its_dots() {
    let spec = load(
        "[scopes]\ntext = \"white\"\nwave = { fg = \"blue\", bg = \"black\" }\n\"wave.played\" = { bold = true }\n",
    );
    let played = spec.paint("wave.played");
    assert_eq!((played.fg, played.bg, played.bold), (Some(Ink::Ansi(4)), None, true));
    assert_eq!(spec.paint("wave.loop"), spec.paint("wave"));
    assert_eq!(spec.paint("popup"), spec.paint("text"));
    assert_eq!(spec.paint("text.dim"), spec.paint("text"));
    assert_eq!(spec.paints.len(), SCOPES.len());
}

#[test]
fn scopes_may_be_written_as_tables() {
    let spec = load(
        "[scopes.text]\nfg = \"white\"\ndim = \"blue\"\n[scopes.wave]\nplayed = { fg = \"red\" }\n",
    );
    assert_eq!(spec.warnings, []);
    assert_eq!(spec.paint("text.dim").fg, Some(Ink::Ansi(4)));
    assert_eq!(spec.paint("wave.played").fg, Some(Ink::Ansi(1)));
    assert_eq!(spec.paint("wave").fg, Some(Ink::Ansi(7)), "it has no style of its own");
    let faint = load("[scopes.text]\nfg = \"white\"\ndim = true\n");
    assert!(faint.paint("text").dim && faint.warnings.is_empty());
}

#[test]
fn a_theme_lies_on_top_of_another_and_may_change_its_palette() {
    let (_folder, shelf) = shelf(&[
        (
            "base",
            "doc = \"Base\"\n[palette]\nink = \"#111111\"\n[scopes]\ntext = \"ink\"\nwave = \"red\"\n",
        ),
        ("mine", "inherits = \"base\"\n[palette]\nink = \"#222222\"\n[scopes]\npopup = \"ink\"\n"),
    ]);
    let spec = shelf.load("mine", SCOPES).unwrap();
    assert_eq!(spec.warnings, []);
    assert_eq!(spec.paint("text").fg, Some(Ink::Rgb(0x22, 0x22, 0x22)));
    assert_eq!(spec.paint("popup").fg, Some(Ink::Rgb(0x22, 0x22, 0x22)));
    assert_eq!(spec.paint("wave").fg, Some(Ink::Ansi(1)));
    assert_eq!(
        shelf.load("base", SCOPES).unwrap().paint("text").fg,
        Some(Ink::Rgb(0x11, 0x11, 0x11))
    );
}

#[test]
fn slips_are_told_with_their_line_and_the_rest_works() {
    let told = warnings(
        "[palette]\nsea = \"blu\"\n[scopes]\ntext = \"whit\"\nwaves = \"red\"\nwave = { fg = \"red\", bolt = true }\n\
         popup = { bold = 3 }\nground = { bg = [] }\n\"text.dim\" = 3.5\n",
    );
    let lines = told.iter().map(|(line, message, _)| (*line, message.as_str())).collect::<Vec<_>>();
    assert_eq!(
        lines,
        [
            (2, "'sea' gets no colour"),
            (4, "'whit' is no colour"),
            (5, "unknown scope 'waves'"),
            (6, "unknown key 'bolt' of a style"),
            (7, "'bold' is true or false"),
            (8, "'bg' wants a colour"),
            (9, "'text.dim' wants a colour or a style"),
        ]
    );
    assert_eq!(told[1].2, "did you mean 'white'?");
    assert_eq!(told[2].2, "did you mean 'wave'?");
    assert_eq!(told[3].2, "did you mean 'bold'?");
    let spec = load("[scopes]\nwaves = \"red\"\nwave = \"red\"\n");
    assert_eq!(spec.paint("wave").fg, Some(Ink::Ansi(1)));
    assert!(spec.warnings[0].to_string().ends_with("mine.toml:2: unknown scope 'waves'"));
    assert_eq!(warnings("colors = 1\n")[0].1, "unknown key 'colors'");
    for bad in ["#12345", "#gggggg", "#1é345", "256", "-1", "", "#"] {
        assert_eq!(warnings(&format!("[scopes]\ntext = \"{bad}\"\n")).len(), 1, "{bad}");
    }
}

#[test]
fn circles_and_strangers_are_errors_that_name_the_line() {
    let (_folder, shelf) = shelf(&[
        ("a", "inherits = \"b\"\n"),
        ("b", "\ninherits = \"a\"\n"),
        ("c", "\n\ninherits = \"timbre-drak\"\n"),
        ("d", "[scopes\n"),
    ]);
    let error = |name: &str| {
        let error = shelf.load(name, SCOPES).unwrap_err();
        (error.to_string(), error.hint())
    };
    let (message, hint) = error("a");
    assert!(message.ends_with("b.toml:2: themes inherit in a circle: a > b > a"), "{message}");
    assert!(hint.contains("inherits"));
    let (message, hint) = error("c");
    assert!(message.ends_with("c.toml:3: there is no theme called 'timbre-drak'"), "{message}");
    assert!(hint.starts_with("did you mean 'timbre-dark'?"), "{hint}");
    assert!(error("d").0.contains("d.toml:1"), "{}", error("d").0);
    for stranger in ["../secrets", "/etc/passwd", "", "a/b"] {
        assert!(error(stranger).0.contains("there is no theme called"), "{stranger}");
    }
}

#[test]
fn the_users_own_theme_wins_and_names_stand_once() {
    let (_folder, shelf) =
        shelf(&[("timbre-dark", "[scopes]\ntext = \"red\"\n"), ("zebra", ""), ("aqua", "")]);
    assert_eq!(shelf.load(DEFAULT, SCOPES).unwrap().paint("text").fg, Some(Ink::Ansi(1)));
    let names = shelf.names();
    assert_eq!(names.first().map(String::as_str), Some(DEFAULT));
    assert_eq!(names.iter().filter(|name| *name == DEFAULT).count(), 1);
    assert_eq!(names[names.len() - 2..], ["aqua", "zebra"]);
    let nowhere = Shelf::new("/nowhere/at/all");
    assert_eq!(nowhere.names().len(), SHIPPED.len());
    assert!(nowhere.load(DEFAULT, SCOPES).is_ok());
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,100}|([\\[\\]{}=\"#.a-f0-9\n]|scopes|text|fg|palette){0,30}") {
        let _ = read::sheet("t", "t.toml", &text, SCOPES);
    }
}
