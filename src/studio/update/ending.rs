//! Decisions on the end of the studio: what still has to happen before it may leave.

use crate::model::job::JobId;

use super::super::effect::Effect;
use super::super::handle::Shutdown;
use super::super::input::{About, Write};
use super::super::state::{Ending, State};
use super::{job, write};

pub(super) fn begin(state: &mut State, how: Shutdown) -> Vec<Effect> {
    if state.ending.is_some_and(|ending| ending.how == how || ending.handing_back) {
        return Vec::new();
    }
    state.ending = Some(Ending { how, handing_back: false });
    let mut effects = Vec::new();
    match how {
        Shutdown::Finish => effects.extend(job::claim(state)),
        Shutdown::Requeue => effects.extend(stop_all(state)),
        Shutdown::Cancel => {
            // The wish is in the library before anything stops, so a crash on the way does not bring the jobs back.
            let own = state.own.iter().cloned().collect::<Vec<_>>();
            effects.extend(own.into_iter().map(|id| write(About::Call, Write::Cancel(id))));
            effects.extend(stop_all(state));
        }
    }
    effects.extend(step(state));
    effects
}

fn stop_all(state: &mut State) -> Vec<Effect> {
    let ids = state.running.keys().cloned().collect::<Vec<_>>();
    let mut effects = ids.iter().filter_map(|id| job::stop(state, id)).collect::<Vec<_>>();
    effects.push(Effect::StopTasks);
    effects
}

/// Whether a job that was stopped goes back into the queue and is not cancelled.
pub(super) fn keeps(state: &State, id: &JobId) -> bool {
    match state.ending.map(|ending| ending.how) {
        Some(Shutdown::Requeue) => true,
        Some(Shutdown::Cancel) => !state.own.contains(id),
        Some(Shutdown::Finish) | None => false,
    }
}

/// Goes on with the end, if there is one and nothing is in its way.
pub(super) fn step(state: &mut State) -> Vec<Effect> {
    let waits_for_own =
        |ending: Ending| ending.how == Shutdown::Finish && !state.own.is_empty() && state.slots > 0;
    let is_idle = state.running.is_empty() && state.tasks == 0 && !state.claiming;
    match state.ending {
        Some(ending) if is_idle && !ending.handing_back && !waits_for_own(ending) => {
            state.ending = Some(Ending { handing_back: true, ..ending });
            vec![write(About::HandBack, Write::HandBack)]
        }
        _ => Vec::new(),
    }
}
