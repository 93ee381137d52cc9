use proptest::prelude::*;

use super::*;
use crate::model::request::{Depth, Export, Format};
use crate::model::units::{Bpm, Length, SampleRate, Seed};

fn request(prompt: &str) -> Resolved {
    Resolved {
        prompt: prompt.to_owned(),
        backend: "composer".into(),
        duration: None,
        bpm: None,
        key: None,
        metre: None,
        genre: None,
        genre_toml: None,
        instruments: vec![],
        without: vec![],
        chain: None,
        seed: Seed(1),
        params: BTreeMap::new(),
        mastering: None,
        lufs: None,
        export: Export {
            format: Format::Wav,
            bit_depth: Depth::I24,
            sample_rate: SampleRate::HZ_48000,
            stems: false,
            midi: false,
        },
    }
}

fn books() -> (Lexicon, GenreBook) {
    let genres = GenreBook::built_in().expect("genres");
    (Lexicon::new(&genres).expect("the lexicon"), genres)
}

fn brief(prompt: &str) -> Brief {
    let (lexicon, genres) = books();
    read(&request(prompt), &lexicon, &genres)
}

/// A brief in one line: what is set, in a fixed order.
fn line(prompt: &str) -> String {
    let b = brief(prompt);
    let mut parts = vec![b.genres.join("+")];
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            parts.push(format!("{name}={value}"));
        }
    };
    add("mood", b.moods.join(","));
    add("bpm", b.bpm.map(|x| x.to_string()).unwrap_or_default());
    add("tempo", b.tempo_word.unwrap_or_default());
    add("key", b.key.map(|x| x.to_string()).unwrap_or_default());
    add("mode", b.mode.map(|x| x.name().to_owned()).unwrap_or_default());
    add("metre", b.metre.map(|x| x.to_string()).unwrap_or_default());
    add("length", b.length.map(|x| x.to_string()).unwrap_or_default());
    add("loop", if b.looped { "yes".into() } else { String::new() });
    add("wanted", b.wanted.join(","));
    add("refused", b.refused.join(","));
    add("form", b.form.join(","));
    add("unused", b.unused.join(","));
    parts.join(" ")
}

