//! What travels between the two halves of the engine, and the queues for it.

use super::super::node::Event;
use super::super::transport::Grid;
use super::swap::Swap;
use super::{Snapshot, Xrun};

/// Commands that may wait for the audio thread. With more, the caller is told to try again.
pub(super) const COMMANDS: usize = 4_096;
/// Old plans that may wait to be freed. With more, no new plan is taken over until there is room.
pub(super) const GARBAGE: usize = 64;
/// News that may wait to be read; what finds no room is dropped, for the counts in the snapshot tell as well.
pub(super) const NEWS: usize = 1_024;

/// An order to the audio thread.
pub(super) enum Command {
    /// Take over another plan, another song, or both.
    Swap(Box<Swap>),
    /// An event for a node, now.
    Event {
        /// The node.
        key: u32,
        /// What happens.
        event: Event,
    },
    /// Run, after a count-in of so many frames.
    Play(u64),
    /// Stand.
    Stop,
    /// Go to a frame.
    Seek(u64),
    /// Go to a frame on the next bar or beat.
    Leap {
        /// Where to.
        to: u64,
        /// When.
        grid: Grid,
    },
    /// Loop between two frames, or not at all.
    Region(Option<(u64, u64)>),
    /// Release all notes.
    AllNotesOff,
    /// End all sound: notes, tails, echoes.
    Panic,
}

/// News from the audio thread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum News {
    /// A node has broken down, so many times until now.
    Broken { key: u32, times: u32 },
    /// A node's latency has changed.
    Latency { key: u32, frames: u32 },
    /// Time was lost.
    Xrun(Xrun),
    /// A jump that waited has been made.
    Leapt,
    /// The song is over.
    Ended,
}

/// The controller's ends of the queues.
pub(super) struct ControlEnds {
    pub(super) commands: rtrb::Producer<Command>,
    pub(super) garbage: rtrb::Consumer<Box<Swap>>,
    pub(super) news: rtrb::Consumer<News>,
    pub(super) snapshot: triple_buffer::Output<Snapshot>,
}

/// The audio thread's ends.
pub(super) struct AudioEnds {
    pub(super) commands: rtrb::Consumer<Command>,
    pub(super) garbage: rtrb::Producer<Box<Swap>>,
    pub(super) news: rtrb::Producer<News>,
    pub(super) snapshot: triple_buffer::Input<Snapshot>,
}

/// All queues of an engine.
pub(super) fn queues() -> (ControlEnds, AudioEnds) {
    let (commands, commands_out) = rtrb::RingBuffer::new(COMMANDS);
    let (garbage, garbage_out) = rtrb::RingBuffer::new(GARBAGE);
    let (news, news_out) = rtrb::RingBuffer::new(NEWS);
    let (snapshot, snapshot_out) = triple_buffer::triple_buffer(&Snapshot::default());
    (
        ControlEnds { commands, garbage: garbage_out, news: news_out, snapshot: snapshot_out },
        AudioEnds { commands: commands_out, garbage, news, snapshot },
    )
}
