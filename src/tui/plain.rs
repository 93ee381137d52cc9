//! The line mode: every function without a screen, for screen readers, dumb terminals and pipes. A line goes in, lines come
//! out, and nothing that was written is ever touched again.
//!
//! It is the same model under the same [`update`]; only what draws is another: [`narrator`] says what has become new, and
//! [`describe`] puts panes and views into words.

pub mod describe;
pub mod narrator;

use std::io::Write;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufRead, AsyncBufReadExt};
use tokio::sync::mpsc;

use super::action::Action;
use super::exec::Hands;
use super::model::panes::Overlay;
use super::model::{Focus, Model};
use super::msg::{Cmd, Msg};
use super::run::Setup;
use super::update::{act, next_wake, refresh, update};
use crate::client::{Client, Events};
use crate::model::job::{Fault, FaultKind};
use narrator::Narrator;

/// Answers that may wait.
const ANSWERS: usize = 1_024;
/// Longest sleep.
const LONGEST_SLEEP: Duration = Duration::from_secs(3_600);
/// How long the engine may be silent, before a script's next line is taken, in which answers to the last one come.
const CALM: Duration = Duration::from_millis(150);

/// Reads lines until they end or one of them is `/quit`. Where `script` is set, each line waits for what the one before it
/// has begun: jobs are finished before the next line is read, and the last ones before the end.
///
/// Errors: `Unwritable` where nobody reads what is said.
pub async fn run(
    client: Client,
    mut model: Model,
    setup: Setup,
    input: impl AsyncBufRead + Unpin,
    mut out: impl Write,
    script: bool,
) -> Result<Model, Fault> {
    let born = Instant::now();
    let (sender, mut answers) = mpsc::channel(ANSWERS);
    let hands = Hands::new(client.clone(), sender.clone(), &setup);
    let mut events = Some(client.subscribe());
    let mut lines = Some(input.lines());
    let mut narrator = Narrator::new();
    let mut ending = std::pin::pin!(told_to_end());
    model.engine.connected = true;
    model.engine.remote = client.is_remote();
    model.look.motion = false;
    // There is no first screen; what it says is in the greeting.
    model.welcomed = true;
    say(&mut out, &[narrator::GREETING.to_owned()])?;
    let mut pending = refresh(&model);
    pending.extend(setup.start.orders(&mut model));
    let mut last_news = Instant::now();
    loop {
        for cmd in std::mem::take(&mut pending) {
            match cmd {
                Cmd::Quit => {
                    say(&mut out, &narrator.news(&model))?;
                    return Ok(model);
                }
                Cmd::Redraw | Cmd::Suspend | Cmd::Mouse(_) | Cmd::Progress(_) => {}
                Cmd::Bell | Cmd::Notify(..) => {}
                Cmd::Copy(text) => say(&mut out, &[text])?,
                Cmd::Edit(text) => {
                    let edited = super::editor::edit(&text).await;
                    hands.say(Msg::Edited(edited)).await;
                }
                other => hands.run(other).await,
            }
        }
        say(&mut out, &narrator.news(&model))?;
        // A pane is told of when what it asked for has come.
        let pane_waits =
            !hands.are_idle() && (model.focus == Focus::Inspector || model.big.is_some());
        if !pane_waits {
            settle_panes(&mut model, &mut out)?;
        }
        let busy = model.jobs.values().any(|job| !job.phase.is_final());
        let calm = CALM.saturating_sub(last_news.elapsed());
        let busy = busy || !hands.are_idle();
        let may_read = !script || (!busy && calm.is_zero());
        if lines.is_none() && may_read {
            return Ok(model);
        }
        let wake = next_wake(&model).map(|at| {
            Duration::from_secs_f64((at - born.elapsed().as_secs_f64()).clamp(0.0, 3_600.0))
        });
        let wait = (pane_waits || (script && !may_read)).then_some(CALM);
        let sleep = [wake, wait].into_iter().flatten().min().unwrap_or(LONGEST_SLEEP);
        let msg = tokio::select! {
            biased;
            () = &mut ending => Some(Msg::Terminate),
            Some(msg) = answers.recv() => Some(msg),
            event = next_event(&mut events) => Some(match event {
                Some(event) => Msg::Event(Box::new(event)),
                None => {
                    events = None;
                    hands.reconnect();
                    Msg::Disconnected
                }
            }),
            line = next_line(&mut lines, may_read) => {
                match line {
                    Some(line) => {
                        last_news = Instant::now();
                        pending.extend(take_line(&mut model, &line));
                    }
                    None => lines = None,
                }
                None
            }
            () = tokio::time::sleep(sleep) => None,
        };
        pending.extend(update(&mut model, Msg::Tick(born.elapsed().as_secs_f64())));
        let Some(msg) = msg else { continue };
        if !matches!(&msg, Msg::Event(event) if matches!(**event, crate::protocol::Event::EngineStatus(_)))
        {
            last_news = Instant::now();
        }
        let connected = matches!(msg, Msg::Connected);
        pending.extend(update(&mut model, msg));
        if connected && events.is_none() {
            events = Some(hands.client().subscribe());
        }
    }
}

