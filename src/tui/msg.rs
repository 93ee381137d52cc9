//! What comes into the loop, and what goes out of it: two closed enums.

use std::path::PathBuf;

use crossterm::event::{KeyEvent, MouseEvent};

use super::keymap::Keymap;
use super::theme::Theme;
use crate::model::backend::BackendInfo;
use crate::model::brief::Brief;
use crate::model::card::TakeCard;
use crate::model::graph::GraphSpec;
use crate::model::job::{Fault, Job};
use crate::model::node_data::NodeData;
use crate::model::request::Request;
use crate::model::session::Session;
use crate::protocol::Event;
use crate::protocol::device::{AudioStatus, DeviceEntry};
use crate::protocol::engine::EngineStatusResponse;
use crate::protocol::graph::NodeTypeInfo;
use crate::protocol::library::PresetEntry;
use crate::protocol::listen::{
    PlayerState, Quantum, Score, TakeLoudnessResponse, TakePeaksResponse, TakeSpectrogramResponse,
};
use crate::protocol::transcript::{Change, SessionTranscriptResponse};
use crate::protocol::transport::{Position, Region};

/// Something that has happened. Nothing else changes a [`super::Model`].
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed (or repeated).
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size: columns, rows.
    Resize(u16, u16),
    /// The terminal has the focus, or not.
    Focused(bool),
    /// Time has passed; seconds since the start.
    Tick(f64),
    /// The engine tells something.
    Event(Box<Event>),
    /// An answer, or what went wrong instead.
    Answer(Box<Answer>),
    /// An editor was used on the composer's text.
    Edited(Result<String, String>),
    /// Themes, keys or settings were changed on disk.
    Reload,
    /// The process was told to end.
    Terminate,
    /// The engine is gone.
    Disconnected,
    /// The engine is back.
    Connected,
}

/// What came back from a [`Cmd`].
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It could not be done. What was wanted, in plain words, and why not.
    Failed {
        /// Such as `play the take`.
        what: String,
        /// Why.
        fault: Fault,
    },
    /// It was done, and there is nothing more to say than this (may be empty).
    Done(String),
    /// The state of library, queue and sound.
    Status(Box<EngineStatusResponse>),
    /// The backends, and the default one.
    Backends(Vec<BackendInfo>, String),
    /// The presets.
    Presets(Vec<PresetEntry>),
    /// The devices: all, and the one that plays.
    Devices(Vec<DeviceEntry>, Option<String>),
    /// A page of a conversation; whether it is an older page of the one that is shown.
    Transcript(Box<SessionTranscriptResponse>, bool),
    /// Sessions, newest first.
    Sessions(Vec<Session>),
    /// A session was made, forked or renamed, and is to be shown.
    Session(Session),
    /// Jobs were put into the queue.
    Submitted(Vec<Job>, Vec<String>),
    /// All jobs that wait or run.
    Queue(Vec<Job>),
    /// What was understood of the text in the composer; the number is that of the question.
    Brief(u64, Box<Brief>),
    /// A page of the library: takes, and whether there are more.
    Library(Vec<TakeCard>, bool),
    /// Old prompts, newest first.
    History(Vec<String>),
    /// A take has been changed.
    Take(Box<TakeCard>),
    /// The peaks of a take: for the row where the flag is false, for the zoomed view where it is true.
    Peaks(String, Box<TakePeaksResponse>, bool),
    /// The spectrogram of a take.
    Spectrogram(String, Box<TakeSpectrogramResponse>),
    /// The loudness of a take.
    Loudness(String, Box<TakeLoudnessResponse>),
    /// The score of a take.
    Score(String, Option<Box<Score>>),
    /// A curve of a take could not be had: `peaks`, `spectrogram`, `loudness` or `score`.
    NoCurve(String, &'static str, Fault),
    /// What plays.
    Player(Box<PlayerState>),
    /// The sound's state.
    Audio(Box<AudioStatus>),
    /// What nodes measure, by node.
    Nodes(Vec<(String, NodeData)>),
    /// The graph that plays.
    Graph(Box<GraphSpec>),
    /// The types of nodes.
    NodeTypes(Vec<NodeTypeInfo>),
    /// Another theme, and what is odd about its file.
    Theme(Box<Theme>, Vec<String>),
    /// Other keys.
    Keys(Box<Keymap>),
    /// Lines for the transcript, such as those of `/doctor`.
    Report(String, Vec<String>),
}

