//! The plan of a take that is played by its parts: each from a file, through a channel of its own, so that it can be muted,
//! soloed, levelled and placed while it plays. Pure: files, levels and time come in.
//!
//! Parts are what was mixed, before the master. The master worked on the whole, so it can't be applied to each of them;
//! instead all are raised alike, and a limiter holds the sum, so that together they are as loud as the take.

use crate::model::graph::GraphSpec;
use crate::model::tempo::{Metre, MetreMap, TempoMap};

use super::error::StageError;
use super::playlist::{self, CHANNEL, Playlist, Recording, Wish};

/// Where the channels meet.
const SUM: &str = "parts";
/// What holds the sum under the ceiling.
const LIMITER: &str = "limiter";
/// What a channel's pan takes in the middle, at constant power.
const PAN_DB: f64 = 3.010_299_956_639_812;
/// The most that a player can raise.
const MOST_DB: f64 = 24.0;

/// A part as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartFile {
    /// Its name, such as `drums`.
    pub name: String,
    /// Absolute path.
    pub path: String,
}

/// How the sum of the parts is brought to the take's loudness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Makeup {
    /// What all parts are raised by, in dB.
    pub gain_db: f64,
    /// Highest true peak of the sum, dBTP.
    pub ceiling_db: f64,
    /// Loudness of the take, LUFS.
    pub wanted_lufs: Option<f64>,
    /// Loudness of the sum as it will be heard, LUFS; `None` where it could not be measured.
    pub reached_lufs: Option<f64>,
}

/// The time that a take keeps, where its score is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Time {
    /// Tempo over the take.
    pub tempo: TempoMap,
    /// Its metre.
    pub metre: Metre,
}

/// A part and its channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartPlace {
    /// The part's name.
    pub name: String,
    /// The node of its channel.
    pub node: String,
}

/// Plans it.
pub fn plan(
    take: &Recording,
    files: &[PartFile],
    makeup: &Makeup,
    time: Option<&Time>,
    wish: &Wish,
) -> Result<Playlist, StageError> {
    // As if the take itself were played: its pace, its loop and its place in the list are the same.
    let whole = playlist::plan(std::slice::from_ref(take), wish)?;
    let is_stretched = wish.bpm.is_some() && take.bpm.is_some() && whole.notes.is_empty();
    let mut graph = GraphSpec::default();
    let mut notes = whole.notes;
    let raised = (makeup.gain_db + PAN_DB).clamp(-60.0, MOST_DB);
    let mut parts = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let (node, player) = (format!("part{}", index + 1), format!("part{}.play", index + 1));
        let source = graph.add(player.as_str(), "source.player");
        source.config("file", file.path.as_str()).param("gain_db", raised);
        match take.bpm.filter(|_| is_stretched) {
            Some(bpm) => source
                .config("mode", "stretch")
                .config("start_beat", "0")
                .config("source_bpm", bpm.to_string()),
            None => source.config("mode", "off").config("start_s", "0"),
        };
        graph.add(node.as_str(), super::solo::CHANNEL);
        graph.connect(&player, &node);
        graph.connect(&node, SUM);
        parts.push(PartPlace { name: file.name.clone(), node });
    }
    graph.add(SUM, "mix.bus");
    graph.add(LIMITER, "dyn.limiter").param("ceiling_db", makeup.ceiling_db);
    graph.connect(SUM, LIMITER);
    graph.connect(LIMITER, CHANNEL);
    playlist::finish_graph(&mut graph, wish)?;
    notes.push(told(makeup));
    let mut items = whole.items;
    for item in &mut items {
        "part1.play".clone_into(&mut item.node);
    }
    let (tempo, metres, length_beats, looped) = match time.filter(|_| !is_stretched) {
        None => (whole.tempo, whole.metres, whole.length_beats, whole.looped),
        Some(time) => {
            let metres = MetreMap::constant(time.metre);
            let looped = wish.loop_bars.map(|bars| (0.0, metres.beat_of_bar(i64::from(bars))));
            (time.tempo.clone(), metres, time.tempo.beat_at(take.seconds), looped)
        }
    };
    Ok(Playlist {
        keep: false,
        graph,
        tempo,
        metres,
        length_beats,
        looped,
        items,
        parts,
        comparison: None,
        chain: whole.chain,
        length_s: whole.length_s,
        notes,
    })
}