/// What a line means: an answer where a question is open, a choice where a list is, else what it means in the composer.
pub fn take_line(model: &mut Model, line: &str) -> Vec<Cmd> {
    let line = crate::util::text::clean(line);
    let line = line.trim();
    match model.overlays.last_mut() {
        Some(Overlay::Confirm { .. }) => {
            let yes = matches!(line.to_lowercase().as_str(), "y" | "yes");
            return act(model, if yes { Action::Select } else { Action::Back });
        }
        Some(Overlay::Palette(picker) | Overlay::Pick(picker)) => {
            if line.is_empty() {
                return act(model, Action::Back);
            }
            match line.parse::<usize>() {
                Ok(number) if (1..=picker.matches.len()).contains(&number) => {
                    picker.chosen = number - 1;
                    let cmds = act(model, Action::Select);
                    // A row that is to be completed by typing leaves its beginning behind; here it is said instead.
                    let begun = model.composer.text();
                    if !begun.is_empty() {
                        model.composer.clear();
                        super::update::inform(model, &format!("Type {begun}and what is missing"));
                    }
                    return cmds;
                }
                _ if line.starts_with('/') => {
                    model.overlays.clear();
                }
                _ => {
                    picker.query = line.to_owned();
                    picker.filter();
                    return Vec::new();
                }
            }
        }
        Some(_) => {
            model.overlays.pop();
        }
        None => {}
    }
    if line.is_empty() {
        return Vec::new();
    }
    model.focus = Focus::Composer;
    model.composer.set_text(line);
    let cmds = act(model, Action::Submit);
    // What was refused was told; a line mode has no line that could be put right.
    model.composer.clear();
    cmds
}

/// Says what a pane or view that was asked for holds, and puts it away: here nothing stays on a screen.
fn settle_panes(model: &mut Model, out: &mut impl Write) -> Result<(), Fault> {
    if model.focus == Focus::Inspector {
        say(out, &describe::pane(model))?;
        model.focus = Focus::Composer;
        model.inspector.searching = false;
    }
    if let Some(lines) = describe::view(model) {
        say(out, &lines)?;
        model.big = None;
        model.focus = Focus::Composer;
    }
    if let Some(Overlay::Help { .. } | Overlay::Tour(_)) = model.overlays.last() {
        let lines = describe::overlay(model);
        model.overlays.pop();
        say(out, &lines)?;
    }
    Ok(())
}

fn say(out: &mut impl Write, lines: &[String]) -> Result<(), Fault> {
    if lines.is_empty() {
        return Ok(());
    }
    let said =
        lines.iter().try_for_each(|line| writeln!(out, "{}", crate::util::text::one_line(line)));
    said.and_then(|()| out.flush()).map_err(|error| {
        Fault::new(FaultKind::Unwritable, format!("nobody reads what is said: {error}"))
    })
}

async fn next_line<R: AsyncBufRead + Unpin>(
    lines: &mut Option<tokio::io::Lines<R>>,
    may_read: bool,
) -> Option<String> {
    match lines {
        Some(lines) if may_read => lines.next_line().await.ok().flatten(),
        _ => std::future::pending().await,
    }
}

async fn next_event(events: &mut Option<Events>) -> Option<crate::protocol::Event> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}

/// SIGINT, SIGTERM and SIGHUP end the line mode as `/quit` does.
async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let mut streams =
            kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect::<Vec<_>>();
        if streams.is_empty() {
            return std::future::pending().await;
        }
        let waits = streams.iter_mut().map(|stream| Box::pin(stream.recv()));
        futures_util::future::select_all(waits).await;
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
