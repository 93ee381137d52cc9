use super::*;

#[test]
fn every_row_of_the_table_has_an_example_that_is_read() {
    for info in TABLE {
        let read = Action::parse(info.example);
        assert!(read.is_ok(), "{}: {read:?}", info.example);
        assert!(info.example.starts_with(info.name), "{}", info.name);
        for alias in info.aliases {
            let line = info.example.replacen(info.name, alias, 1);
            assert_eq!(Action::parse(&line).unwrap(), read.clone().unwrap(), "{line}");
        }
        assert!(!info.doc.ends_with('.') && info.doc.len() < 80, "{}", info.doc);
    }
}

#[test]
fn names_stand_once() {
    let mut seen = std::collections::BTreeSet::new();
    for info in TABLE {
        for name in std::iter::once(&info.name).chain(info.aliases) {
            assert!(seen.insert(*name), "{name} stands twice");
        }
    }
}

#[test]
fn places_are_read_as_people_say_them() {
    for (line, place) in [
        ("seek +1bar", Place::ByBars(1)),
        ("seek -4bars", Place::ByBars(-4)),
        ("seek -1", Place::ByBeats(-1.0)),
        ("seek +5s", Place::BySeconds(5.0)),
        ("/seek bar9", Place::Bar(9.0)),
        ("seek 1:30", Place::Seconds(90.0)),
        ("seek 12.5", Place::Seconds(12.5)),
        ("seek 50%", Place::Share(0.5)),
        ("seek start", Place::Start),
    ] {
        assert_eq!(Action::parse(line), Ok(Action::Seek(place)), "{line}");
    }
    for bad in
        ["seek", "seek bar0", "seek x", "seek +", "seek 1:xx", "seek 5furlongs", "seek bar-3"]
    {
        assert!(matches!(Action::parse(bad), Err(ActionError::Arguments { .. })), "{bad}");
    }
}

#[test]
fn loops_are_bars() {
    let read = |line: &str| Action::parse(line);
    assert_eq!(read("loop 5-8"), Ok(Action::Loop(LoopWish::Bars(5, 8))));
    assert_eq!(read("loop 4"), Ok(Action::Loop(LoopWish::Here(4))));
    assert_eq!(read("loop"), Ok(Action::Loop(LoopWish::Toggle)));
    for bad in ["loop 0", "loop 8-5", "loop 0-3", "loop x", "loop 4000"] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn values_outside_of_their_range_are_refused_with_a_way_out() {
    for bad in [
        "tempo 5",
        "tempo 9000",
        "key H",
        "duration 0",
        "takes 0",
        "takes 65",
        "rate 6",
        "variation 0",
        "variation 2",
        "extend 0",
        "pan keys 3",
        "export ogg",
        "verdict",
        "switch zz",
        "session",
        "reroll",
        "generate",
    ] {
        match Action::parse(bad) {
            Err(error) => assert!(error.hint().contains("as in /"), "{bad}: {}", error.hint()),
            Ok(Action::SessionOpen(None)) if bad == "session" => {}
            Ok(read) => panic!("{bad} was read as {read:?}"),
        }
    }
}

#[test]
fn a_slip_gets_the_nearest_name() {
    let error = Action::parse("/variaton 0.2").unwrap_err();
    assert_eq!(error.hint(), "did you mean /variation?");
    let error = Action::parse("/\u{1b}[31mxyzzy").unwrap_err();
    assert!(!error.to_string().contains('\u{1b}'));
}

#[test]
fn comparing_and_deciding() {
    assert_eq!(
        Action::parse("ab 2 3 blind"),
        Ok(Action::Compare { takes: vec!["2".into(), "3".into()], blind: true })
    );
    assert_eq!(Action::parse("switch b"), Ok(Action::Switch(SwitchWish::To(1))));
    assert_eq!(Action::parse("verdict tie"), Ok(Action::Verdict(None, String::new())));
    assert_eq!(
        Action::parse("verdict A warmer low end"),
        Ok(Action::Verdict(Some(0), "warmer low end".into()))
    );
    assert_eq!(Action::parse("gain bass -2"), Ok(Action::Gain("bass".into(), Amount::By(-2.0))));
    assert_eq!(Action::parse("volume 0"), Ok(Action::Volume(Amount::To(0.0))));
}

proptest::proptest! {
    #[test]
    fn no_line_breaks_the_reader(line in "\\PC{0,60}") {
        let _ = Action::parse(&line).map_err(|error| error.hint());
    }
}