/// What the user should know of the level.
fn told(makeup: &Makeup) -> String {
    let Makeup { gain_db, ceiling_db, wanted_lufs, reached_lufs } = makeup;
    match (reached_lufs, wanted_lufs) {
        (Some(reached), Some(wanted)) => format!(
            "the parts are heard before mastering: raised by {gain_db:+.1} dB and limited to {ceiling_db:.1} dBTP they \
             are at {reached:.1} LUFS together, and the take is at {wanted:.1} LUFS"
        ),
        _ => "the parts are heard before mastering; their loudness could not be matched to the take's, because one \
              of them is too short or too quiet to be measured"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tempo::TempoPoint;
    use crate::model::units::Bpm;

    fn take() -> Recording {
        Recording {
            title: "Song".into(),
            path: "/music/song.wav".into(),
            take_id: Some("t".into()),
            seconds: 60.0,
            bpm: Some(120.0),
            key: None,
            metre: None,
        }
    }

    fn makeup() -> Makeup {
        let (wanted_lufs, reached_lufs) = (Some(-14.0), Some(-14.05));
        Makeup { gain_db: 4.0, ceiling_db: -1.0, wanted_lufs, reached_lufs }
    }

    fn files() -> Vec<PartFile> {
        let file = |name: &str| PartFile { name: name.into(), path: format!("/stems/{name}.wav") };
        vec![file("drums"), file("bass")]
    }

    #[test]
    fn every_part_has_a_channel_and_the_sum_is_limited() {
        let playlist = plan(&take(), &files(), &makeup(), None, &Wish::default()).unwrap();
        let cables = playlist.graph.connections.iter();
        let cables = cables.map(|c| format!("{}>{}", c.from.node, c.to.node)).collect::<Vec<_>>();
        assert_eq!(
            cables[..6],
            [
                "part1.play>part1",
                "part1>parts",
                "part2.play>part2",
                "part2>parts",
                "parts>limiter",
                "limiter>channel"
            ]
        );
        assert_eq!(playlist.parts[1], PartPlace { name: "bass".into(), node: "part2".into() });
        let player = &playlist.graph.nodes[0];
        assert!((player.params["gain_db"] - 7.0103).abs() < 1e-3, "the pan's 3 dB are made up for");
        assert_eq!((playlist.items[0].node.as_str(), playlist.length_beats), ("part1.play", 120.0));
        assert!(
            playlist.notes[0].contains("-14.1") || playlist.notes[0].contains("-14.0"),
            "{:?}",
            playlist.notes
        );
    }

    #[test]
    fn the_time_is_the_scores_and_a_tempo_stretches_every_part() {
        let point = |beat, bpm, ramp| TempoPoint { beat, bpm: Bpm::clamped(bpm), ramp };
        let tempo = TempoMap::from_points(vec![point(0.0, 120.0, true), point(64.0, 60.0, false)]);
        let time = Time { tempo: tempo.clone(), metre: "3/4".parse().unwrap() };
        let wish = Wish { loop_bars: Some(2), ..Wish::default() };
        let playlist = plan(&take(), &files(), &makeup(), Some(&time), &wish).unwrap();
        assert_eq!((playlist.tempo.clone(), playlist.looped), (tempo.clone(), Some((0.0, 6.0))));
        assert!((playlist.length_beats - tempo.beat_at(60.0)).abs() < 1e-9);
        let wish = Wish { bpm: Some(Bpm::clamped(100.0)), ..Wish::default() };
        let playlist = plan(&take(), &files(), &makeup(), Some(&time), &wish).unwrap();
        let modes = playlist.graph.nodes.iter().filter_map(|n| n.config.get("mode"));
        assert_eq!(modes.collect::<Vec<_>>(), ["stretch", "stretch"]);
        assert_eq!(playlist.tempo.bpm_at(0.0).get(), 100.0);
    }
}
