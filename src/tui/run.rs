//! The loop: one owner of the model, one `select!` over keys, answers, events, signals and time.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossterm::event::{Event as TerminalEvent, EventStream};
use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::exec::Hands;
use super::frames::Frames;
use super::gallery::{Gallery, Way};
use super::model::Model;
use super::msg::{Cmd, Msg};
use super::notice::Notices;
use super::setup::ThemeSource;
use super::start::Start;
use super::terminal::{self, Screen};
use super::update::{next_wake, refresh, update};
use super::{view, watch};
use crate::client::Client;
use crate::model::job::{Fault, FaultKind};

/// Answers that may wait. Each belongs to an order, and orders come from keys, so this is never reached by a person.
const ANSWERS: usize = 1_024;
/// Longest sleep; a clock that jumps is noticed then.
const LONGEST_SLEEP: Duration = Duration::from_secs(3_600);
/// Most messages that are taken before a frame gets its chance.
const MOST_AT_ONCE: usize = 256;

/// What the loop needs beside a model to start with.
pub struct Setup {
    /// What is to be done first.
    pub start: Start,
    /// How pictures are shown.
    pub pictures: Way,
    /// How desktop notifications are sent.
    pub notices: Notices,
    /// Where themes come from.
    pub themes: ThemeSource,
    /// Where the engine is found again when it was lost; `None` for one in this process.
    pub socket: Option<PathBuf>,
}

/// Opens the workstation and stays until the user ends it. Gives the model as it was at the end.
///
/// Errors: `Internal` where the terminal can't be used.
pub async fn run(client: Client, mut model: Model, setup: Setup) -> Result<Model, Fault> {
    let mut screen = Screen::open(model.look.mouse)?;
    model.size = screen.size();
    let born = Instant::now();
    let (sender, mut answers) = mpsc::channel(ANSWERS);
    let hands = Hands::new(client.clone(), sender.clone(), &setup);
    let watcher = watch::files(&setup.themes, &model.keymap_file, sender.clone());
    let mut keys = Some(EventStream::new());
    let mut events = Some(client.subscribe());
    let mut signals = Signals::new();
    let mut frames = Frames::default();
    let mut gallery = Gallery::new(setup.pictures);
    model.engine.connected = true;
    model.engine.remote = client.is_remote();
    frames.request();

    let mut pending = refresh(&model);
    pending.extend(setup.start.orders(&mut model));
    loop {
        for cmd in std::mem::take(&mut pending) {
            let flow =
                execute(&mut screen, &hands, &setup, &mut keys, &mut model, &mut frames, cmd)
                    .await?;
            if flow == Flow::Quit {
                drop(watcher);
                return Ok(model);
            }
        }
        let now = born.elapsed();
        if frames.wait(now) == Some(Duration::ZERO) {
            model.clock = model.clock.max(now.as_secs_f64());
            screen
                .draw(model.size, |frame| {
                    view::draw(&model, frame);
                    gallery.hang(&model, frame);
                })
                .map_err(|error| gone(&error))?;
            frames.drawn(now);
        }
        let until_frame = frames.wait(born.elapsed());
        let until_wake = next_wake(&model).map(|at| {
            Duration::from_secs_f64((at - born.elapsed().as_secs_f64()).clamp(0.0, 3_600.0))
        });
        let sleep = [until_frame, until_wake].into_iter().flatten().min().unwrap_or(LONGEST_SLEEP);
        let msg = tokio::select! {
            biased;
            msg = signals.next() => msg,
            key = next_key(&mut keys) => key,
            Some(msg) = answers.recv() => Some(msg),
            event = next_event(&mut events) => Some(match event {
                Some(event) => Msg::Event(Box::new(event)),
                None => {
                    events = None;
                    hands.reconnect();
                    Msg::Disconnected
                }
            }),
            () = tokio::time::sleep(sleep) => None,
        };
        let clock = born.elapsed().as_secs_f64();
        let moved = next_wake(&model).is_some_and(|at| at <= clock);
        pending.extend(update(&mut model, Msg::Tick(clock)));
        if moved {
            frames.request();
        }
        let Some(msg) = msg else { continue };
        match msg {
            Msg::Key(_) | Msg::Mouse(_) | Msg::Paste(_) | Msg::Resize(..) => frames.urge(),
            _ => frames.request(),
        }
        let connected = matches!(msg, Msg::Connected);
        pending.extend(update(&mut model, msg));
        if connected && events.is_none() {
            events = Some(hands.client().subscribe());
        }
        // Whatever else is there already is taken before the next frame, so that a burst is drawn once.
        for _ in 0..MOST_AT_ONCE {
            let Ok(msg) = answers.try_recv() else { break };
            pending.extend(update(&mut model, msg));
        }
    }
}

