//! L0: symbolic music: pitch, scale, chord, voicing, rhythm, score, and the Standard MIDI File over bytes. No IO.

pub mod pitch;
pub mod scale;

pub mod chord;
pub mod numeral;
pub mod voicing;

pub mod rhythm;

pub mod midi_file;
pub mod score;
