//! `play`: takes and files on the live engine, with keys and a status line on a terminal, and lines of status off it.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::client::{Events, Work};
use crate::model::job::{Fault, FaultKind};
use crate::protocol::device::{AudioStatus, DeviceSelectParams, DeviceState};
use crate::protocol::engine::{ConfigGetParams, EngineStatusParams};
use crate::protocol::graph::NodeSetParamParams;
use crate::protocol::listen::Quantum;
use crate::protocol::methods::{
    ConfigGet, DeviceSelect, EngineStatus, NodeSetParam, PlayerClose, PlayerOpen, TakeGet,
    TransportPlay, TransportSeek, TransportSetLoop, TransportStop,
};
use crate::protocol::player::{PlayerCloseParams, PlayerOpenParams};
use crate::protocol::take::TakeGetParams;
use crate::protocol::transport::{
    Position, TransportPlayParams, TransportSeekParams, TransportSetLoopParams, TransportStopParams,
};
use crate::util::text;

use super::Place;
use crate::cli::args::{From, Play};
use crate::cli::engine::{self, Session};
use crate::cli::output::Style;
use crate::cli::player::keys::{HELP, Wish};
use crate::cli::player::terminal::{Screen, suspension};
use crate::cli::player::{News, Scene, Step, external, line};
use crate::cli::report::{self, Line};
use crate::cli::stop::Stop;
use crate::cli::target;

/// Time between two pictures on a terminal: 30 a second.
const PICTURE: Duration = Duration::from_millis(34);
/// Time between two lines of status off a terminal.
const STATUS: Duration = Duration::from_secs(1);
/// Longest that echoes are waited for after the end.
const RING_OUT: Duration = Duration::from_secs(8);
/// What is softer than this, in dBFS, has rung out.
const SILENCE_DB: f64 = -66.0;
/// How long a card may take to say that it plays.
const CARD_PATIENCE: Duration = Duration::from_millis(600);
/// The node whose level is the volume: the end of every graph.
const OUT: &str = "out";
/// The player that is tried where the configuration names none.
const USUAL_PLAYER: &str = "ffplay";

pub(super) fn run(place: &Place<'_>, words: &Play) -> Result<(), Stop> {
    let sources = words
        .targets
        .iter()
        .map(|word| target::named(word, place.around))
        .collect::<Result<Vec<_>, _>>()?;
    engine::run(place.common, place.around, place.output, Work::Nothing, async |session| {
        if words.external {
            return play_externally(session, &sources).await;
        }
        let keys = session.output.has_keys() && !place.common.no_input;
        let result = play(session, words, sources, keys).await;
        // The engine ends with the command anyway; a polite end has no click.
        let _ = session.client.call::<PlayerClose>(PlayerCloseParams {}).await;
        result
    })
}

