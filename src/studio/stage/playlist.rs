//! The plan of `player/open`: from recordings to a graph that plays them without a gap, and to the time that it plays in.
//!
//! Each recording is a `source.player` bound to the timeline; all of them go through one bus, the effects of a preset, a
//! meter and an analyser. Pure: how long the recordings are and what is known of them comes in.

use crate::model::graph::GraphSpec;
use crate::model::key::Key;
use crate::model::tempo::{Metre, MetreMap, TempoMap, TempoPoint};
use crate::model::units::Bpm;
use crate::protocol::player::PlayerItem;

use super::comparison::Comparison;
use super::edits::OUT;
use super::error::StageError;
use super::parts::PartPlace;
use super::place;

/// The bus that all recordings go through; at 0 dB it changes no bit.
pub const CHANNEL: &str = "channel";
/// The node that measures what is heard.
pub const METER: &str = "meter";
/// The node that analyses the spectrum of what is heard.
pub const SPECTRUM: &str = "spectrum";
/// The node that keeps the last minute's levels and loudness.
pub const HISTORY: &str = "history";
/// Seconds that it keeps.
const HISTORY_S: &str = "60";
/// The clicks of a count-in.
const CLICK: &str = "click";
/// How much slower or faster than recorded is still worth hearing.
const STRETCHES: std::ops::RangeInclusive<f64> = 0.25..=4.0;

/// A recording, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Title for people.
    pub title: String,
    /// Absolute path.
    pub path: String,
    /// The take, where it is one.
    pub take_id: Option<String>,
    /// Length in seconds, exact to the frame.
    pub seconds: f64,
    /// Tempo, where known.
    pub bpm: Option<f64>,
    /// Key, where known.
    pub key: Option<Key>,
    /// Metre, where known.
    pub metre: Option<Metre>,
}

/// How they are to be played.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wish {
    /// Tempo that they are stretched to.
    pub bpm: Option<Bpm>,
    /// Bars that are played again and again.
    pub loop_bars: Option<u32>,
    /// Bars that are counted in.
    pub count_in_bars: u32,
    /// A preset's name and chain.
    pub chain: Option<(String, GraphSpec)>,
    /// Whether the one take is played by its parts.
    pub parts: bool,
    /// Whether what plays plays on, where the list begins with it.
    pub keep: bool,
}

/// What is to be played.
#[derive(Debug, Clone, PartialEq)]
pub struct Playlist {
    /// The graph.
    pub graph: GraphSpec,
    /// Its time: the tempo of each recording from its beginning on.
    pub tempo: TempoMap,
    /// Its metre: that of the first recording.
    pub metres: MetreMap,
    /// Where the last recording ends, in beats.
    pub length_beats: f64,
    /// What loops, in beats.
    pub looped: Option<(f64, f64)>,
    /// The recordings, for the caller.
    pub items: Vec<PlayerItem>,
    /// The parts, where a take is played by them.
    pub parts: Vec<PartPlace>,
    /// Takes side by side, where they are compared.
    pub comparison: Option<Comparison>,
    /// Name of the preset whose effects the sound goes through.
    pub chain: Option<String>,
    /// Length of all in seconds.
    pub length_s: f64,
    /// What the user should know.
    pub notes: Vec<String>,
    /// Whether what plays plays on, where the list begins with it.
    pub keep: bool,
}

/// How one recording follows the tempo.
struct Pace {
    /// Seconds as it plays.
    seconds: f64,
    /// Tempo of the music while it plays.
    bpm: f64,
    /// Its own tempo, if it is stretched.
    from_bpm: Option<f64>,
}

