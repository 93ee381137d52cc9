//! Scopes: the names under which things on the screen are coloured. A theme gives each a style; a scope without one takes
//! that of the scope it belongs to (`take.wave.played` → `take.wave` → `take` → `text`).

/// A kind of thing on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The ground of everything.
    Ground,
    /// Plain text.
    Text,
    /// Text of less weight.
    Dim,
    /// Text of more weight: titles, what is focused.
    Strong,
    /// Keys, hints and what can be typed.
    Hint,
    /// What went well.
    Good,
    /// What the user should look at.
    Warning,
    /// What went wrong.
    Bad,
    /// Lines between panes.
    Border,
    /// Lines around the pane with the focus.
    BorderFocus,
    /// Titles of panes.
    Title,
    /// The chosen row.
    Selection,
    /// The cursor in text.
    Cursor,
    /// The user's prompts.
    Prompt,
    /// The mark before a prompt.
    PromptMark,
    /// A take's title.
    TakeTitle,
    /// Facts of a take.
    TakeFact,
    /// Rating.
    TakeStars,
    /// A licence badge.
    Badge,
    /// A licence badge that forbids something.
    BadgeWarning,
    /// The waveform, not yet played.
    Wave,
    /// The waveform, played.
    WavePlayed,
    /// The effective value inside of the waveform.
    WaveRms,
    /// Bar lines.
    WaveBar,
    /// The playhead.
    Playhead,
    /// The looped region.
    LoopRegion,
    /// A job's progress.
    Progress,
    /// What of it is to be done.
    ProgressRest,
    /// A level, quiet.
    MeterLow,
    /// A level from -18 dBFS.
    MeterMid,
    /// A level from -6 dBFS.
    MeterHigh,
    /// Full scale.
    MeterOver,
    /// The held peak.
    MeterHold,
    /// The unlit part of a meter.
    MeterGround,
    /// The first beat of a bar.
    BeatOne,
    /// Another beat.
    Beat,
    /// A beat that does not sound now.
    BeatRest,
    /// The transport bar.
    Bar,
    /// Values in the transport bar.
    BarValue,
    /// Notes of a piano roll, soft.
    NoteSoft,
    /// Notes of a piano roll, loud.
    NoteLoud,
    /// Drums of a piano roll.
    NoteDrum,
    /// Rows of black keys.
    RollBlack,
    /// Chord symbols.
    Chord,
    /// Section names.
    Section,
    /// A node of the graph.
    Node,
    /// A cable of the graph.
    Cable,
    /// A curve: spectrum, loudness, goniometer.
    Curve,
    /// A second curve.
    CurveSecond,
    /// Scales and grids.
    Grid,
    /// A popup's ground.
    Popup,
    /// Letters that matched what was typed.
    Match,
    /// Words of a prompt: genre.
    WordGenre,
    /// Words of a prompt: mood.
    WordMood,
    /// Words of a prompt: instrument or part.
    WordInstrument,
    /// Words of a prompt: tempo.
    WordTempo,
    /// Words of a prompt: key.
    WordKey,
    /// Words of a prompt: length.
    WordDuration,
    /// Words of a prompt: refusal, such as `no drums`.
    WordWithout,
    /// Flags in a line, such as `--bpm`.
    WordFlag,
    /// A slash command.
    WordCommand,
    /// A chip of what was understood.
    Chip,
    /// A chip of what was not.
    ChipUnused,
    /// A toast.
    Toast,
}

impl Scope {
    /// Every scope with its name in theme files, in the order of the documentation.
    pub const ALL: &[(Self, &'static str)] = &[
        (Self::Ground, "ground"),
        (Self::Text, "text"),
        (Self::Dim, "text.dim"),
        (Self::Strong, "text.strong"),
        (Self::Hint, "text.hint"),
        (Self::Good, "text.good"),
        (Self::Warning, "text.warning"),
        (Self::Bad, "text.bad"),
        (Self::Border, "border"),
        (Self::BorderFocus, "border.focus"),
        (Self::Title, "title"),
        (Self::Selection, "selection"),
        (Self::Cursor, "cursor"),
        (Self::Prompt, "prompt"),
        (Self::PromptMark, "prompt.mark"),
        (Self::TakeTitle, "take.title"),
        (Self::TakeFact, "take.fact"),
        (Self::TakeStars, "take.stars"),
        (Self::Badge, "badge"),
        (Self::BadgeWarning, "badge.warning"),
        (Self::Wave, "wave"),
        (Self::WavePlayed, "wave.played"),
        (Self::WaveRms, "wave.rms"),
        (Self::WaveBar, "wave.bar"),
        (Self::Playhead, "wave.playhead"),
        (Self::LoopRegion, "wave.loop"),
        (Self::Progress, "progress"),
        (Self::ProgressRest, "progress.rest"),
        (Self::MeterLow, "meter.low"),
        (Self::MeterMid, "meter.mid"),
        (Self::MeterHigh, "meter.high"),
        (Self::MeterOver, "meter.over"),
        (Self::MeterHold, "meter.hold"),
        (Self::MeterGround, "meter.ground"),
        (Self::BeatOne, "beat.one"),
        (Self::Beat, "beat"),
        (Self::BeatRest, "beat.rest"),
        (Self::Bar, "bar"),
        (Self::BarValue, "bar.value"),
        (Self::NoteSoft, "note.soft"),
        (Self::NoteLoud, "note.loud"),
        (Self::NoteDrum, "note.drum"),
        (Self::RollBlack, "roll.black"),
        (Self::Chord, "chord"),
        (Self::Section, "section"),
        (Self::Node, "node"),
        (Self::Cable, "cable"),
        (Self::Curve, "curve"),
        (Self::CurveSecond, "curve.second"),
        (Self::Grid, "grid"),
        (Self::Popup, "popup"),
        (Self::Match, "popup.match"),
        (Self::WordGenre, "word.genre"),
        (Self::WordMood, "word.mood"),
        (Self::WordInstrument, "word.instrument"),
        (Self::WordTempo, "word.tempo"),
        (Self::WordKey, "word.key"),
        (Self::WordDuration, "word.duration"),
        (Self::WordWithout, "word.without"),
        (Self::WordFlag, "word.flag"),
        (Self::WordCommand, "word.command"),
        (Self::Chip, "chip"),
        (Self::ChipUnused, "chip.unused"),
        (Self::Toast, "toast"),
    ];

    /// Its name in theme files.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(scope, _)| *scope == self).map_or("text", |(_, name)| name)
    }
}
