//! Listening: playing, going somewhere, looping, mixing parts, comparing takes.

use super::super::action::{Action, Amount, LoopWish, Place, SwitchWish};
use super::super::model::{EditStep, Model, Weight};
use super::super::msg::Cmd;
use super::{remember, screen, toast};
use crate::protocol::listen::{PlayerPart, Quantum};
use crate::protocol::transport::{Position, Region};

/// The end of every graph; its level is the volume.
const OUT: &str = "out";
/// How soft and how loud things can be made, in dB.
const LEVELS: std::ops::RangeInclusive<f64> = -60.0..=12.0;
/// Most takes that are opened one behind the other; they are held in memory.
const MOST_OPENED: usize = 12;
/// Most takes that are compared.
const MOST_CANDIDATES: usize = 8;

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Cmd> {
    match action {
        Action::Play(words) => play(model, &words),
        Action::Parts => parts(model),
        Action::Toggle => toggle(model),
        Action::Stop => vec![Cmd::Stop],
        Action::Close => vec![Cmd::Close],
        Action::Seek(place) => seek(model, place),
        Action::Skip(by) => skip(model, by),
        Action::Loop(wish) => looped(model, wish),
        Action::Volume(amount) => volume(model, amount),
        Action::Mute(part) => switch_part(model, &part, |part| (Some(!part.mute), None)),
        Action::Solo(part) => switch_part(model, &part, |part| (None, Some(!part.solo))),
        Action::Gain(part, amount) => mix(model, &part, Some(amount), None),
        Action::Pan(part, amount) => mix(model, &part, None, Some(amount)),
        Action::Chain(chain) => set_chain(model, chain),
        Action::NodeParam(node, param, amount) => node_param(model, &node, &param, amount),
        Action::Compare { takes, blind } => compare(model, &takes, blind),
        Action::Switch(wish) => switch(model, wish),
        Action::Verdict(best, note) => verdict(model, best, note),
        Action::Device(Some(device)) => vec![Cmd::SelectDevice(device)],
        Action::Device(None) => screen::pick_device(model),
        _ => Vec::new(),
    }
}

/// The takes that words name: numbers within the session, ids, parts of ids, `last`, or titles.
pub(super) fn resolve(model: &Model, words: &[String]) -> Result<Vec<String>, (String, String)> {
    words.iter().map(|word| resolve_one(model, word)).collect()
}

fn resolve_one(model: &Model, word: &str) -> Result<String, (String, String)> {
    let bare = word.trim_start_matches('#');
    let session = model.conversation.session.as_ref().map(|session| session.id.as_str());
    let here =
        || model.takes.values().filter(|take| session.is_none_or(|id| take.session_id == id));
    if let Ok(number) = bare.parse::<u32>()
        && let Some(take) = here().find(|take| take.number == number)
    {
        return Ok(take.id.clone());
    }
    if bare == "last"
        && let Some(take) = here().max_by(|a, b| a.created_at.total_cmp(&b.created_at))
    {
        return Ok(take.id.clone());
    }
    let mut by_id = model
        .takes
        .values()
        .filter(|take| bare.len() >= 4 && (take.id.starts_with(bare) || take.id.ends_with(bare)));
    if let (Some(take), None) = (by_id.next(), by_id.next()) {
        return Ok(take.id.clone());
    }
    let wanted = bare.to_lowercase();
    let by_title = here().find(|take| take.title.to_lowercase().starts_with(&wanted));
    by_title.map(|take| take.id.clone()).ok_or_else(|| {
        (
            format!("There is no take '{word}'"),
            "name it by its number, its id or its title".to_owned(),
        )
    })
}

fn refuse(model: &mut Model, (what, hint): (String, String)) -> Vec<Cmd> {
    toast(model, Weight::Bad, &what, &hint);
    Vec::new()
}

fn no_take(model: &mut Model) -> Vec<Cmd> {
    let what = "There is no take yet".to_owned();
    refuse(model, (what, "type what you want to hear, and press Enter".to_owned()))
}

fn play(model: &mut Model, words: &[String]) -> Vec<Cmd> {
    let sources = if words == ["all"] {
        screen::takes_in_order(model)
    } else {
        match resolve(model, words) {
            Ok(sources) => sources,
            Err(why) => return refuse(model, why),
        }
    };
    let sources =
        if sources.is_empty() { model.focused_take.iter().cloned().collect() } else { sources };
    if sources.is_empty() {
        return no_take(model);
    }
    vec![open(model, sources, false, None)]
}

