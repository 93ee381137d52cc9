//! The table of actions: names, arguments, one line of help and an example each. The palette, the popup of slash commands,
//! the help and docs/keys.md are made from it.

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionInfo {
    /// Its name.
    pub name: &'static str,
    /// Other names that mean the same.
    pub aliases: &'static [&'static str],
    /// What may follow: `UPPER` stands for a value, `[…]` may be left out.
    pub args: &'static str,
    /// What it belongs to.
    pub group: Group,
    /// One line about it.
    pub doc: &'static str,
    /// A line that works.
    pub example: &'static str,
}

/// What actions belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Making takes.
    Make,
    /// Listening.
    Listen,
    /// Keeping.
    Keep,
    /// Sessions and history.
    Session,
    /// The queue.
    Queue,
    /// The screen.
    Screen,
    /// The program.
    Program,
    /// Moving around; not offered as slash commands.
    Move,
}

impl Group {
    /// Its heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Make => "Make",
            Self::Listen => "Listen",
            Self::Keep => "Keep",
            Self::Session => "Session",
            Self::Queue => "Queue",
            Self::Screen => "Screen",
            Self::Program => "Program",
            Self::Move => "Move",
        }
    }
}

const fn row(
    name: &'static str,
    args: &'static str,
    group: Group,
    doc: &'static str,
    example: &'static str,
) -> ActionInfo {
    ActionInfo { name, aliases: &[], args, group, doc, example }
}

const fn also(info: ActionInfo, aliases: &'static [&'static str]) -> ActionInfo {
    ActionInfo { aliases, ..info }
}