#[test]
fn prompts_are_read_as_they_are_meant() {
    for (prompt, expected) in [
        ("lofi beat", "lofi"),
        ("a dusty lo-fi hip-hop beat with rhodes, 82 bpm", "lofi bpm=82 wanted=vinyl,rhodes"),
        ("lo-fi jazz, 82bpm", "lofi+jazz bpm=82"),
        ("deep house at 124 in A minor", "house bpm=124 key=A minor"),
        ("rock song in E, 30s", "rock key=E major length=30 s"),
        (
            "warm ambient pad, no drums, 2 minutes",
            "ambient mood=warm length=120 s wanted=warm-pad refused=drums",
        ),
        ("pop 1:30", "pop length=90 s"),
        ("16 bars of house", "house length=16 bars"),
        ("jazz in F# dorian", "jazz key=F# dorian"),
        ("house in 8A", "house key=A minor"),
        ("sad piano ballad in C minor", "pop mood=sad key=C minor wanted=piano"),
        ("solo piano", "lofi wanted=piano refused=everything else"),
        ("only drums and bass, rock", "rock wanted=drums,bass refused=everything else"),
        ("rock without guitars or organ", "rock refused=clean-guitar,organ"),
        ("lofi no drums and bass", "lofi refused=drums,bass"),
        ("lofi no drums and a piano", "lofi wanted=piano refused=drums"),
        ("jazz waltz", "jazz metre=3/4"),
        ("ambient in 6/8", "ambient metre=6/8"),
        ("happy upbeat pop", "pop mood=happy"),
        ("slow dreamy ambient", "ambient mood=dreamy tempo=slow"),
        ("allegro jazz", "jazz tempo=allegro"),
        ("dark techno", "house mood=dark tempo=techno"),
        ("12 bar blues in Bb", "jazz key=Bb major form=blues"),
        ("lofi 120-ish", "lofi bpm=120"),
        ("tempo of 95, pop", "pop bpm=95"),
        ("lofi loop, 8 bars", "lofi length=8 bars loop=yes"),
        ("90s lofi", "lofi unused=90s"),
        ("a 90s loop of lofi", "lofi length=90 s loop=yes"),
        ("house with intro, drop and outro", "house form=intro,drop,outro"),
        ("house drop at 0:45", "house form=drop unused=at,0:45"),
        ("lofi with rhodse", "lofi wanted=rhodes"),
        ("rock, minor, fast", "rock tempo=fast mode=minor"),
        ("two minutes and thirty seconds of jazz", "jazz length=150 s"),
        ("pop 1m30s", "pop length=90 s"),
        ("instrumental rock", "rock refused=choir"),
        ("not too dark lofi", "lofi"),
        ("saxophone and double bass", "jazz wanted=sax,upright"),
        ("vinyl crackle, tape, rain lofi", "lofi wanted=vinyl,rain"),
        ("Lofi für Elise", "lofi unused=für,Elise"),
        ("808 house", "house wanted=808"),
        ("pop in the key of E flat major", "pop key=Eb major"),
        ("I am lonely, lofi", "lofi mood=sad unused=am"),
        ("lofi in Am", "lofi key=A minor"),
        ("'; DROP TABLE takes; -- lofi", "lofi form=drop unused=TABLE,takes"),
        ("🎹🎷 lofi 🔥", "lofi"),
        ("موسيقى lofi هادئة", "lofi unused=موسيقى,هادئة"),
        ("deep house 124 with warm pads no vocals", "house bpm=124 wanted=warm-pad refused=choir"),
        ("rock with two guitars", "rock wanted=clean-guitar"),
        ("three synths, pop", "pop wanted=synth-lead"),
        ("lofi guitar only", "lofi wanted=clean-guitar refused=everything else"),
        ("dark ambient with choir, no melody", "ambient wanted=choir refused=lead"),
        ("jazz, vibraphone instead of sax", "jazz wanted=vibes refused=sax"),
        ("waltz", "jazz metre=3/4"),
        ("pop, female vocal", "pop wanted=choir"),
        ("", "lofi"),
    ] {
        assert_eq!(line(prompt), expected, "'{prompt}'");
    }
}

#[test]
fn genres_without_a_file_say_which_one_is_nearest() {
    assert!(
        brief("dark techno")
            .notes
            .contains(&"there is no techno yet; the nearest is House".to_owned())
    );
    assert_eq!(brief("reggae").genres, ["pop"]);
    assert!(brief("").notes.contains(&"no genre was named, so it is Lo-fi hip-hop".to_owned()));
}

#[test]
fn nobody_sings_and_a_note_says_so() {
    let note = "nobody can sing here, so 'female vocal' is a choir without words";
    assert_eq!(brief("pop, female vocal").notes, [note]);
    assert!(brief("pop, no vocals").notes.is_empty());
    assert!(brief("pop with a choir").notes.is_empty());
}

#[test]
fn the_later_of_two_wishes_wins_and_a_note_says_so() {
    let b = brief("lofi 80 bpm, no, 90 bpm");
    assert_eq!(b.bpm, Some(Bpm::clamped(90.0)));
    assert_eq!(b.notes, ["'90 bpm' wins over '80 bpm', because it comes later"]);
    let b = brief("rock no organ. organ");
    assert_eq!((b.wanted, b.refused), (vec!["organ".to_owned()], vec![]));
    assert_eq!(brief("rock jazz pop").genres, ["rock", "jazz"]);
}

