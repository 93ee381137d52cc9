//! The instruments that the composer can ask for: what people call them, which node sounds them, who can play what.
//!
//! This is a table and nothing else; the words here are read by the prompt's lexicon, the ids by genre files.

use super::sketch::Role;

/// An instrument of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Instrument {
    /// Stable id, such as `rhodes`; genre files, presets and briefs carry it.
    pub id: &'static str,
    /// Name for people, such as `Rhodes`.
    pub name: &'static str,
    /// Other words for it in prompts, lower case, single spaces, no hyphens. Plurals of single words are understood.
    pub words: &'static [&'static str],
    /// Node type that sounds it.
    pub node: &'static str,
    /// General MIDI program, 0 to 127.
    pub program: u8,
    /// Roles it can play; the first is its home.
    pub roles: &'static [Role],
    /// Lowest comfortable MIDI note.
    pub low: u8,
    /// Highest comfortable MIDI note.
    pub high: u8,
    /// Whether pitches are General MIDI drum numbers.
    pub drums: bool,
}

impl Instrument {
    /// The role it plays unless a genre wants it elsewhere.
    pub fn home(&self) -> Role {
        self.roles.first().copied().unwrap_or(Role::Lead)
    }

    /// Whether it can play a role.
    pub fn plays(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// Finds an instrument by its id.
pub fn instrument(id: &str) -> Option<&'static Instrument> {
    INSTRUMENTS.iter().find(|i| i.id == id)
}

const fn kit(
    id: &'static str,
    name: &'static str,
    words: &'static [&'static str],
    node: &'static str,
    program: u8,
    roles: &'static [Role],
) -> Instrument {
    Instrument { id, name, words, node, program, roles, low: 35, high: 83, drums: true }
}

const fn pitched(
    id: &'static str,
    name: &'static str,
    words: &'static [&'static str],
    node: &'static str,
    program: u8,
    roles: &'static [Role],
    range: (u8, u8),
) -> Instrument {
    let (low, high) = range;
    Instrument { id, name, words, node, program, roles, low, high, drums: false }
}

use Role::{Arp, Bass, Comp, Comp2, Counter, Drums, Fx, Lead, Pad, Percussion, Texture};