/// Opens everything, starts the music, and follows it to its end.
async fn play(
    session: &Session,
    words: &Play,
    sources: Vec<String>,
    keys: bool,
) -> Result<(), Stop> {
    let (client, output) = (&session.client, &session.output);
    let mut events = client.subscribe();
    if let Some(device) = &words.device {
        let params = DeviceSelectParams { device: Some(device.clone()), ..Default::default() };
        client.call::<DeviceSelect>(params).await?;
    }
    let params = PlayerOpenParams {
        sources: sources.clone(),
        chain: words.chain.clone(),
        bpm: words.bpm,
        loop_bars: words.loop_bars,
        count_in_bars: words.count_in,
        start: false,
        parts: false,
        keep: false,
    };
    let mut opened = client.call::<PlayerOpen>(params).await?;
    for note in &opened.notes {
        output.talk(&output.paint(Style::Hint, &format!("note: {}", text::one_line(note))));
    }
    let audio = card(session, &sources).await?;
    if let Some(from) = words.start {
        opened.transport = seek_start(session, from, opened.length_s).await?;
    }
    if output.is_json() {
        output.object(&Line { r#type: "player", value: &opened })?;
    }
    let mut scene = Scene::new(opened, &audio, words.loop_bars);
    let params = TransportPlayParams { count_in_bars: words.count_in, ..Default::default() };
    scene.transport = client.call::<TransportPlay>(params).await?.transport;
    let ended = if keys {
        at_terminal(session, &mut scene, &mut events).await?
    } else {
        off_terminal(session, &mut scene, &mut events).await?
    };
    if ended {
        ring_out(session, &mut scene).await?;
    }
    if output.is_json() {
        output.object(&scene.played_line(ended))?;
    }
    Ok(())
}

/// Makes sure that somebody can hear it. Errors: `Unavailable` with the way to hear it all the same.
async fn card(session: &Session, sources: &[String]) -> Result<AudioStatus, Stop> {
    let begun = Instant::now();
    loop {
        let status = session.client.call::<EngineStatus>(EngineStatusParams {}).await?;
        let Some(audio) = status.audio else {
            return Err(Fault::new(FaultKind::Internal, "the sound engine did not start").into());
        };
        if audio.device.available {
            return Ok(audio);
        }
        if begun.elapsed() > CARD_PATIENCE {
            return Err(no_card(session, &audio.device, sources).await);
        }
        sleep(Duration::from_millis(50)).await;
    }
}

async fn no_card(session: &Session, device: &DeviceState, sources: &[String]) -> Stop {
    // Nobody waits for the card here, so the promise to try again is left out.
    let message = text::one_line(&device.message);
    let message = message.trim_start_matches("No sound yet: ");
    let why = match message.trim_end_matches(" Trying again until it works.") {
        "" => String::new(),
        message => format!(": {message}"),
    };
    let what = match device.wanted.as_str() {
        "default" => "no sound card can be opened".to_owned(),
        wanted => format!("the sound device '{wanted}' can't be opened"),
    };
    let player = match configured_player(session).await {
        Ok(player) => player,
        Err(stop) => return stop,
    };
    let command = match files(session, sources).await {
        Ok(files) => files.first().map(|file| external::typed(&external::words(&player, file))),
        Err(_) => None,
    };
    let elsewhere = command
        .map(|command| format!("play it with another program: {command} (--external runs that); "))
        .unwrap_or_default();
    Fault::new(FaultKind::Unavailable, format!("{what}{why}"))
        .with_hint(format!(
            "{elsewhere}`timbre doctor audio` tells more, `timbre devices` lists all"
        ))
        .into()
}

/// The player of the configuration.
async fn configured_player(session: &Session) -> Result<String, Stop> {
    let prefix = Some("audio.player".to_owned());
    let found = session.client.call::<ConfigGet>(ConfigGetParams { prefix }).await?;
    let value = found.entries.iter().find_map(|entry| entry.value.as_str());
    Ok(value.filter(|player| !player.trim().is_empty()).unwrap_or(USUAL_PLAYER).to_owned())
}

/// The paths of what is to be played.
async fn files(session: &Session, sources: &[String]) -> Result<Vec<String>, Stop> {
    let mut files = Vec::with_capacity(sources.len());
    for source in sources {
        if std::path::Path::new(source).is_absolute() {
            files.push(source.clone());
        } else {
            let params = TakeGetParams { id: source.clone() };
            files.push(session.client.call::<TakeGet>(params).await?.take.path);
        }
    }
    Ok(files)
}

async fn play_externally(session: &Session, sources: &[String]) -> Result<(), Stop> {
    let player = configured_player(session).await?;
    let files = files(session, sources).await?;
    for file in &files {
        let words = external::words(&player, file);
        session.output.talk(&session.output.paint(Style::Dim, &external::typed(&words)));
    }
    external::play(&player, &files).await
}

/// Goes to where it should begin.
async fn seek_start(
    session: &Session,
    from: From,
    length_s: f64,
) -> Result<crate::protocol::transport::TransportState, Stop> {
    let to = match from {
        From::Seconds(seconds) => Position::Seconds(seconds),
        From::Bar(bar) => Position::Bar(f64::from(bar.saturating_sub(1))),
    };
    let beyond = || {
        Stop::usage(
            "the start is behind the end",
            format!("what plays is {} long", report::clock(length_s)),
        )
    };
    if matches!(to, Position::Seconds(seconds) if seconds >= length_s) {
        return Err(beyond());
    }
    let params = TransportSeekParams { to, when: Quantum::Now };
    let transport = session.client.call::<TransportSeek>(params).await?.transport;
    if transport.seconds >= length_s { Err(beyond()) } else { Ok(transport) }
}

/// Follows the music without keys: one line of status a second. True at the end of the music.
async fn off_terminal(
    session: &Session,
    scene: &mut Scene,
    events: &mut Events,
) -> Result<bool, Stop> {
    let output = &session.output;
    let mut told = interval(STATUS);
    told.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            event = events.next() => match scene.hear(event.ok_or_else(engine_ended)?) {
                Some(News::Ended) => return Ok(true),
                Some(News::Told(message)) => output.warn(&message),
                None => {}
            },
            _ = told.tick() => {
                if output.is_json() {
                    output.object(&scene.status_line())?;
                } else {
                    output.talk(&line::plain(scene));
                }
            }
        }
    }
}

