//! L0: symbolic music: pitch, scale, chord, voicing, rhythm, score, and the Standard MIDI File over bytes. No IO.

pub mod chord;
pub mod score;