/// Something to be done by the loop's hands. Plain data: tests compare it.
#[derive(Debug, Clone, PartialEq)]
pub enum Cmd {
    /// End the program.
    Quit,
    /// Draw everything anew, the terminal's own state included.
    Redraw,
    /// Stop the process for the shell, as Ctrl-Z does.
    Suspend,
    /// Let the user's editor work on this text.
    Edit(String),
    /// Put this text into the clipboard (OSC 52).
    Copy(String),
    /// Tell the desktop: title and text.
    Notify(String, String),
    /// Show progress in the terminal's own indicator (OSC 9;4): 0 to 1, or none.
    Progress(Option<f64>),
    /// Ring the bell.
    Bell,
    /// Turn the mouse on or off.
    Mouse(bool),
    /// Ask for library, queue and sound.
    LoadStatus,
    /// Ask for the backends.
    LoadBackends,
    /// Ask for the presets.
    LoadPresets,
    /// Ask for the devices.
    LoadDevices,
    /// Ask for the queue.
    LoadQueue,
    /// Ask for old prompts.
    LoadHistory,
    /// Ask for the sessions.
    LoadSessions,
    /// Ask for a page of a conversation: of which session, and before which entry.
    LoadTranscript {
        /// The session.
        session: String,
        /// Older than this entry.
        before: Option<String>,
    },
    /// Ask for takes of the library that match.
    LoadLibrary {
        /// Words to search.
        search: String,
        /// How many.
        limit: u32,
    },
    /// Ask for a take's peaks.
    LoadPeaks {
        /// The take.
        take: String,
        /// Columns.
        columns: u32,
        /// Frames, the whole file where open; open for rows, set for the zoomed view.
        range: Option<(u64, u64)>,
    },
    /// Ask for a take's spectrogram.
    LoadSpectrogram {
        /// The take.
        take: String,
        /// Columns.
        columns: u32,
        /// Bands.
        bands: u32,
        /// Frames, the whole file where open.
        range: Option<(u64, u64)>,
    },
    /// Ask for a take's loudness.
    LoadLoudness {
        /// The take.
        take: String,
        /// Points.
        points: u32,
    },
    /// Ask for a take's score.
    LoadScore(String),
    /// Ask for the graph that plays.
    LoadGraph,
    /// Ask for the types of nodes.
    LoadNodeTypes,
    /// Ask what plays.
    LoadPlayer,
    /// Ask nodes what they measure.
    LoadNodes(Vec<String>),
    /// Ask what is understood of a request; the number comes back.
    ReadBrief(u64, Box<Request>),
    /// Put a request into the queue.
    Submit {
        /// The request.
        request: Box<Request>,
        /// How many takes.
        takes: u32,
        /// The session; a new one where open.
        session: Option<String>,
        /// The take it starts from.
        parent: Option<String>,
    },
    /// Make a take from a take.
    Derive {
        /// The take.
        take: String,
        /// What is different.
        changes: Vec<Change>,
        /// How many takes.
        takes: u32,
        /// The session.
        session: Option<String>,
    },
    /// Cancel a job.
    Cancel(String),
    /// Put a job back into the queue.
    Retry(String),
    /// Move a waiting job.
    Reorder(String, u32),
    /// Open takes for playing.
    Open {
        /// Takes or paths.
        sources: Vec<String>,
        /// By its parts.
        parts: bool,
        /// Preset with the chain.
        chain: Option<String>,
        /// Tempo to play at.
        bpm: Option<f64>,
        /// Whether it starts at once.
        start: bool,
        /// Where from.
        at: Option<Position>,
        /// Whether what plays plays on, where the list begins with it.
        keep: bool,
    },
    /// Start the music.
    Play,
    /// Stop the music.
    Stop,
    /// Close what plays.
    Close,
    /// Go somewhere.
    Seek(Position, Quantum),
    /// Loop a stretch, or nothing.
    Loop(Option<Region>),
    /// Set the tempo of what plays, in BPM.
    SetTempo(f64),
    /// Go to another recording of the list.
    Skip(i32, Quantum),
    /// Mute, solo, level and place of a part.
    SetPart {
        /// The part.
        part: String,
        /// Mute.
        mute: Option<bool>,
        /// Solo.
        solo: Option<bool>,
        /// Level in dB.
        gain_db: Option<f64>,
        /// Place, -1 to 1.
        pan: Option<f64>,
    },
    /// Play takes side by side.
    Compare {
        /// The takes.
        takes: Vec<String>,
        /// Without their names.
        blind: bool,
        /// Preset with the chain.
        chain: Option<String>,
    },
    /// Hear another one of them.
    Switch(u32, Quantum),
    /// Decide: the best one, or none.
    Verdict(Option<u32>, String),
    /// Move a param of a node that plays.
    SetParam {
        /// The node.
        node: String,
        /// The param.
        param: String,
        /// The value, in its unit.
        value: f64,
    },
    /// Take back the last change of the graph.
    UndoGraph,
    /// Do it again.
    RedoGraph,
    /// Rate a take, 0 to 5.
    Rate(String, u8),
    /// Write a note on a take.
    Note(String, String),
    /// Name a take.
    Name(String, String),
    /// Add and remove tags.
    Tag {
        /// The take.
        take: String,
        /// To add.
        add: Vec<String>,
        /// To remove.
        remove: Vec<String>,
    },
    /// Take a take out of the library; whether its files go too.
    Delete(String, bool),
    /// Write a take in another format.
    Export {
        /// The take.
        take: String,
        /// `wav`, `flac` or `mp3`.
        format: String,
        /// Where to, as typed.
        path: Option<String>,
        /// Whether a file may be replaced.
        overwrite: bool,
    },
    /// Begin a session.
    NewSession(String),
    /// Fork a session at a job.
    Fork {
        /// The session.
        session: String,
        /// The last job that both share.
        at: Option<String>,
        /// Title.
        title: String,
    },
    /// Give a session a title.
    RenameSession(String, String),
    /// Write words into the session.
    SessionNote(String, String),
    /// Choose a device.
    SelectDevice(String),
    /// Check that all is well.
    Doctor,
    /// Use another theme.
    LoadTheme(String),
    /// Read the user's keys anew.
    LoadKeys(PathBuf),
}