/// The order to open takes for playing, through the chain that is set.
fn open(model: &Model, sources: Vec<String>, parts: bool, at: Option<Position>) -> Cmd {
    Cmd::Open {
        sources,
        parts,
        chain: model.sound.chain.clone(),
        bpm: None,
        start: true,
        at,
        keep: false,
    }
}

fn parts(model: &mut Model) -> Vec<Cmd> {
    let Some(take) = model.focused_take.clone() else { return no_take(model) };
    let at =
        is_opened(model, &take).then(|| Position::Beat(model.sound.beat(model.clock).max(0.0)));
    toast(model, Weight::Note, "Preparing the parts", "");
    let mut cmds = vec![open(model, vec![take], true, at)];
    cmds.extend(super::act(model, Action::Inspect(super::super::model::panes::Tab::Mixer)));
    cmds
}

/// Whether a take is what is opened, alone.
fn is_opened(model: &Model, take: &str) -> bool {
    let items = &model.sound.player.items;
    model.sound.player.open && items.len() == 1 && items[0].take_id.as_deref() == Some(take)
}

/// Play or stop. A take with the focus that is not opened is opened; else what is opened goes on.
fn toggle(model: &mut Model) -> Vec<Cmd> {
    if model.sound.is_playing() {
        return vec![Cmd::Stop];
    }
    let player = &model.sound.player;
    let opened =
        |take: &String| player.items.iter().any(|item| item.take_id.as_ref() == Some(take));
    match model.focused_take.clone() {
        Some(take) if player.compare.is_none() && !(player.open && opened(&take)) => {
            vec![open(model, vec![take], false, None)]
        }
        None if !player.open => no_take(model),
        _ => {
            let at_end = model.sound.transport().is_some_and(|transport| {
                transport.length_beats > 0.0 && transport.beat >= transport.length_beats - 1e-6
            });
            if at_end {
                vec![Cmd::Seek(Position::Beat(0.0), Quantum::Now), Cmd::Play]
            } else {
                vec![Cmd::Play]
            }
        }
    }
}

fn seek(model: &mut Model, place: Place) -> Vec<Cmd> {
    match position(model, place) {
        Some(position) => vec![Cmd::Seek(position, Quantum::Now)],
        None => {
            toast(
                model,
                Weight::Note,
                "Nothing is opened to go somewhere in",
                "Space plays the take with the focus",
            );
            Vec::new()
        }
    }
}

/// Where a place is; `None` where nothing is opened.
fn position(model: &Model, place: Place) -> Option<Position> {
    let sound = &model.sound;
    let transport = sound.transport().filter(|_| sound.player.open)?;
    let (seconds, beat) = (sound.seconds(model.clock), sound.beat(model.clock));
    let length = if transport.length_s > 0.0 { transport.length_s } else { f64::MAX };
    let within = |seconds: f64| Position::Seconds(seconds.clamp(0.0, length));
    Some(match place {
        Place::Start => Position::Beat(0.0),
        Place::End => within(transport.length_s),
        Place::Bar(bar) => Position::Bar(bar - 1.0),
        Place::Seconds(to) => within(to),
        Place::BySeconds(by) => within(seconds + by),
        Place::Share(share) => within(share * transport.length_s),
        Place::ByBeats(by) => Position::Beat((beat + by).max(0.0)),
        Place::ByBars(by) => {
            let (in_bar, bar_beats) = sound.beat_in_bar(model.clock);
            let start = beat - in_bar;
            // Going back from the middle of a bar first goes to its beginning, as every player does.
            let back_to_own = by < 0 && in_bar > bar_beats.min(1.0) * 0.5;
            let bars = if back_to_own { by + 1 } else { by };
            Position::Beat((start + f64::from(bars) * bar_beats).max(0.0))
        }
    })
}

