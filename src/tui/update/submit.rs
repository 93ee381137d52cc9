//! Sending the line: a slash command, or a prompt.

use super::super::action::{Action, ActionError, EditWish};
use super::super::model::panes::Overlay;
use super::super::model::{Model, Weight};
use super::super::msg::Cmd;
use super::{make, run_line, toast};
use crate::model::request::MAX_PROMPT_BYTES;

/// Sends what is in the composer. A command that makes no sense stays there, so that it can be put right.
pub(super) fn submit(model: &mut Model) -> Vec<Cmd> {
    if model.composer.continue_line() {
        return Vec::new();
    }
    let text = model.composer.text();
    let line = text.trim();
    if line.is_empty() {
        return Vec::new();
    }
    if line.starts_with('/') && !line.contains('\n') {
        let line = line.to_owned();
        // The beginning of a name becomes the name that is chosen in the popup; the next Enter runs it.
        let unknown = matches!(Action::parse(&line), Err(ActionError::Unknown { .. }));
        if unknown && model.composer.completion.is_some() {
            return super::act(model, Action::Edit(EditWish::Complete));
        }
        let (understood, cmds) = run_line(model, &line);
        // A command such as `/session open` may have put its own words into the composer.
        if understood && model.composer.text() == text {
            model.composer.take();
        }
        super::keys::typed(model);
        return cmds;
    }
    if model.composer.unfolded().len() > MAX_PROMPT_BYTES {
        let hint =
            format!("a prompt has at most {MAX_PROMPT_BYTES} bytes; Ctrl-G opens it in an editor");
        toast(model, Weight::Bad, "The prompt is too long", &hint);
        return Vec::new();
    }
    let prompt = model.composer.take();
    super::keys::typed(model);
    model.overlays.retain(|overlay| !matches!(overlay, Overlay::Welcome));
    make::generate(model, prompt.trim())
}
