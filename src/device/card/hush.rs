//! Keeps the system's sound library from writing to the terminal: what it finds wrong is in the errors that it returns,
//! and a machine without a card would print a page at every look.

pub(super) use system::hush;

#[cfg(target_os = "linux")]
mod system {
    /// Lets ALSA keep its remarks to itself on this thread. Called before each use, which also drops what it has kept since
    /// the call before. Thread: control.
    pub(in super::super) fn hush() {
        if let Err(error) = alsa::Output::local_error_handler() {
            tracing::debug!("ALSA goes on writing to the terminal: {error}");
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    /// Other systems' libraries are quiet by themselves.
    pub(in super::super) fn hush() {}
}