/// Follows the music with keys and a live line. True at the end of the music, false where the user ended it.
async fn at_terminal(
    session: &Session,
    scene: &mut Scene,
    events: &mut Events,
) -> Result<bool, Stop> {
    let mut signals = suspension::Signals::listen();
    let (mut screen, mut keys) = Screen::open(&session.output)?;
    let mut picture = interval(PICTURE);
    picture.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            event = events.next() => match scene.hear(event.ok_or_else(engine_ended)?) {
                Some(News::Ended) => return Ok(true),
                Some(News::Told(message)) => screen.tell(Style::Hint, &message).map_err(|error| lost(&error))?,
                None => {}
            },
            wish = keys.recv() => match wish {
                None | Some(Wish::Quit) => return Ok(false),
                // Said with a key at a player, it is no accident, and nothing has to be explained.
                Some(Wish::Interrupt) => return Err(Stop::Told(130)),
                Some(Wish::Redraw) => screen.forget(),
                Some(Wish::Help) => screen.tell(Style::Dim, HELP).map_err(|error| lost(&error))?,
                Some(Wish::Suspend) if suspension::has_shell() => suspension::ask(),
                Some(Wish::Suspend) => {
                    screen.tell(Style::Hint, "there is no shell to go back to").map_err(|error| lost(&error))?;
                }
                Some(wish) => {
                    // What the engine refuses is told, and the music goes on.
                    if let Err(fault) = obey(session, scene, wish).await {
                        screen.tell(Style::Bad, &fault.message).map_err(|error| lost(&error))?;
                    }
                }
            },
            sent = signals.next() => match sent {
                suspension::Sent::Hangup => return Err(Stop::Interrupted),
                suspension::Sent::Stop if suspension::has_shell() => {
                    step_aside(session, scene, &mut screen).await?;
                }
                suspension::Sent::Stop => {}
            },
            _ = picture.tick() => {
                scene.fall();
                let pieces = line::pieces(scene, screen.columns());
                screen.draw(&pieces).map_err(|error| lost(&error))?;
            }
        }
    }
}

/// Does what a key asks for.
async fn obey(session: &Session, scene: &mut Scene, wish: Wish) -> Result<(), Fault> {
    let client = &session.client;
    match wish {
        Wish::PlayStop if scene.transport.playing => {
            scene.transport = client.call::<TransportStop>(TransportStopParams {}).await?.transport;
        }
        Wish::PlayStop => {
            let params = TransportPlayParams::default();
            scene.transport = client.call::<TransportPlay>(params).await?.transport;
        }
        Wish::Go(step) => go(session, scene, step).await?,
        Wish::Loop => {
            let params = TransportSetLoopParams { region: scene.toggled_loop() };
            scene.transport = client.call::<TransportSetLoop>(params).await?.transport;
        }
        Wish::Volume(steps) => {
            let params = NodeSetParamParams {
                id: OUT.to_owned(),
                param: "gain_db".to_owned(),
                value: scene.turn(steps),
                gesture: Some("volume".to_owned()),
            };
            client.call::<NodeSetParam>(params).await?;
        }
        Wish::Help | Wish::Quit | Wish::Interrupt | Wish::Suspend | Wish::Redraw => {}
    }
    Ok(())
}

async fn go(session: &Session, scene: &mut Scene, step: Step) -> Result<(), Fault> {
    if let Some(to) = scene.target(step) {
        let params = TransportSeekParams { to, when: Quantum::Now };
        scene.transport = session.client.call::<TransportSeek>(params).await?.transport;
    }
    Ok(())
}

/// Gives the terminal to the shell until it gives it back. Sound that nobody steers stops meanwhile.
async fn step_aside(session: &Session, scene: &mut Scene, screen: &mut Screen) -> Result<(), Stop> {
    let played = scene.transport.playing;
    if played {
        session.client.call::<TransportStop>(TransportStopParams {}).await?;
    }
    screen.leave();
    suspension::stop();
    screen.enter()?;
    if played {
        let params = TransportPlayParams::default();
        scene.transport = session.client.call::<TransportPlay>(params).await?.transport;
    }
    Ok(())
}

/// Waits until echoes are silent, and what is on its way to the plug has come there.
async fn ring_out(session: &Session, scene: &mut Scene) -> Result<(), Stop> {
    let silent = async {
        loop {
            let status = session.client.call::<EngineStatus>(EngineStatusParams {}).await?;
            let Some(audio) = status.audio else { return Ok::<(), Stop>(()) };
            scene.look(&audio);
            let peaks = audio.peak_db.iter().flatten();
            if peaks.copied().fold(f64::NEG_INFINITY, f64::max) < SILENCE_DB {
                return Ok(());
            }
            sleep(PICTURE).await;
        }
    };
    if let Ok(result) = timeout(RING_OUT, silent).await {
        result?;
    }
    sleep(Duration::from_secs_f64(scene.latency_s())).await;
    Ok(())
}

fn engine_ended() -> Stop {
    Fault::new(FaultKind::Internal, "the sound engine ended before the music did")
        .with_hint("the log in the state folder may say why; `timbre doctor` prints where it is")
        .into()
}

fn lost(error: &std::io::Error) -> Stop {
    tracing::info!("the terminal is gone: {error}");
    Stop::Interrupted
}