/// The next or previous recording, on the bar and without a gap. Where it is not opened, the one of the session is opened
/// behind what plays, which plays on meanwhile.
fn skip(model: &mut Model, by: i32) -> Vec<Cmd> {
    if let Some(compare) = &model.sound.player.compare {
        let count = compare.candidates.len().max(1) as i64;
        let to = (i64::from(compare.active) + i64::from(by)).rem_euclid(count);
        return vec![Cmd::Switch(u32::try_from(to).unwrap_or(0), Quantum::Bar)];
    }
    let order = screen::takes_in_order(model);
    let heard = model.sound.heard(model.clock).map(|(id, _)| id.to_owned());
    let here = heard.clone().or_else(|| model.focused_take.clone());
    let index = here.and_then(|id| order.iter().position(|take| *take == id));
    let wanted = index
        .and_then(|index| index.checked_add_signed(by as isize))
        .and_then(|index| order.get(index));
    let Some(take) = wanted.cloned() else {
        let end = if by > 0 { "That is the newest take" } else { "That is the first take" };
        toast(model, Weight::Note, end, "");
        return Vec::new();
    };
    screen::choose_take(model, &take);
    let items = &model.sound.player.items;
    let place = |id: &str| items.iter().position(|item| item.take_id.as_deref() == Some(id));
    let at = heard.as_deref().and_then(place);
    let plain = model.sound.is_playing() && model.sound.player.parts.is_empty();
    let Some(at) = at.filter(|_| plain) else { return vec![open(model, vec![take], false, None)] };
    let distance = |to: usize| i32::try_from(to as i64 - at as i64).unwrap_or(0);
    if let Some(to) = place(&take) {
        return vec![Cmd::Skip(distance(to), Quantum::Bar)];
    }
    if items.len() >= MOST_OPENED {
        return vec![open(model, vec![take], false, None)];
    }
    let mut sources = items
        .iter()
        .map(|item| item.take_id.clone().unwrap_or_else(|| item.path.clone()))
        .collect::<Vec<_>>();
    let skip = Cmd::Skip(distance(sources.len()), Quantum::Bar);
    sources.push(take);
    let chain = model.sound.chain.clone();
    vec![
        Cmd::Open { sources, parts: false, chain, bpm: None, start: true, at: None, keep: true },
        skip,
    ]
}

fn looped(model: &mut Model, wish: LoopWish) -> Vec<Cmd> {
    let Some(transport) = model.sound.transport().copied().filter(|_| model.sound.player.open)
    else {
        toast(
            model,
            Weight::Note,
            "Nothing is opened that could be looped",
            "Space plays the take with the focus",
        );
        return Vec::new();
    };
    let bars = |first: f64, last: f64| {
        Some(Region { start: Position::Bar(first), end: Position::Bar(last) })
    };
    let here = transport.bar.max(0) as f64;
    let region = match wish {
        LoopWish::Off => None,
        LoopWish::Toggle if transport.loop_beats.is_some() => None,
        LoopWish::Toggle => {
            let heard = model
                .sound
                .heard(model.clock)
                .map(|(_, within)| model.sound.seconds(model.clock) - within);
            let item = model
                .sound
                .player
                .items
                .iter()
                .find(|item| heard.is_some_and(|at| (item.start_s - at).abs() < 0.01));
            match item {
                Some(item) => Some(Region {
                    start: Position::Seconds(item.start_s),
                    end: Position::Seconds(item.start_s + item.seconds),
                }),
                None => Some(Region {
                    start: Position::Beat(0.0),
                    end: Position::Beat(transport.length_beats),
                }),
            }
        }
        LoopWish::Bars(first, last) => bars(f64::from(first - 1), f64::from(last)),
        LoopWish::Here(count) => bars(here, here + f64::from(count)),
        LoopWish::Start => {
            model.sound.loop_start = Some(here);
            toast(
                model,
                Weight::Note,
                &format!("The loop begins at bar {}", here + 1.0),
                "/loop end closes it",
            );
            return Vec::new();
        }
        LoopWish::End => {
            let start = model.sound.loop_start.take().unwrap_or(0.0);
            bars(start.min(here), here.max(start) + 1.0)
        }
    };
    let said = match (wish, &region) {
        (_, None) => "The loop is off".to_owned(),
        (_, Some(Region { start: Position::Bar(start), end: Position::Bar(end) })) => {
            format!("Bars {} to {} loop", start + 1.0, end)
        }
        _ => "All of it loops".to_owned(),
    };
    toast(model, Weight::Good, &said, "");
    vec![Cmd::Loop(region)]
}

fn volume(model: &mut Model, amount: Amount) -> Vec<Cmd> {
    let before = model.sound.volume_db;
    let level = level(before, amount);
    model.sound.volume_db = level;
    toast(model, Weight::Note, &format!("Volume {level:+.1} dB"), "");
    if !model.sound.player.open {
        return Vec::new();
    }
    vec![Cmd::SetParam { node: OUT.to_owned(), param: "gain_db".to_owned(), value: level }]
}

fn level(now: f64, amount: Amount) -> f64 {
    let level = match amount {
        Amount::To(level) => level,
        Amount::By(by) => now + by,
    };
    level.clamp(*LEVELS.start(), *LEVELS.end())
}