/// Plans it.
pub fn plan(recordings: &[Recording], wish: &Wish) -> Result<Playlist, StageError> {
    let mut notes = Vec::new();
    let fallback = wish
        .bpm
        .map(Bpm::get)
        .or_else(|| recordings.iter().find_map(|recording| recording.bpm))
        .unwrap_or(120.0);
    let paces = recordings
        .iter()
        .map(|recording| pace(recording, wish.bpm, fallback, &mut notes))
        .collect::<Vec<_>>();
    // Where every recording follows the tempo, each is bound to its beat, and the tempo can be moved while they play.
    // A recording that plays as it was is as long in any tempo, so then all are bound to their seconds.
    let all_follow = !paces.is_empty() && paces.iter().all(|pace| pace.from_bpm.is_some());

    let mut graph = GraphSpec::default();
    let (mut items, mut points) = (Vec::new(), Vec::<TempoPoint>::new());
    let (mut start_s, mut start_beat) = (0.0, 0.0);
    for (index, (recording, pace)) in recordings.iter().zip(&paces).enumerate() {
        let id = format!("play{}", index + 1);
        let node = graph.add(id.as_str(), "source.player");
        node.config("file", recording.path.as_str());
        if all_follow {
            node.config("start_beat", start_beat.to_string());
        } else {
            node.config("start_s", start_s.to_string());
        }
        match pace.from_bpm {
            Some(bpm) => node.config("mode", "stretch").config("source_bpm", bpm.to_string()),
            None => node.config("mode", "off"),
        };
        graph.connect(&id, CHANNEL);
        let bpm = Bpm::clamped(pace.bpm);
        if points.last().is_none_or(|last| last.bpm != bpm) {
            points.push(TempoPoint { beat: start_beat, bpm, ramp: false });
        }
        items.push(PlayerItem {
            node: id,
            title: recording.title.clone(),
            path: recording.path.clone(),
            take_id: recording.take_id.clone(),
            seconds: pace.seconds,
            bpm: recording.bpm,
            key: recording.key,
            start_s,
        });
        start_s += pace.seconds;
        start_beat += pace.seconds * bpm.get() / 60.0;
    }
    if points.is_empty() {
        points.push(TempoPoint { beat: 0.0, bpm: Bpm::clamped(fallback), ramp: false });
    }
    finish_graph(&mut graph, wish)?;
    let metre = recordings.first().and_then(|first| first.metre).unwrap_or(Metre::FOUR_FOUR);
    let metres = MetreMap::constant(metre);
    let looped = wish.loop_bars.map(|bars| (0.0, metres.beat_of_bar(i64::from(bars))));
    if looped.is_some_and(|(_, end)| end > start_beat + place::SHORTEST_LOOP) {
        notes.push("the loop is longer than what plays; there is silence at its end".to_owned());
    }
    Ok(Playlist {
        keep: wish.keep,
        graph,
        tempo: TempoMap::from_points(points),
        metres,
        length_beats: start_beat,
        looped,
        items,
        parts: Vec::new(),
        comparison: None,
        chain: wish.chain.as_ref().map(|(name, _)| name.clone()),
        length_s: start_s,
        notes,
    })
}

fn pace(
    recording: &Recording,
    wanted: Option<Bpm>,
    fallback: f64,
    notes: &mut Vec<String>,
) -> Pace {
    let as_recorded = |bpm: Option<f64>| Pace {
        seconds: recording.seconds,
        bpm: bpm.unwrap_or(fallback),
        from_bpm: None,
    };
    match (wanted.map(Bpm::get), recording.bpm) {
        (None, bpm) => as_recorded(bpm),
        (Some(_), None) => {
            let title = &recording.title;
            notes.push(format!("the tempo of {title} is not known, so it plays as recorded"));
            as_recorded(None)
        }
        (Some(wanted), Some(own)) if !STRETCHES.contains(&(wanted / own)) => {
            let title = &recording.title;
            notes.push(format!(
                "{title} has {own:.0} BPM, too far from {wanted:.0} to be stretched; it plays as recorded"
            ));
            as_recorded(Some(wanted))
        }
        (Some(wanted), Some(own)) => {
            Pace { seconds: recording.seconds * own / wanted, bpm: wanted, from_bpm: Some(own) }
        }
    }
}

