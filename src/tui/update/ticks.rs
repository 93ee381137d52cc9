//! Time: what happens by itself, and when the loop has to look again.

use super::super::model::Model;
use super::super::msg::Cmd;

/// How often a line moves that says that something goes on, in seconds.
const SPIN_S: f64 = 0.1;
/// How often a picture is wanted while music runs, in seconds.
const PLAY_S: f64 = 1.0 / 60.0;

/// Time has passed.
pub(super) fn pass(model: &mut Model, clock: f64) -> Vec<Cmd> {
    model.clock = model.clock.max(clock);
    let clock = model.clock;
    model.toasts.retain(|toast| toast.until > clock);
    let mut cmds = Vec::new();
    if model.composer.ask_at.is_some_and(|at| at <= clock) && model.engine.connected {
        model.composer.ask_at = None;
        model.composer.question += 1;
        let text = model.composer.unfolded();
        let request = model.settings.request(text.trim());
        cmds.push(Cmd::ReadBrief(model.composer.question, Box::new(request)));
    }
    cmds
}

/// When something will happen by itself, in seconds on the model's clock; `None` where nothing will, and the program sleeps.
pub fn next_wake(model: &Model) -> Option<f64> {
    let toasts = model.toasts.iter().map(|toast| toast.until);
    let brief = model.composer.ask_at.filter(|_| model.engine.connected);
    let spinning = model.look.motion && model.jobs.values().any(|job| !job.phase.is_final());
    let spin = spinning.then_some(model.clock + SPIN_S);
    let play = (model.look.motion && model.sound.is_playing()).then_some(model.clock + PLAY_S);
    toasts.chain(brief).chain(spin).chain(play).min_by(f64::total_cmp)
}