/// The part that a word names: its name or a unique beginning of it; the chosen one of the mixer without a word.
fn part<'a>(model: &'a Model, word: &str) -> Result<&'a PlayerPart, (String, String)> {
    let parts = &model.sound.player.parts;
    if let (true, Some(chosen)) = (word.is_empty(), parts.get(model.inspector.row)) {
        return Ok(chosen);
    }
    if parts.is_empty() {
        return Err((
            "The parts are not opened".to_owned(),
            "/parts plays the take with the focus by its parts".to_owned(),
        ));
    }
    let wanted = word.to_lowercase();
    let exact = parts.iter().find(|part| part.name.to_lowercase() == wanted);
    let mut likely = parts.iter().filter(|part| part.name.to_lowercase().starts_with(&wanted));
    match (exact, likely.next(), likely.next()) {
        (Some(part), ..) | (None, Some(part), None) => Ok(part),
        _ => {
            let names = parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>().join(", ");
            Err((format!("There is no part '{word}'"), format!("there are: {names}")))
        }
    }
}

fn set_part(
    name: &str,
    mute: Option<bool>,
    solo: Option<bool>,
    gain_db: Option<f64>,
    pan: Option<f64>,
) -> Cmd {
    Cmd::SetPart { part: name.to_owned(), mute, solo, gain_db, pan }
}

fn switch_part(
    model: &mut Model,
    word: &str,
    wish: impl Fn(&PlayerPart) -> (Option<bool>, Option<bool>),
) -> Vec<Cmd> {
    let part = match part(model, word) {
        Ok(part) => part.clone(),
        Err(why) => return refuse(model, why),
    };
    let (mute, solo) = wish(&part);
    let forth = set_part(&part.name, mute, solo, None, None);
    let back = set_part(&part.name, mute.map(|mute| !mute), solo.map(|solo| !solo), None, None);
    let verb = match (mute, solo) {
        (Some(true), _) => "muted",
        (Some(false), _) => "no longer muted",
        (_, Some(true)) => "soloed",
        _ => "no longer soloed",
    };
    remember(
        model,
        format!("{} {verb}", part.name),
        EditStep::Run(vec![forth.clone()]),
        EditStep::Run(vec![back]),
    );
    vec![forth]
}

fn mix(model: &mut Model, word: &str, gain: Option<Amount>, pan: Option<Amount>) -> Vec<Cmd> {
    let part = match part(model, word) {
        Ok(part) => part.clone(),
        Err(why) => return refuse(model, why),
    };
    let gain_db = gain.map(|amount| level(part.gain_db, amount));
    let pan = pan.map(|amount| match amount {
        Amount::To(place) => place.clamp(-1.0, 1.0),
        Amount::By(by) => (part.pan + by).clamp(-1.0, 1.0),
    });
    let forth = set_part(&part.name, None, None, gain_db, pan);
    let back =
        set_part(&part.name, None, None, gain_db.map(|_| part.gain_db), pan.map(|_| part.pan));
    remember(
        model,
        format!("mix of {}", part.name),
        EditStep::Run(vec![forth.clone()]),
        EditStep::Run(vec![back]),
    );
    vec![forth]
}

/// Sends the sound through other effects; what plays goes on from where it is.
fn set_chain(model: &mut Model, chain: Option<String>) -> Vec<Cmd> {
    if let Some(name) = &chain
        && !model.presets.iter().any(|preset| preset.name == *name)
    {
        let names = model.presets.iter().map(|preset| preset.name.as_str());
        let hint = crate::util::text::nearest(name, names).map_or_else(
            || "Tab lists the presets".to_owned(),
            |name| format!("did you mean {name}?"),
        );
        return refuse(model, (format!("There is no preset '{name}'"), hint));
    }
    let said = match &chain {
        Some(name) => format!("What plays goes through {name}"),
        None => "What plays goes through no effects".to_owned(),
    };
    model.sound.chain = chain;
    toast(model, Weight::Good, &said, "");
    let player = &model.sound.player;
    if !player.open {
        return Vec::new();
    }
    let at = Some(Position::Beat(model.sound.beat(model.clock).max(0.0)));
    let playing = model.sound.is_playing();
    if let Some(compare) = &player.compare {
        let takes = compare
            .candidates
            .iter()
            .filter_map(|candidate| candidate.take_id.clone())
            .collect::<Vec<_>>();
        if takes.len() < 2 {
            let hint = "it is used from the next comparison on";
            toast(
                model,
                Weight::Note,
                "The names are kept back, so this comparison stays as it is",
                hint,
            );
            return Vec::new();
        }
        return vec![Cmd::Compare { takes, blind: false, chain: model.sound.chain.clone() }];
    }
    let sources = player
        .items
        .iter()
        .map(|item| item.take_id.clone().unwrap_or_else(|| item.path.clone()))
        .collect();
    let parts = !player.parts.is_empty();
    vec![Cmd::Open {
        sources,
        parts,
        chain: model.sound.chain.clone(),
        bpm: None,
        start: playing,
        at,
        keep: false,
    }]
}

