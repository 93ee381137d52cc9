use super::*;

#[test]
fn the_built_in_genres_are_read_and_checked() {
    let book = GenreBook::built_in().unwrap_or_else(|e| panic!("{e} ({})", e.hint()));
    let ids = book.all().iter().map(|g| g.id.as_str()).collect::<Vec<_>>();
    assert_eq!(ids, ["lofi", "house", "ambient", "pop", "rock", "jazz"]);
    for (genre, (file, _)) in book.all().iter().zip(BUILT_IN) {
        assert_eq!(format!("{}.toml", genre.id), file);
        assert!(
            genre.forms.windows(2).all(|w| w[0].bars() >= w[1].bars()),
            "{file}: long to short"
        );
        for shape in genre.sections.values() {
            for role in shape.roles.iter().chain(&shape.layers) {
                assert!(genre.palette.contains_key(role), "{file}: nobody plays {role:?}");
            }
        }
    }
}

#[test]
fn loud_and_quiet_sections_are_far_enough_apart() {
    let book = GenreBook::built_in().expect("read");
    for (id, quiet, loud) in [
        ("lofi", SectionKind::Verse, SectionKind::Bridge),
        ("house", SectionKind::Breakdown, SectionKind::Drop),
        ("pop", SectionKind::Verse, SectionKind::Chorus),
        ("rock", SectionKind::Verse, SectionKind::Chorus),
        ("jazz", SectionKind::Verse, SectionKind::Bridge),
    ] {
        let sections = &book.get(id).expect("genre").sections;
        assert!(sections[&loud].energy.0 - sections[&quiet].energy.0 >= 0.2, "{id}");
    }
}

fn error(change: (&str, &str)) -> GenreError {
    let text = BUILT_IN[0].1.replacen(change.0, change.1, 1);
    assert_ne!(text, BUILT_IN[0].1, "the change must apply");
    Genre::read("mine.toml", &text).expect_err("a bad file")
}

#[test]
fn a_wrong_key_names_file_line_and_the_nearest_right_one() {
    let found = error(("default_bars =", "defualt_bars ="));
    assert_eq!(found.file, "mine.toml");
    let line = BUILT_IN[0].1.lines().position(|l| l.starts_with("default_bars")).expect("line") + 1;
    assert_eq!(found.line, line);
    assert_eq!(found.nearest.as_deref(), Some("default_bars"));
    assert_eq!(found.hint(), "did you mean `default_bars`?");
}

#[test]
fn values_that_make_no_music_are_refused() {
    assert!(error(("min = 68", "min = 680")).message.contains("tempo wants"));
    assert!(
        error(("upright = 3", "sousaphone = 3")).message.contains("no instrument 'sousaphone'")
    );
    assert!(error(("upright = 3", "vinyl = 3")).message.contains("can't play the role bass"));
    assert!(error(("\"Db\", ", "\"Hb\", ")).message.contains("'Hb' is not a note name"));
    assert!(error(("I4 V8", "I4 Q8")).message.contains("'Q8' is not a part"));
    assert!(error(("ii9 | V13", "ii9 | | V13")).message.contains("empty bar"));
    assert!(error(("ii9 | V13", "ii9 | W13")).message.contains("'W13' is not a roman numeral"));
    assert!(error(("unit = 0.25", "unit = 0.3")).message.contains("swing wants"));
}

#[test]
fn charts_share_bars_and_repeat_them() {
    let chart = chart::Chart::try_from("ii7 V7 | % | I".to_owned()).expect("chart");
    assert_eq!(chart.bars, [vec!["ii7", "V7"], vec!["ii7", "V7"], vec!["I"]]);
    assert!(chart::Chart::try_from("% | I".to_owned()).is_err());
}

#[test]
fn the_middle_of_a_tempo_range_is_its_default() {
    let range = TempoRange { min: 68.0, default: 80.0, max: 90.0 };
    assert_eq!((range.at(0.0), range.at(0.5), range.at(1.0)), (68.0, 80.0, 90.0));
    assert!((range.at(0.25) - 74.0).abs() < 1e-12);
}
