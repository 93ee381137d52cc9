//! The method table: the one place where a method of the protocol is born, with its name, params, response and class.
//!
//! From a row come a type that implements [`Method`] (for typed callers), a variant of [`Call`] (for the dispatcher,
//! which must match every one of them), and an entry of [`TABLE`] (for the documentation). Names are
//! `<resource>/<verb>`, the resource in the singular.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::job::{Fault, FaultKind};

use super::device::{
    DeviceListParams, DeviceListResponse, DeviceProbeParams, DeviceProbeResponse,
    DeviceSelectParams, DeviceSelectResponse,
};
use super::engine::{
    BackendListParams, BackendListResponse, BriefReadParams, BriefReadResponse, ConfigGetParams,
    ConfigGetResponse, EnginePingParams, EnginePingResponse, EngineStatusParams,
    EngineStatusResponse,
};
use super::graph::{
    GraphConnectParams, GraphDisconnectParams, GraphGetParams, GraphRedoParams, GraphResponse,
    GraphSetParams, GraphUndoParams, NodeAddParams, NodeDataParams, NodeDataResponse,
    NodeGetStateParams, NodeGetStateResponse, NodeListTypesParams, NodeListTypesResponse,
    NodeRemoveParams, NodeSetParamParams, NodeSetParamResponse, NodeSetStateParams,
};
use super::job::{
    JobCancelParams, JobGetParams, JobListParams, JobListResponse, JobReorderParams,
    JobReorderResponse, JobResponse, JobRetryParams, JobSubmitParams, JobSubmitResponse,
};
use super::library::{
    PresetGetParams, PresetGetResponse, PresetListParams, PresetListResponse, SessionCreateParams,
    SessionCreateResponse, SessionGetParams, SessionGetResponse, SessionListParams,
    SessionListResponse,
};
use super::listen::{
    PlayerCompareParams, PlayerGetParams, PlayerSetPartParams, PlayerSkipParams, PlayerState,
    PlayerSwitchParams, PlayerVerdictParams, TakeLoudnessParams, TakeLoudnessResponse,
    TakePeaksParams, TakePeaksResponse, TakeScoreParams, TakeScoreResponse, TakeSpectrogramParams,
    TakeSpectrogramResponse, VerdictListParams, VerdictListResponse,
};
use super::player::{
    PlayerCloseParams, PlayerCloseResponse, PlayerOpenParams, PlayerOpenResponse,
    RenderOfflineParams, RenderOfflineResponse,
};
use super::take::{
    TakeDeleteParams, TakeDeleteResponse, TakeExportParams, TakeExportResponse, TakeGetParams,
    TakeInspectParams, TakeInspectResponse, TakeListParams, TakeListResponse, TakeRateParams,
    TakeReplayParams, TakeReplayResponse, TakeResponse, TakeTagParams,
};
use super::transcript::{
    EngineShutdownParams, EngineShutdownResponse, PromptHistoryParams, PromptHistoryResponse,
    SessionForkParams, SessionNoteParams, SessionNoteResponse, SessionRenameParams,
    SessionResponse, SessionTranscriptParams, SessionTranscriptResponse, TakeDeriveParams,
    TakeDeriveResponse, TakeNameParams,
};
use super::transport::{
    NoteAllOffParams, NoteOffParams, NoteOnParams, NoteOnResponse, NoteResponse, ScheduleSetParams,
    ScheduleSetResponse, TransportGetParams, TransportPlayParams, TransportResponse,
    TransportSeekParams, TransportSetLoopParams, TransportSetTempoParams, TransportStopParams,
};

/// A method of the protocol, as a type.
pub trait Method {
    /// Name on the wire.
    const NAME: &'static str;
    /// What it takes.
    type Params: Serialize + DeserializeOwned + JsonSchema + Send;
    /// What it answers.
    type Response: Serialize + DeserializeOwned + JsonSchema + Send;
}