/// Every action, in the order in which it is offered.
pub const TABLE: &[ActionInfo] = &[
    also(
        row(
            "generate",
            "PROMPT",
            Group::Make,
            "Render a take from a prompt",
            "generate lo-fi, 82 bpm",
        ),
        &["g"],
    ),
    row(
        "variation",
        "[AMOUNT]",
        Group::Make,
        "Other notes under the same song; 0.3 changes a third of the parts",
        "variation 0.3",
    ),
    row(
        "reroll",
        "PART",
        Group::Make,
        "Other notes for one part, everything else stays",
        "reroll bass",
    ),
    row(
        "extend",
        "BARS",
        Group::Make,
        "More bars of it; a negative number takes some away",
        "extend 8 bars",
    ),
    row("tempo", "BPM|auto|tap", Group::Make, "Tempo of the next prompt", "tempo 124"),
    row("key", "KEY|auto", Group::Make, "Key of the next prompt", "key F# minor"),
    row("metre", "METRE|auto", Group::Make, "Metre of the next prompt", "metre 6/8"),
    row("duration", "LENGTH|auto", Group::Make, "Length of the next prompt", "duration 32bars"),
    row(
        "seed",
        "lock|free|NUMBER",
        Group::Make,
        "Keep a seed for the next prompts, or draw new ones",
        "seed lock",
    ),
    row("takes", "COUNT", Group::Make, "How many takes a prompt makes, 1 to 64", "takes 4"),
    row("preset", "[NAME…|none]", Group::Make, "Presets of the next prompt", "preset lofi-study"),
    also(
        row("backend", "[ID|auto]", Group::Make, "What makes the next take", "backend composer"),
        &["model"],
    ),
    row(
        "params",
        "[NAME VALUE|NAME reset]",
        Group::Make,
        "Params of the backend, with their ranges",
        "params reroll_bass 2",
    ),
    row("reset", "", Group::Make, "Leave everything to the prompt again", "reset"),
    row("stems", "", Group::Make, "Render it again with a file for each stem", "stems"),
    row("midi", "", Group::Make, "Render it again with a MIDI file", "midi"),
    row(
        "play",
        "[TAKE…]",
        Group::Listen,
        "Play a take: a number, an id, or the one with the focus",
        "play 3",
    ),
    row("parts", "", Group::Listen, "Play it by its parts, to mute and solo them", "parts"),
    row("toggle", "", Group::Listen, "Play or stop", "toggle"),
    row("stop", "", Group::Listen, "Stop the music", "stop"),
    row("close", "", Group::Listen, "Close what plays", "close"),
    row(
        "seek",
        "[+|-]N[bar|beat|s]|barN|M:SS|start|end",
        Group::Listen,
        "Go somewhere in the music",
        "seek +1bar",
    ),
    row("next", "", Group::Listen, "The next take, on the bar and without a gap", "next"),
    also(
        row(
            "previous",
            "",
            Group::Listen,
            "The previous take, on the bar and without a gap",
            "previous",
        ),
        &["prev"],
    ),
    row(
        "loop",
        "[A-B|N|start|end|off]",
        Group::Listen,
        "Loop bars A to B, or N bars from here",
        "loop 5-8",
    ),
    row("volume", "[+|-]DB", Group::Listen, "Louder or softer", "volume -3"),
    row("mute", "[PART]", Group::Listen, "Mute a part, or let it sound again", "mute drums"),
    row("solo", "[PART]", Group::Listen, "Solo a part, or end that", "solo bass"),
    row("gain", "PART [+|-]DB", Group::Listen, "Level of a part", "gain bass -2"),
    row(
        "pan",
        "PART PLACE",
        Group::Listen,
        "Place of a part, -1 (left) to 1 (right)",
        "pan keys 0.3",
    ),
    row(
        "chain",
        "[PRESET|none]",
        Group::Listen,
        "Effects that the sound goes through",
        "chain vinyl-dust",
    ),
    row(
        "param",
        "NODE PARAM [+|-]VALUE",
        Group::Listen,
        "Move a param of a node that plays",
        "param chain.tape drive 0.4",
    ),
    also(
        row(
            "ab",
            "[TAKE…] [blind]",
            Group::Listen,
            "Compare takes at the same loudness",
            "ab 2 3 blind",
        ),
        &["compare"],
    ),
    row(
        "switch",
        "A|B|…|next|previous",
        Group::Listen,
        "Hear another one of those that are compared",
        "switch b",
    ),
    row(
        "verdict",
        "A|B|…|tie [NOTE]",
        Group::Listen,
        "Say which one was better; it is kept",
        "verdict b warmer",
    ),
    row("device", "[NAME]", Group::Listen, "Where sound is heard", "device null"),
    row("rate", "0-5", Group::Keep, "Rate it; 0 takes the rating away", "rate 4"),
    row("name", "TITLE", Group::Keep, "Name it", "name Rain on glass"),
    row(
        "tag",
        "WORD… -WORD…",
        Group::Keep,
        "Tag it; a minus takes a tag away",
        "tag keeper -draft",
    ),
    row("note", "TEXT", Group::Keep, "Write a note on it", "note the bass in bar 9"),
    row(
        "export",
        "wav|flac|mp3 [PATH] [--force]",
        Group::Keep,
        "Write it in another format",
        "export flac",
    ),
    row(
        "delete",
        "[files]",
        Group::Keep,
        "Take it out of the library; its files stay unless told otherwise",
        "delete",
    ),
    row("copy", "path|prompt|seed|command|id", Group::Keep, "Copy something of it", "copy path"),
    row(
        "session",
        "new|open|fork|name [TEXT]",
        Group::Session,
        "Begin, open, fork or name a session",
        "session new",
    ),
    row(
        "remark",
        "TEXT",
        Group::Session,
        "Write words into the session",
        "remark for the second verse",
    ),
    row("undo", "", Group::Session, "Take the last change back", "undo"),
    row("redo", "", Group::Session, "Do it again", "redo"),
    row("rewind", "", Group::Session, "Go back to edit an earlier prompt", "rewind"),
    row("queue", "", Group::Queue, "What waits and runs", "queue"),
    row("cancel", "[JOB|all]", Group::Queue, "Cancel a job", "cancel all"),
    row("retry", "[JOB]", Group::Queue, "Put a failed job back into the queue", "retry"),
    row("reorder", "up|down", Group::Queue, "Move the chosen job in the queue", "reorder up"),
    row("take", "", Group::Screen, "Everything about the take with the focus", "take"),
    row("mixer", "", Group::Screen, "Strips of the parts that play", "mixer"),
    row("nodes", "", Group::Screen, "The nodes that the sound goes through", "nodes"),
    row("library", "[SEARCH]", Group::Screen, "All takes", "library rain"),
    row("log", "", Group::Screen, "What happened", "log"),
    row(
        "inspector",
        "[wider|narrower]",
        Group::Screen,
        "Show or hide the panes on the right",
        "inspector",
    ),
    row(
        "view",
        "waveform|spectrum|spectrogram|loudness|stereo|roll|graph|tree|none",
        Group::Screen,
        "A view in the transcript's place",
        "view roll",
    ),
    row(
        "zoom",
        "in|out|fit|samples|loop",
        Group::Screen,
        "How much of the take is in sight",
        "zoom in",
    ),
    row("scroll", "left|right", Group::Screen, "What of the take is in sight", "scroll right"),
    row("theme", "[NAME]", Group::Screen, "Colours", "theme timbre-dark"),
    row(
        "glyphs",
        "braille|blocks|ascii",
        Group::Screen,
        "What curves are drawn with",
        "glyphs ascii",
    ),
    row("motion", "on|off", Group::Screen, "Whether things move by themselves", "motion off"),
    row("mouse", "on|off", Group::Screen, "Whether the mouse is taken", "mouse off"),
    row("help", "", Group::Program, "The keys of this place", "help"),
    row("keys", "", Group::Program, "Every key", "keys"),
    row("palette", "", Group::Program, "Find an action by typing", "palette"),
    row("doctor", "", Group::Program, "Check that everything is there and works", "doctor"),
    row("status", "", Group::Program, "How the engine, the queue and the sound are", "status"),
    row("tour", "", Group::Program, "A tour in six steps", "tour"),
    row("suspend", "", Group::Program, "Stop for the shell; fg goes on", "suspend"),
    row("redraw", "", Group::Program, "Draw everything anew", "redraw"),
    also(
        row("quit", "", Group::Program, "End; a daemon's music and jobs go on", "quit"),
        &["exit", "q"],
    ),
    row(
        "interrupt",
        "",
        Group::Move,
        "Clear the line, else stop what runs, else quit",
        "interrupt",
    ),
    row("back", "", Group::Move, "One step back", "back"),
    row(
        "focus",
        "composer|transcript|inspector|next|previous",
        Group::Move,
        "Give the keys to something",
        "focus transcript",
    ),
    row("move", "up|down|N", Group::Move, "Choose another row", "move down"),
    row("page", "up|down", Group::Move, "Choose a row a screen away", "page down"),
    row("top", "", Group::Move, "To the first row", "top"),
    row("bottom", "", Group::Move, "To the last row", "bottom"),
    row("select", "", Group::Move, "Do what the chosen row is for", "select"),
    row("step", "[+|-]N", Group::Move, "Turn the chosen value", "step +1"),
    row("default", "", Group::Move, "The chosen value back to its default", "default"),
    row("submit", "", Group::Move, "Send the line", "submit"),
    row(
        "edit",
        "newline|left|right|up|down|word-left|word-right|home|end|erase-left|erase-right|cut-word-left|cut-word-right|cut-to-home|cut-to-end|yank|transpose|undo|redo|older|newer|search|complete|complete-back|external|unfold",
        Group::Move,
        "Work on the line",
        "edit word-left",
    ),
];

impl ActionInfo {
    /// The action of a name or of another name that means the same.
    pub fn find(name: &str) -> Option<&'static Self> {
        TABLE.iter().find(|info| info.name == name || info.aliases.contains(&name))
    }
}