/// What comes after the players: bus, effects, meter, analyser, end, and the history on a branch of its own.
pub(super) fn finish_graph(graph: &mut GraphSpec, wish: &Wish) -> Result<(), StageError> {
    graph.add(CHANNEL, "mix.bus");
    graph.add(METER, "meter.levels");
    graph.add(SPECTRUM, "meter.spectrum");
    graph.add(HISTORY, "meter.history").config("seconds", HISTORY_S);
    graph.add(OUT, "mix.bus");
    match &wish.chain {
        None => graph.connect(CHANNEL, METER),
        Some((preset, chain)) => splice(graph, preset, chain)?,
    }
    graph.connect(METER, SPECTRUM);
    graph.connect(SPECTRUM, OUT);
    graph.connect(METER, HISTORY);
    if wish.count_in_bars > 0 {
        graph.add(CLICK, "source.metronome").param("count_in_only", 1.0);
        graph.connect(CLICK, OUT);
    }
    Ok(())
}

/// Puts a preset's chain between the channel and the meter. In the chain, `in` is what comes and `out` is what leaves.
fn splice(graph: &mut GraphSpec, preset: &str, chain: &GraphSpec) -> Result<(), StageError> {
    let reads = chain.connections.iter().any(|cable| cable.from.node == "in");
    let leaves = chain.connections.iter().any(|cable| cable.to.node == OUT);
    if !reads || !leaves {
        return Err(StageError::LooseChain { preset: preset.to_owned() });
    }
    let has_end = chain.nodes.iter().any(|node| node.id == OUT);
    let inner = |id: &str| format!("chain.{id}");
    for node in chain.nodes.iter().filter(|node| node.id != "in") {
        let mut node = node.clone();
        node.id = inner(&node.id);
        graph.nodes.push(node);
    }
    for cable in &chain.connections {
        let mut cable = cable.clone();
        cable.from.node = match cable.from.node.as_str() {
            "in" => CHANNEL.to_owned(),
            id => inner(id),
        };
        if cable.to.node == OUT && !has_end {
            METER.clone_into(&mut cable.to.node);
            // Whatever the chain calls the input of its end, a meter has one.
            "in".clone_into(&mut cable.to.port);
        } else {
            cable.to.node = inner(&cable.to.node);
        }
        graph.connections.push(cable);
    }
    if has_end {
        graph.connect(&inner(OUT), METER);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(title: &str, seconds: f64, bpm: Option<f64>) -> Recording {
        Recording {
            title: title.into(),
            path: format!("/music/{title}.wav"),
            take_id: None,
            seconds,
            bpm,
            key: None,
            metre: None,
        }
    }

    fn config<'a>(playlist: &'a Playlist, node: &str, key: &str) -> Option<&'a str> {
        let node = playlist.graph.nodes.iter().find(|n| n.id == node)?;
        node.config.get(key).map(String::as_str)
    }

    #[test]
    fn recordings_follow_each_other_without_a_gap_in_their_own_tempo() {
        let list = [
            recording("a", 10.0, Some(120.0)),
            recording("b", 30.0, Some(90.0)),
            recording("c", 5.0, None),
        ];
        let playlist = plan(&list, &Wish::default()).unwrap();
        let starts = playlist.items.iter().map(|item| item.start_s).collect::<Vec<_>>();
        assert_eq!((starts, playlist.length_s), (vec![0.0, 10.0, 40.0], 45.0));
        // 10 s at 120, 30 s at 90, and 5 s of unknown tempo in that of the first.
        assert_eq!(playlist.length_beats, 20.0 + 45.0 + 10.0);
        assert_eq!(playlist.tempo.seconds_at(playlist.length_beats), 45.0);
        assert_eq!(playlist.tempo.seconds_at(20.0), 10.0);
        assert_eq!(config(&playlist, "play2", "start_s"), Some("10"));
        assert_eq!(config(&playlist, "play2", "mode"), Some("off"));
        assert!(playlist.notes.is_empty());
    }

    #[test]
    fn a_tempo_stretches_what_has_one_and_says_what_has_none() {
        let list = [recording("a", 10.0, Some(120.0)), recording("b", 30.0, Some(60.0))];
        let wish = Wish { bpm: Some(Bpm::clamped(90.0)), ..Wish::default() };
        let playlist = plan(&list, &wish).unwrap();
        assert_eq!(playlist.items[0].seconds, 10.0 * 120.0 / 90.0);
        assert_eq!(playlist.items[1].seconds, 20.0);
        // Beats do not depend on the tempo: 20 and 30 of them.
        assert_eq!(config(&playlist, "play2", "start_beat"), Some("20"));
        assert_eq!(config(&playlist, "play2", "source_bpm"), Some("60"));
        assert!((playlist.length_beats - 50.0).abs() < 1e-9);

        let list = [
            recording("a", 10.0, Some(120.0)),
            recording("b", 30.0, None),
            recording("c", 9.0, Some(20.0)),
        ];
        let playlist = plan(&list, &wish).unwrap();
        assert_eq!(config(&playlist, "play1", "mode"), Some("stretch"));
        assert_eq!(config(&playlist, "play1", "start_s"), Some("0"));
        assert_eq!(config(&playlist, "play2", "mode"), Some("off"));
        assert_eq!((playlist.items[1].seconds, playlist.items[2].seconds), (30.0, 9.0));
        assert_eq!(playlist.notes.len(), 2, "{:?}", playlist.notes);
    }

    #[test]
    fn a_loop_is_counted_in_bars_of_the_first_recording() {
        let mut first = recording("a", 60.0, Some(120.0));
        first.metre = "3/4".parse().ok();
        let wish = Wish { loop_bars: Some(8), count_in_bars: 1, ..Wish::default() };
        let playlist = plan(&[first.clone()], &wish).unwrap();
        assert_eq!(playlist.looped, Some((0.0, 24.0)));
        let click = playlist.graph.nodes.iter().find(|node| node.id == CLICK).unwrap();
        assert_eq!(click.params["count_in_only"], 1.0);
        first.seconds = 3.0;
        assert_eq!(plan(&[first], &wish).unwrap().notes.len(), 1);
    }

    #[test]
    fn a_chain_stands_between_the_channel_and_the_meter() {
        let mut chain = GraphSpec::default();
        chain.add("tape", "fx.tape");
        chain.connect("in", "tape");
        chain.connect("tape", "out");
        let wish = Wish { chain: Some(("dust".into(), chain.clone())), ..Wish::default() };
        let cables = |wish: &Wish| {
            let playlist = plan(&[recording("a", 1.0, None)], wish).unwrap();
            let name =
                |c: &crate::model::graph::Connection| format!("{}>{}", c.from.node, c.to.node);
            playlist.graph.connections.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(
            cables(&wish),
            [
                "play1>channel",
                "channel>chain.tape",
                "chain.tape>meter",
                "meter>spectrum",
                "spectrum>out",
                "meter>history"
            ]
        );
        chain.add("out", "mix.bus").param("gain_db", -3.0);
        let wish = Wish { chain: Some(("dust".into(), chain.clone())), ..Wish::default() };
        assert_eq!(
            cables(&wish),
            [
                "play1>channel",
                "channel>chain.tape",
                "chain.tape>chain.out",
                "chain.out>meter",
                "meter>spectrum",
                "spectrum>out",
                "meter>history"
            ]
        );
        chain.connections.pop();
        let wish = Wish { chain: Some(("dust".into(), chain)), ..Wish::default() };
        let error = plan(&[recording("a", 1.0, None)], &wish).unwrap_err();
        assert_eq!(error, StageError::LooseChain { preset: "dust".into() });
    }
}