#[test]
fn what_is_stated_beside_the_prompt_wins_with_a_note() {
    let (lexicon, genres) = books();
    let mut stated = request("rock at 120 bpm in C, 30s, with sax, no organ");
    stated.bpm = Some(Bpm::clamped(90.0));
    stated.key = "A minor".parse().ok();
    stated.duration = Some(Length::Seconds(12.0));
    stated.genre = Some("jazz".into());
    stated.without = vec!["sax".into()];
    stated.instruments = vec!["organ".into(), "theorbo".into()];
    let b = read(&stated, &lexicon, &genres);
    assert_eq!(
        (b.bpm.map(Bpm::get), b.genres.as_slice()),
        (Some(90.0), ["jazz".to_owned()].as_slice())
    );
    assert_eq!(
        (b.wanted.as_slice(), b.refused.as_slice()),
        (["organ".to_owned()].as_slice(), ["sax".to_owned()].as_slice())
    );
    for note in [
        "--bpm 90 wins over 'at 120 bpm' in the prompt",
        "--key A minor wins over 'in C' in the prompt",
        "--duration 12 s wins over '30s' in the prompt",
        "the genre jazz that was stated wins over 'rock' in the prompt",
        "there is no instrument 'theorbo'",
    ] {
        assert!(b.notes.iter().any(|n| n == note), "{note}: {:?}", b.notes);
    }
}

#[test]
fn slips_and_values_out_of_range_are_told() {
    assert!(brief("lofi with rhodse").notes.contains(&"read 'rhodse' as 'rhodes'".to_owned()));
    let b = brief("lofi 900 bpm");
    assert_eq!(b.bpm, None);
    assert_eq!(
        b.notes,
        ["'900 bpm' is left out: 900 is out of range for a tempo in BPM: 20 to 400"]
    );
    assert_eq!(b.unused, ["900", "bpm"]);
}

#[test]
fn phrases_are_shown_as_they_were_written() {
    let b = brief("A Dusty LO-FI beat, 82 BPM");
    let shown = b
        .understood
        .iter()
        .map(|r| (r.phrase.as_str(), r.field.as_str(), r.value.as_str()))
        .collect::<Vec<_>>();
    assert_eq!(
        shown,
        [
            ("Dusty", "production", "dusty"),
            ("LO-FI", "genre", "lofi"),
            ("82 BPM", "tempo", "82 BPM")
        ]
    );
}

#[test]
fn a_hundred_kilobytes_are_read_in_bounded_time() {
    let (lexicon, genres) = books();
    for unit in [
        "zxqv lofi no no only 12 ",
        "saxophoen ",
        "no ",
        "only a a a ",
        "🎷é",
        "in the key of ",
        "1:1:1 ",
    ] {
        let prompt = unit.repeat(100_000 / unit.len());
        let begun = std::time::Instant::now();
        let read = read(&request(&prompt), &lexicon, &genres);
        assert!(!read.genres.is_empty());
        // Generous for an unoptimised build on a busy machine; quadratic work would take minutes.
        assert!(begun.elapsed().as_secs_f64() < 5.0, "'{unit}' took {:?}", begun.elapsed());
    }
}

proptest! {
    #[test]
    fn reading_never_panics_and_covers_every_word(prompt in "(\\PC{0,12}|lofi|no drums|only piano| |in A minor|82 bpm|2 min|, |house|90s|solo|at |without ){0,12}") {
        let b = brief(&prompt);
        let mut covered = b.understood.iter().map(|r| r.phrase.clone()).chain(b.unused.iter().cloned()).collect::<Vec<_>>().join(" ").to_lowercase();
        covered.push(' ');
        let (lexicon, _) = books();
        for token in tokens::cut(&prompt) {
            let known = prompt.get(token.start..token.end).unwrap_or_default().to_lowercase();
            let bare = token.text.trim_end_matches("'s");
            let filler = lexicon.meaning(bare) == Some(&Meaning::Filler)
                || lexicon.nearest_word(&token.text).is_some_and(|w| lexicon.meaning(w) == Some(&Meaning::Filler));
            prop_assert!(filler || covered.contains(&known), "'{}' of '{}' is lost: {:?}", known, prompt, b);
        }
        for reading in &b.understood {
            prop_assert!(prompt.contains(&reading.phrase));
        }
    }
}