/// Whether the loop goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Quit,
}

/// Does an order: what belongs to the terminal here, everything else by the hands.
async fn execute(
    screen: &mut Screen,
    hands: &Hands,
    setup: &Setup,
    keys: &mut Option<EventStream>,
    model: &mut Model,
    frames: &mut Frames,
    cmd: Cmd,
) -> Result<Flow, Fault> {
    let done = match cmd {
        Cmd::Quit => return Ok(Flow::Quit),
        Cmd::Redraw => screen.clear(),
        Cmd::Suspend => {
            // The reader goes first, or it would take keys that are meant for the shell.
            *keys = None;
            screen.leave();
            terminal::stop_for_shell();
            let entered = screen.enter();
            *keys = Some(EventStream::new());
            model.size = screen.size();
            entered
        }
        Cmd::Edit(text) => {
            *keys = None;
            screen.leave();
            let edited = super::editor::edit(&text).await;
            let entered = screen.enter();
            *keys = Some(EventStream::new());
            model.size = screen.size();
            hands.say(Msg::Edited(edited)).await;
            entered
        }
        Cmd::Copy(text) => match screen.copy(&text) {
            Ok(true) => Ok(()),
            Ok(false) => {
                let fault = Fault::new(
                    FaultKind::Invalid,
                    "it is too long for the clipboard of a terminal",
                );
                hands.fail("copy it", fault).await;
                Ok(())
            }
            Err(error) => Err(error),
        },
        Cmd::Notify(title, text) => screen.send(&setup.notices.sequence(&title, &text)),
        Cmd::Progress(share) => screen.send(&setup.notices.progress(share)),
        Cmd::Bell => screen.send("\u{7}"),
        Cmd::Mouse(on) => screen.set_mouse(on),
        other => {
            hands.run(other).await;
            return Ok(Flow::On);
        }
    };
    frames.request();
    done.map_err(|error| gone(&error))?;
    Ok(Flow::On)
}

fn gone(error: &std::io::Error) -> Fault {
    Fault::new(FaultKind::Internal, format!("the terminal is gone: {error}"))
        .with_hint("nothing is lost; `timbre --resume` goes on")
}

/// The next thing that the user does. A terminal that is gone ends the program.
async fn next_key(keys: &mut Option<EventStream>) -> Option<Msg> {
    let Some(stream) = keys else { return std::future::pending().await };
    match stream.next().await {
        Some(Ok(TerminalEvent::Key(key))) => Some(Msg::Key(key)),
        Some(Ok(TerminalEvent::Mouse(mouse))) => Some(Msg::Mouse(mouse)),
        Some(Ok(TerminalEvent::Paste(text))) => Some(Msg::Paste(text)),
        Some(Ok(TerminalEvent::Resize(columns, rows))) => Some(Msg::Resize(columns, rows)),
        Some(Ok(TerminalEvent::FocusGained)) => Some(Msg::Focused(true)),
        Some(Ok(TerminalEvent::FocusLost)) => Some(Msg::Focused(false)),
        Some(Err(_)) | None => Some(Msg::Terminate),
    }
}

async fn next_event(events: &mut Option<crate::client::Events>) -> Option<crate::protocol::Event> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}

/// SIGTERM and SIGHUP end the program as if the user had; SIGINT does not come in raw mode, and counts the same.
struct Signals {
    #[cfg(unix)]
    streams: Vec<tokio::signal::unix::Signal>,
    /// SIGWINCH. crossterm tells of it too, but loses one that comes together with a key or with another one.
    #[cfg(unix)]
    resizes: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    fn new() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let kinds = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()];
            Self {
                streams: kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect(),
                resizes: signal(SignalKind::window_change()).ok(),
            }
        }
        #[cfg(not(unix))]
        Self {}
    }

    async fn next(&mut self) -> Option<Msg> {
        #[cfg(unix)]
        {
            let Self { streams, resizes } = self;
            let resized = async {
                match resizes {
                    Some(resizes) => resizes.recv().await,
                    None => std::future::pending().await,
                }
            };
            let ended = async {
                if streams.is_empty() {
                    return std::future::pending().await;
                }
                let streams = streams.iter_mut().map(|stream| Box::pin(stream.recv()));
                futures_util::future::select_all(streams).await;
            };
            tokio::select! {
                () = ended => Some(Msg::Terminate),
                _ = resized => {
                    let (columns, rows) = crossterm::terminal::size().ok()?;
                    Some(Msg::Resize(columns, rows))
                }
            }
        }
        #[cfg(not(unix))]
        match tokio::signal::ctrl_c().await {
            Ok(()) => Some(Msg::Terminate),
            Err(_) => std::future::pending().await,
        }
    }
}