/// What running a method means for the caller and for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Changes nothing; answers in milliseconds.
    Read,
    /// Changes the library; answers in milliseconds, after the change is on disk. Changes happen in the order of the calls.
    Mutate,
    /// Changes what plays; answers when the audio engine has been told. Changes happen in the order of the calls.
    Live,
    /// Reads, decodes or renders whole files; answers when that is done, while other calls go on.
    Long,
}

impl Class {
    /// The word in the documentation.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Mutate => "mutate",
            Self::Live => "live",
            Self::Long => "long",
        }
    }
}

/// A row of the table, for documentation.
pub struct MethodInfo {
    /// Name on the wire.
    pub name: &'static str,
    /// Class.
    pub class: Class,
    /// What it does, one line per sentence or so.
    pub doc: &'static str,
    /// Schema of its params.
    pub params: fn(&mut SchemaGenerator) -> Schema,
    /// Schema of its response.
    pub response: fn(&mut SchemaGenerator) -> Schema,
}

macro_rules! methods {
    ($( $(#[doc = $doc:literal])+ $variant:ident => $name:literal, $class:ident, $params:ident -> $response:ident; )+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct $variant;
            impl Method for $variant {
                const NAME: &'static str = $name;
                type Params = $params;
                type Response = $response;
            }
        )+

        /// A call whose params have been read: one variant per method.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Call {
            $( $(#[doc = $doc])+ $variant($params), )+
        }

        impl Call {
            /// Reads the params of a method. Left out or `null`, params count as `{}`.
            /// Errors: `UnknownMethod` with the nearest name, `Invalid` with the place where the params go wrong.
            pub fn read(method: &str, params: serde_json::Value) -> Result<Self, Fault> {
                match method {
                    $( $name => read_params(method, params).map(Self::$variant), )+
                    _ => Err(unknown_method(method)),
                }
            }

            /// Name on the wire.
            pub fn method(&self) -> &'static str {
                match self { $( Self::$variant(_) => $name, )+ }
            }

            /// What running it means.
            pub fn class(&self) -> Class {
                match self { $( Self::$variant(_) => Class::$class, )+ }
            }
        }

        /// Every method, in the order of the documentation.
        pub const TABLE: &[MethodInfo] = &[
            $( MethodInfo {
                name: $name,
                class: Class::$class,
                doc: concat!($($doc, "\n"),+),
                params: |generator| generator.subschema_for::<$params>(),
                response: |generator| generator.subschema_for::<$response>(),
            }, )+
        ];
    };
}

methods! {
    /// Says that the engine is there, and which version it is.
    EnginePing => "engine/ping", Read, EnginePingParams -> EnginePingResponse;
    /// Describes the library and the queue, with anything the user should know of them, and the sound.
    EngineStatus => "engine/status", Read, EngineStatusParams -> EngineStatusResponse;
    /// Lists what can make takes.
    BackendList => "backend/list", Read, BackendListParams -> BackendListResponse;
    /// Tells what would be understood of a request, without rendering it.
    BriefRead => "brief/read", Read, BriefReadParams -> BriefReadResponse;
    /// Puts one or more takes of a request into the queue.
    JobSubmit => "job/submit", Mutate, JobSubmitParams -> JobSubmitResponse;
    /// Lists jobs.
    JobList => "job/list", Read, JobListParams -> JobListResponse;
    /// Gives one job.
    JobGet => "job/get", Read, JobGetParams -> JobResponse;
    /// Cancels a job that waits or runs, in whichever process it runs.
    JobCancel => "job/cancel", Mutate, JobCancelParams -> JobResponse;
    /// Puts a failed or cancelled job back into the queue.
    JobRetry => "job/retry", Mutate, JobRetryParams -> JobResponse;
    /// Moves a waiting job to another place in the queue.
    JobReorder => "job/reorder", Mutate, JobReorderParams -> JobReorderResponse;
    /// Lists and searches takes, a page at a time.
    TakeList => "take/list", Read, TakeListParams -> TakeListResponse;
    /// Gives one take.
    TakeGet => "take/get", Read, TakeGetParams -> TakeResponse;
    /// Rates a take, or writes a note on it.
    TakeRate => "take/rate", Mutate, TakeRateParams -> TakeResponse;
    /// Adds and removes tags of a take.
    TakeTag => "take/tag", Mutate, TakeTagParams -> TakeResponse;
    /// Takes a take out of the library; its files stay unless told otherwise.
    TakeDelete => "take/delete", Mutate, TakeDeleteParams -> TakeDeleteResponse;
    /// Writes a take in another format.
    TakeExport => "take/export", Long, TakeExportParams -> TakeExportResponse;
    /// Reads, measures and checks the file of a take, or any audio file.
    TakeInspect => "take/inspect", Long, TakeInspectParams -> TakeInspectResponse;
    /// Renders the recipe of a take again and compares the result.
    TakeReplay => "take/replay", Long, TakeReplayParams -> TakeReplayResponse;
    /// Lists presets.
    PresetList => "preset/list", Read, PresetListParams -> PresetListResponse;
    /// Gives one preset.
    PresetGet => "preset/get", Read, PresetGetParams -> PresetGetResponse;
    /// Lists sessions.
    SessionList => "session/list", Read, SessionListParams -> SessionListResponse;
    /// Gives one session and its takes.
    SessionGet => "session/get", Read, SessionGetParams -> SessionGetResponse;
    /// Begins a session.
    SessionCreate => "session/create", Mutate, SessionCreateParams -> SessionCreateResponse;
    /// Gives what was asked for in a session and what came of it, a page at a time, newest page first.
    SessionTranscript => "session/transcript", Read, SessionTranscriptParams -> SessionTranscriptResponse;
    /// Writes words of the user's own into a session.
    SessionNote => "session/note", Mutate, SessionNoteParams -> SessionNoteResponse;
    /// Gives a session another title.
    SessionRename => "session/rename", Mutate, SessionRenameParams -> SessionResponse;
    /// Begins a session that goes on from a place in another one, which stays as it is.
    SessionFork => "session/fork", Mutate, SessionForkParams -> SessionResponse;
    /// Lists prompts as they were typed, newest first; at most 4 MB of text.
    PromptHistory => "prompt/history", Read, PromptHistoryParams -> PromptHistoryResponse;
    /// Gives a take another title; its files keep the one that they were written with.
    TakeName => "take/name", Mutate, TakeNameParams -> TakeResponse;
    /// Puts takes into the queue that differ from an existing one in what is said.
    TakeDerive => "take/derive", Mutate, TakeDeriveParams -> TakeDeriveResponse;
    /// Ends the engine after the answer: what runs goes back into the queue, the music stops.
    EngineShutdown => "engine/shutdown", Mutate, EngineShutdownParams -> EngineShutdownResponse;
    /// Lists settings, with where each was set.
    ConfigGet => "config/get", Read, ConfigGetParams -> ConfigGetResponse;
    /// Gives the graph that plays now.
    GraphGet => "graph/get", Read, GraphGetParams -> GraphResponse;
    /// Replaces the graph, without a click; nodes that stay go on sounding.
    GraphSet => "graph/set", Live, GraphSetParams -> GraphResponse;
    /// Connects two ports, or changes the level of their connection.
    GraphConnect => "graph/connect", Live, GraphConnectParams -> GraphResponse;
    /// Takes a connection away.
    GraphDisconnect => "graph/disconnect", Live, GraphDisconnectParams -> GraphResponse;
    /// Takes the last change of the graph back.
    GraphUndo => "graph/undo", Live, GraphUndoParams -> GraphResponse;
    /// Does again what was taken back.
    GraphRedo => "graph/redo", Live, GraphRedoParams -> GraphResponse;
    /// Adds a node.
    NodeAdd => "node/add", Live, NodeAddParams -> GraphResponse;
    /// Removes a node and its connections.
    NodeRemove => "node/remove", Live, NodeRemoveParams -> GraphResponse;
    /// Moves a param of a node.
    NodeSetParam => "node/set_param", Live, NodeSetParamParams -> NodeSetParamResponse;
    /// Gives all params and settings of a node.
    NodeGetState => "node/get_state", Read, NodeGetStateParams -> NodeGetStateResponse;
    /// Puts a node into a state that was kept.
    NodeSetState => "node/set_state", Live, NodeSetStateParams -> GraphResponse;
    /// Reads what a node measures: levels, curves, progress.
    NodeData => "node/data", Read, NodeDataParams -> NodeDataResponse;
    /// Lists the types of nodes, with their ports, params and settings.
    NodeListTypes => "node/list_types", Read, NodeListTypesParams -> NodeListTypesResponse;
    /// Starts the music.
    TransportPlay => "transport/play", Live, TransportPlayParams -> TransportResponse;
    /// Stops the music where it is; what sounds rings out.
    TransportStop => "transport/stop", Live, TransportStopParams -> TransportResponse;
    /// Goes to a place in the music.
    TransportSeek => "transport/seek", Live, TransportSeekParams -> TransportResponse;
    /// Sets what is played again and again, or ends that.
    TransportSetLoop => "transport/set_loop", Live, TransportSetLoopParams -> TransportResponse;
    /// Sets the tempo; the place in beats stays.
    TransportSetTempo => "transport/set_tempo", Live, TransportSetTempoParams -> TransportResponse;
    /// Tells where the music is.
    TransportGet => "transport/get", Read, TransportGetParams -> TransportResponse;
    /// Sets what the nodes play.
    ScheduleSet => "schedule/set", Live, ScheduleSetParams -> ScheduleSetResponse;
    /// Starts a note by hand.
    NoteOn => "note/on", Live, NoteOnParams -> NoteOnResponse;
    /// Releases a note that was started by hand.
    NoteOff => "note/off", Live, NoteOffParams -> NoteResponse;
    /// Releases all notes, or cuts all sound.
    NoteAllOff => "note/all_off", Live, NoteAllOffParams -> NoteResponse;
    /// Plays takes and files one after another on the live engine.
    PlayerOpen => "player/open", Long, PlayerOpenParams -> PlayerOpenResponse;
    /// Ends what the player plays.
    PlayerClose => "player/close", Live, PlayerCloseParams -> PlayerCloseResponse;
    /// Gives the waveform of a take or a file, at any zoom.
    TakePeaks => "take/peaks", Long, TakePeaksParams -> TakePeaksResponse;
    /// Gives the spectra of a take or a file over time.
    TakeSpectrogram => "take/spectrogram", Long, TakeSpectrogramParams -> TakeSpectrogramResponse;
    /// Measures the loudness of a take or a file over time.
    TakeLoudness => "take/loudness", Long, TakeLoudnessParams -> TakeLoudnessResponse;
    /// Gives the score of a take, composed again from its recipe.
    TakeScore => "take/score", Read, TakeScoreParams -> TakeScoreResponse;
    /// Tells what the player has opened.
    PlayerGet => "player/get", Read, PlayerGetParams -> PlayerState;
    /// Mutes, solos, levels or places a part of the take that is played by its parts.
    PlayerSetPart => "player/set_part", Live, PlayerSetPartParams -> PlayerState;
    /// Plays takes side by side at equal loudness; one of them is heard.
    PlayerCompare => "player/compare", Long, PlayerCompareParams -> PlayerState;
    /// Has another one of the compared takes heard, from the next bar on.
    PlayerSwitch => "player/switch", Live, PlayerSwitchParams -> PlayerState;
    /// Says which of the compared takes was better, and ends the blindness; the library keeps it.
    PlayerVerdict => "player/verdict", Mutate, PlayerVerdictParams -> PlayerState;
    /// Goes on to another one of the recordings that play one after another.
    PlayerSkip => "player/skip", Live, PlayerSkipParams -> PlayerState;
    /// Lists what was decided in comparisons.
    VerdictList => "verdict/list", Read, VerdictListParams -> VerdictListResponse;
    /// Renders a graph to a WAV file.
    RenderOffline => "render/offline", Long, RenderOfflineParams -> RenderOfflineResponse;
    /// Lists the sound devices.
    DeviceList => "device/list", Long, DeviceListParams -> DeviceListResponse;
    /// Chooses the sound device; what plays goes on there.
    DeviceSelect => "device/select", Live, DeviceSelectParams -> DeviceSelectResponse;
    /// Plays silence on a device and counts what goes wrong.
    DeviceProbe => "device/probe", Long, DeviceProbeParams -> DeviceProbeResponse;
}

fn read_params<T: DeserializeOwned>(method: &str, params: serde_json::Value) -> Result<T, Fault> {
    let params = if params.is_null() { serde_json::json!({}) } else { params };
    if !params.is_object() {
        return Err(Fault::new(
            FaultKind::Invalid,
            format!("the params of {method} must be an object"),
        )
        .with_hint("params are passed by name, such as {\"id\": \"last\"}"));
    }
    serde_json::from_value(params).map_err(|error| {
        Fault::new(FaultKind::Invalid, format!("the params of {method} can't be read: {error}"))
            .with_hint("docs/protocol.md lists the params of every method")
    })
}

fn unknown_method(method: &str) -> Fault {
    // A name of any length may come over the wire, and it is repeated in the answer.
    let shown = method.chars().take(80).filter(|c| !c.is_control()).collect::<String>();
    let nearest = TABLE
        .iter()
        .map(|info| (strsim::jaro_winkler(info.name, &shown), info.name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = match nearest {
        Some((_, name)) => format!("did you mean {name}?"),
        None => "docs/protocol.md lists every method".to_owned(),
    };
    Fault::new(FaultKind::UnknownMethod, format!("there is no method '{shown}'")).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_resource_and_verb_and_stand_once() {
        let mut seen = std::collections::BTreeSet::new();
        for info in TABLE {
            let (resource, verb) = info.name.split_once('/').unwrap();
            assert!(
                resource.bytes().chain(verb.bytes()).all(|b| b.is_ascii_lowercase() || b == b'_'),
                "{}",
                info.name
            );
            assert!(seen.insert(info.name), "{} stands twice", info.name);
        }
    }

    #[test]
    fn params_are_read_by_name_and_unknown_ones_are_refused() {
        let call = Call::read("job/get", json!({"id": "last"})).unwrap();
        assert_eq!(call, Call::JobGet(JobGetParams { id: "last".into() }));
        assert_eq!((call.method(), call.class()), ("job/get", Class::Read));
        assert!(Call::read("engine/ping", serde_json::Value::Null).is_ok());
        for (method, params) in [
            ("job/get", json!({})),
            ("job/get", json!({"id": "x", "extra": 1})),
            ("job/get", json!(["x"])),
            ("job/get", json!({"id": 7})),
            ("job/submit", json!({"request": {"bpm": 0}})),
            ("job/submit", json!({"request": {"promt": "x"}})),
        ] {
            assert_eq!(
                Call::read(method, params).unwrap_err().kind,
                FaultKind::Invalid,
                "{method}"
            );
        }
    }

    #[test]
    fn a_slip_in_a_name_gets_the_nearest_one() {
        let fault = Call::read("job/sumbit", json!({})).unwrap_err();
        assert_eq!(fault.kind, FaultKind::UnknownMethod);
        assert_eq!(fault.hint, "did you mean job/submit?");
        let fault = Call::read("xyzzy\u{1b}[31m", json!({})).unwrap_err();
        assert_eq!(fault.message, "there is no method 'xyzzy[31m'");
    }
}