/// Every instrument, grouped by family. Programs are zero-based General MIDI numbers; for kits they are the GS drum
/// set (0 standard, 8 room, 24 electronic, 25 TR-808, 40 brush).
// One line an instrument keeps the table readable.
#[rustfmt::skip]
pub const INSTRUMENTS: &[Instrument] = &[
    // Kits.
    kit("acoustic-kit", "Drum kit", &["acoustic drums", "rock drums", "live drums", "real drums", "drum kit", "drumkit", "drum set", "big drums"], "drum.acoustic", 8, &[Drums]),
    kit("brush-kit", "Brushes", &["brush", "brushed drums", "brush drums", "brush kit", "jazz drums", "jazz kit", "ride cymbal"], "drum.brush", 40, &[Drums]),
    kit("lofi-kit", "Dusty drums", &["dusty drums", "lofi drums", "lo fi drums", "boom bap drums", "mpc drums", "sp 404", "sampled drums", "dusty beat"], "drum.lofi", 0, &[Drums]),
    kit("909", "909", &["tr 909", "909 drums", "909 kick", "house drums", "techno drums", "four on the floor", "4 on the floor", "four to the floor", "4x4 kick"], "drum.909", 24, &[Drums]),
    kit("808", "808", &["tr 808", "808 drums", "808 kit", "trap drums", "drum machine", "electronic drums"], "drum.808", 25, &[Drums]),
    kit("pop-kit", "Pop kit", &["pop drums", "modern drums", "programmed drums", "claps"], "drum.pop", 0, &[Drums]),
    // Percussion beside the kit.
    kit("percussion", "Percussion", &["perc", "hand drum", "hand percussion", "ethnic drums", "latin percussion"], "drum.acoustic", 0, &[Percussion]),
    kit("congas", "Congas", &["conga"], "drum.acoustic", 0, &[Percussion]),
    kit("bongos", "Bongos", &["bongo"], "drum.acoustic", 0, &[Percussion]),
    kit("shaker", "Shaker", &["maraca", "maracas", "cabasa"], "drum.acoustic", 0, &[Percussion]),
    kit("tambourine", "Tambourine", &["tambourin"], "drum.acoustic", 0, &[Percussion]),
    kit("cowbell", "Cowbell", &["cow bell"], "drum.808", 25, &[Percussion]),
    // Bass.
    pitched("finger-bass", "Finger bass", &["electric bass", "bass guitar", "fingered bass", "p bass", "jazz bass", "funky bass", "slap bass", "fretless bass"], "bass.finger", 33, &[Bass], (28, 60)),
    pitched("pick-bass", "Picked bass", &["picked bass", "rock bass", "pick bass", "plectrum bass"], "bass.pick", 34, &[Bass], (28, 60)),
    pitched("upright", "Upright bass", &["upright bass", "double bass", "contrabass", "acoustic bass", "standup bass", "stand up bass", "walking bass", "upright"], "bass.upright", 32, &[Bass], (28, 62)),
    pitched("sub-bass", "Sub bass", &["sub", "subbass", "808 bass", "sine bass", "deep bass", "heavy bass", "sub bass"], "bass.sub", 39, &[Bass], (24, 50)),
    pitched("fm-bass", "FM bass", &["house bass", "organ bass", "donk", "fm bass", "dx bass"], "bass.fm", 38, &[Bass], (28, 60)),
    pitched("synth-bass", "Synth bass", &["synth bass", "synthesizer bass", "moog bass", "moog", "acid", "acid bass", "303", "tb 303", "reese", "reese bass", "bassline", "bass line", "analog bass"], "bass.synth", 38, &[Bass], (28, 62)),
    // Keys.
    pitched("rhodes", "Rhodes", &["electric piano", "e piano", "epiano", "ep", "fender rhodes", "tine piano", "rhodes piano", "keys", "keyboard", "suitcase piano"], "keys.rhodes", 4, &[Comp, Comp2, Lead, Arp, Pad], (40, 88)),
    pitched("wurli", "Wurlitzer", &["wurlitzer", "wurly", "reed piano"], "keys.wurli", 5, &[Comp, Comp2, Lead, Arp], (40, 88)),
    pitched("piano", "Piano", &["grand piano", "acoustic piano", "pianoforte", "upright piano", "piano chords", "piano melody", "concert grand"], "keys.piano", 0, &[Comp, Comp2, Lead, Arp, Counter], (33, 96)),
    pitched("felt-piano", "Felt piano", &["felt", "soft piano", "muted piano", "intimate piano", "mellow piano", "quiet piano"], "keys.piano", 0, &[Comp, Lead, Comp2, Arp, Counter], (33, 90)),
    pitched("organ", "Organ", &["hammond", "hammond organ", "b3", "leslie", "drawbar organ", "church organ", "gospel organ"], "keys.organ", 16, &[Comp, Pad, Comp2, Lead], (40, 88)),
    pitched("stab", "House stab", &["stabs", "chord stab", "chord stabs", "synth stab", "house chords", "synth chords", "synth stabs"], "keys.stab", 81, &[Comp, Comp2], (48, 84)),
    // Pads.
    pitched("warm-pad", "Warm pad", &["warm pad", "pad", "pads", "synth pad", "analog pad", "juno pad", "juno", "lush pad", "soft pad", "synth pads", "soundscape"], "pad.warm", 89, &[Pad, Comp2], (45, 84)),
    pitched("glass-pad", "Glass pad", &["glass pad", "shimmer pad", "bright pad", "shimmer", "crystal pad", "glass", "shimmering pad"], "pad.glass", 88, &[Pad, Arp, Counter], (48, 91)),
    pitched("choir", "Choir", &["vocal pad", "voices", "choirs", "ahs", "oohs", "choral", "vox pad", "gregorian", "vocals", "vocal", "female vocal", "male vocal", "lead vocal", "female singer", "male singer", "female voice", "male voice", "singing", "singer", "voice"], "pad.choir", 52, &[Pad, Counter], (45, 81)),
    pitched("strings", "Strings", &["string section", "string ensemble", "orchestra", "violins", "violin", "cello", "cellos", "viola", "string quartet", "orchestral strings", "string pad"], "pad.strings", 48, &[Pad, Counter, Lead], (40, 91)),
    pitched("drone", "Drone", &["drones", "deep drone", "dark drone", "low drone"], "pad.drone", 95, &[Pad, Texture], (28, 60)),
    pitched("air-pad", "Air pad", &["air pad", "breath pad", "airy pad", "breathy pad"], "pad.air", 91, &[Pad, Counter], (48, 91)),
    // Leads and colours.
    pitched("synth-lead", "Synth lead", &["lead synth", "synth lead", "saw lead", "synth", "synths", "synthesizer", "synthesiser", "analog synth", "synth melody", "supersaw", "lead"], "lead.synth", 81, &[Lead, Counter, Arp], (50, 91)),
    pitched("soft-lead", "Soft lead", &["soft lead", "whistle", "theremin", "sine lead", "vocal lead", "vocal like lead", "ocarina"], "lead.soft", 85, &[Lead, Counter], (52, 91)),
    pitched("vibes", "Vibraphone", &["vibraphone", "vibraphones", "vibe"], "lead.vibes", 11, &[Lead, Counter, Comp2, Arp], (53, 89)),
    pitched("flute", "Flute", &["flutes", "pan flute", "shakuhachi", "recorder", "panflute"], "lead.flute", 73, &[Lead, Counter], (60, 93)),
    pitched("sax", "Saxophone", &["saxophone", "tenor sax", "alto sax", "saxophones", "saxes", "clarinet"], "lead.sax", 66, &[Lead, Counter], (46, 80)),
    pitched("trumpet", "Trumpet", &["brass", "horn", "horns", "trombone", "horn section", "flugelhorn", "brass section", "cornet"], "lead.trumpet", 56, &[Lead, Counter], (54, 84)),
    pitched("muted-trumpet", "Muted trumpet", &["mute trumpet", "harmon mute", "muted horn"], "lead.trumpet", 59, &[Lead, Counter], (54, 84)),
    pitched("lead-guitar", "Lead guitar", &["guitar solo", "solo guitar", "electric guitar solo", "lead guitars", "shredding", "guitar lead"], "lead.guitar", 29, &[Lead, Counter], (52, 88)),
    pitched("bell", "Bells", &["bells", "fm bell", "chimes", "chime", "glockenspiel", "celesta", "music box", "tubular bells", "fm bells", "toy piano"], "bell.fm", 98, &[Lead, Counter, Arp], (60, 100)),
    pitched("marimba", "Marimba", &["xylophone", "balafon", "mallets", "mallet"], "mallet.marimba", 12, &[Arp, Lead, Counter, Comp2], (48, 96)),
    pitched("kalimba", "Kalimba", &["thumb piano", "mbira", "sansula"], "mallet.kalimba", 108, &[Arp, Lead, Counter], (55, 96)),
    pitched("pluck", "Synth pluck", &["plucks", "synth pluck", "arpeggio", "arpeggios", "arp", "arps", "arpeggiator", "sequencer", "plucked synth", "arpeggiated synth", "arpeggiated"], "pluck.synth", 45, &[Arp, Comp2, Lead, Counter], (48, 96)),
    pitched("harp", "Harp", &["koto", "lyre", "harpsichord", "zither", "kora"], "pluck.harp", 46, &[Arp, Lead, Counter], (43, 96)),
    // Guitars.
    pitched("nylon-guitar", "Nylon guitar", &["classical guitar", "spanish guitar", "flamenco guitar", "nylon", "bossa guitar"], "guitar.nylon", 24, &[Comp, Comp2, Arp, Lead], (40, 83)),
    pitched("steel-guitar", "Acoustic guitar", &["acoustic guitar", "folk guitar", "steel string guitar", "steel string", "strummed guitar", "ukulele", "banjo", "mandolin", "acoustic guitars", "fingerpicked guitar", "fingerpicking"], "guitar.steel", 25, &[Comp, Comp2, Arp, Lead], (40, 84)),
    pitched("clean-guitar", "Clean guitar", &["guitar", "electric guitar", "jazz guitar", "clean electric guitar", "jangly guitar", "chorus guitar", "guitars", "jangle"], "guitar.clean", 27, &[Comp, Comp2, Arp, Lead, Counter], (40, 86)),
    pitched("muted-guitar", "Muted guitar", &["funk guitar", "palm muted guitar", "palm mute", "chicken scratch", "funky guitar", "wah guitar"], "guitar.clean", 28, &[Comp2, Comp, Arp], (40, 84)),
    pitched("drive-guitar", "Driven guitars", &["distorted guitar", "distorted guitars", "power chords", "overdriven guitar", "rock guitar", "rock guitars", "heavy guitar", "heavy guitars", "crunchy guitar", "crunch guitar", "fuzz guitar", "distortion guitar", "loud guitars", "big guitars", "wall of guitars", "guitar riff", "riffs", "riff"], "guitar.drive", 30, &[Comp, Comp2], (36, 76)),
    // Noise beds and effects.
    pitched("vinyl", "Vinyl crackle", &["vinyl crackle", "crackle", "crackling", "record noise", "vinyl noise", "surface noise", "lp crackle", "record player", "record crackle"], "texture.vinyl", 122, &[Texture], (36, 84)),
    pitched("rain", "Rain", &["rainfall", "rainy", "raindrops", "thunderstorm", "rain sounds", "rain noise", "water", "waves", "ocean waves", "sea sounds", "river"], "texture.rain", 96, &[Texture], (36, 84)),
    pitched("wind", "Wind", &["field recording", "field recordings", "noise bed", "nature sounds", "breeze", "wind noise", "white noise", "noise", "forest sounds", "birds", "birdsong"], "texture.wind", 122, &[Texture], (36, 84)),
    pitched("riser", "Riser", &["risers", "uplifter", "sweep", "sweeps", "noise sweep", "build up effects"], "fx.riser", 97, &[Fx], (36, 84)),
    pitched("impact", "Impact", &["impacts", "boom", "booms", "sub drop", "braam", "downlifter"], "fx.impact", 117, &[Fx], (24, 60)),
    pitched("reverse", "Reverse cymbal", &["reverse cymbal", "reverse cymbals", "reversed cymbal"], "fx.reverse", 119, &[Fx], (36, 84)),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_and_words_are_unique_and_ranges_make_sense() {
        let mut seen = BTreeSet::new();
        for instrument in INSTRUMENTS {
            assert!(seen.insert(instrument.id), "{} twice", instrument.id);
            assert!(instrument.low < instrument.high && instrument.program < 128);
            assert!(!instrument.roles.is_empty(), "{} has no role", instrument.id);
            assert!(instrument.node.contains('.'));
        }
        let mut words = BTreeSet::new();
        for word in INSTRUMENTS.iter().flat_map(|i| i.words) {
            assert!(words.insert(*word), "'{word}' twice");
            assert_eq!(*word, word.to_lowercase());
        }
    }

    #[test]
    fn every_role_has_an_instrument_at_home_in_it_or_able_to_play_it() {
        for role in Role::ALL {
            assert!(INSTRUMENTS.iter().any(|i| i.plays(role)), "{role:?}");
        }
    }
}