fn node_param(model: &mut Model, node: &str, param: &str, amount: Amount) -> Vec<Cmd> {
    let Some(spec) =
        model.sound.graph.as_ref().and_then(|graph| graph.nodes.iter().find(|n| n.id == node))
    else {
        let hint = "/nodes shows those that play".to_owned();
        return refuse(model, (format!("There is no node '{node}'"), hint));
    };
    let known = spec.params.get(param).copied();
    let value = match (amount, known) {
        (Amount::To(value), _) => value,
        (Amount::By(by), Some(now)) => now + by,
        (Amount::By(by), None) => by,
    };
    let forth = Cmd::SetParam { node: node.to_owned(), param: param.to_owned(), value };
    if let Some(before) = known {
        let back = Cmd::SetParam { node: node.to_owned(), param: param.to_owned(), value: before };
        remember(
            model,
            format!("{param} of {node}"),
            EditStep::Run(vec![forth.clone()]),
            EditStep::Run(vec![back]),
        );
    }
    vec![forth, Cmd::LoadGraph]
}

fn compare(model: &mut Model, words: &[String], blind: bool) -> Vec<Cmd> {
    let mut takes = match resolve(model, words) {
        Ok(takes) => takes,
        Err(why) => return refuse(model, why),
    };
    let order = screen::takes_in_order(model);
    if takes.is_empty() {
        takes.extend(model.focused_take.clone());
    }
    if takes.len() == 1 {
        // The take with the focus against its parent, else against the one before it.
        let own = takes[0].clone();
        let parent = model.takes.get(&own).and_then(|take| take.parent.clone());
        let before = order
            .iter()
            .position(|id| *id == own)
            .and_then(|at| at.checked_sub(1))
            .map(|at| order[at].clone());
        let after = order.iter().find(|id| **id != own).cloned();
        takes.splice(0..0, parent.or(before).or(after));
    }
    if takes.len() < 2 {
        let hint = "make another one, with /variation for example".to_owned();
        return refuse(model, ("There is nothing to compare it with".to_owned(), hint));
    }
    if takes.len() > MOST_CANDIDATES {
        let hint = "compare the best ones of each round".to_owned();
        return refuse(model, (format!("At most {MOST_CANDIDATES} takes can be compared"), hint));
    }
    vec![Cmd::Compare { takes, blind, chain: model.sound.chain.clone() }]
}

fn switch(model: &mut Model, wish: SwitchWish) -> Vec<Cmd> {
    let Some(compare) = &model.sound.player.compare else {
        let hint = "/ab compares the take with the focus with the one before it".to_owned();
        return refuse(model, ("Nothing is compared".to_owned(), hint));
    };
    let count = compare.candidates.len() as i64;
    let now = i64::from(compare.pending.unwrap_or(compare.active));
    let to = match wish {
        SwitchWish::To(to) => i64::from(to),
        SwitchWish::By(by) => (now + i64::from(by)).rem_euclid(count.max(1)),
    };
    if to >= count {
        let last =
            compare.candidates.last().map_or("A", |candidate| candidate.label.as_str()).to_owned();
        return refuse(
            model,
            ("There is no such candidate".to_owned(), format!("they go from A to {last}")),
        );
    }
    vec![Cmd::Switch(u32::try_from(to).unwrap_or(0), Quantum::Bar)]
}

fn verdict(model: &mut Model, best: Option<u32>, note: String) -> Vec<Cmd> {
    let Some(compare) = &model.sound.player.compare else {
        let hint = "/ab compares takes".to_owned();
        return refuse(model, ("Nothing is compared".to_owned(), hint));
    };
    if best.is_some_and(|best| best as usize >= compare.candidates.len()) {
        return refuse(model, ("There is no such candidate".to_owned(), String::new()));
    }
    vec![Cmd::Verdict(best, note)]
}
