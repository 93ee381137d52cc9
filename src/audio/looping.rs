//! Loop points and tempo inside a WAV file, as samplers and loop browsers read them: the `smpl` chunk (loop, unity
//! note) and the `acid` chunk (tempo, beats, metre). Sources: the RIFF sampler chunk specification; for `acid`, which
//! was never published, the field layout that libsndfile and other readers agree on.

use std::io::{Read, Seek};

use super::error::AudioError;
use super::riff::{chunks, read_chunk, u16_at, u32_at};
use crate::model::tempo::Metre;
use crate::model::units::SampleRate;

/// How a take loops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoopInfo {
    /// First frame of the loop.
    pub start: u32,
    /// Frame behind the last one of the loop; more than `start`.
    pub end: u32,
    /// MIDI note that the take sounds at when played unchanged, where it has one.
    pub root_note: Option<u8>,
    /// Tempo in BPM.
    pub bpm: f32,
    /// Length of the loop in beats.
    pub beats: u32,
    /// Metre.
    pub metre: Metre,
    /// A single sound rather than a loop: players do not stretch it to their tempo.
    pub one_shot: bool,
}

const ACID_ONE_SHOT: u32 = 1;
const ACID_ROOT_SET: u32 = 2;
const ACID_STRETCH: u32 = 4;
/// What players take as the note of a sample that names none: middle C.
const MIDDLE_C: u8 = 60;

impl LoopInfo {
    /// Content of the `smpl` chunk: 36 bytes of header and one forward loop that plays for ever.
    pub fn smpl(&self, rate: SampleRate) -> Vec<u8> {
        let nanoseconds = (1e9 / rate.as_f64()).round() as u32;
        let note = u32::from(self.root_note.unwrap_or(MIDDLE_C));
        let loops = u32::from(!self.one_shot);
        let header = [0, 0, nanoseconds, note, 0, 0, 0, loops, 0];
        // The last field of a loop's range is the last frame played, not the one behind it.
        let points = [0, 0, self.start, self.end.saturating_sub(1), 0, 0];
        let fields = header.into_iter().chain(points.into_iter().take(6 * loops as usize));
        fields.flat_map(u32::to_le_bytes).collect()
    }

    /// Content of the `acid` chunk: 24 bytes.
    pub fn acid(&self) -> Vec<u8> {
        let mut flags = if self.one_shot { ACID_ONE_SHOT } else { ACID_STRETCH };
        if self.root_note.is_some() {
            flags |= ACID_ROOT_SET;
        }
        let mut bytes = flags.to_le_bytes().to_vec();
        bytes.extend(u16::from(self.root_note.unwrap_or(MIDDLE_C)).to_le_bytes());
        bytes.extend(0x8000_u16.to_le_bytes());
        bytes.extend(0_f32.to_le_bytes());
        bytes.extend(self.beats.to_le_bytes());
        bytes.extend(u16::from(self.metre.denominator).to_le_bytes());
        bytes.extend(u16::from(self.metre.numerator).to_le_bytes());
        bytes.extend(self.bpm.to_le_bytes());
        bytes
    }

    /// Puts both chunks' contents together; `None` where neither is there or what is there makes no sense.
    pub fn parse(smpl: Option<&[u8]>, acid: Option<&[u8]>) -> Option<Self> {
        let mut info = Self {
            start: 0,
            end: 0,
            root_note: None,
            bpm: 0.0,
            beats: 0,
            metre: Metre::FOUR_FOUR,
            one_shot: true,
        };
        let mut found = false;
        if let Some(bytes) = smpl
            && let (Some(note), Some(loops)) = (u32_at(bytes, 12), u32_at(bytes, 28))
        {
            found = true;
            info.root_note = u8::try_from(note).ok().filter(|note| *note < 128);
            if loops > 0
                && let (Some(start), Some(last)) = (u32_at(bytes, 44), u32_at(bytes, 48))
                && last >= start
            {
                (info.start, info.end, info.one_shot) = (start, last.saturating_add(1), false);
            }
        }
        if let Some(bytes) = acid
            && let Some(flags) = u32_at(bytes, 0)
            && let (Some(note), Some(beats)) = (u16_at(bytes, 4), u32_at(bytes, 12))
            && let (Some(below), Some(above)) = (u16_at(bytes, 16), u16_at(bytes, 18))
            && let Some(bpm) = u32_at(bytes, 20).map(f32::from_bits)
        {
            found = true;
            info.one_shot = flags & ACID_ONE_SHOT != 0;
            let note = u8::try_from(note).ok().filter(|note| *note < 128);
            info.root_note = note.filter(|_| flags & ACID_ROOT_SET != 0);
            info.beats = beats;
            info.bpm = if bpm.is_finite() && bpm > 0.0 { bpm } else { 0.0 };
            if let Ok(metre) = format!("{above}/{below}").parse() {
                info.metre = metre;
            }
        }
        found.then_some(info)
    }
}

/// Reads the loop of a WAV file, if it states one. A tempo or a number of beats that is not stated reads as 0.
pub fn read_loop<R: Read + Seek>(reader: &mut R) -> Result<Option<LoopInfo>, AudioError> {
    let found = chunks(reader)?;
    let mut content = |id: &[u8; 4]| {
        let chunk = found.iter().find(|chunk| chunk.id == *id);
        chunk.map(|chunk| read_chunk(reader, chunk, 1 << 20)).transpose()
    };
    let (smpl, acid) = (content(b"smpl")?, content(b"acid")?);
    Ok(LoopInfo::parse(smpl.as_deref(), acid.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_chunks_have_the_sizes_that_readers_expect() {
        let info = LoopInfo {
            start: 0,
            end: 96_000,
            root_note: Some(57),
            bpm: 120.0,
            beats: 4,
            metre: Metre::FOUR_FOUR,
            one_shot: false,
        };
        let smpl = info.smpl(SampleRate::HZ_48000);
        assert_eq!((smpl.len(), info.acid().len()), (60, 24));
        assert_eq!((u32_at(&smpl, 8), u32_at(&smpl, 48)), (Some(20_833), Some(95_999)));
    }

    proptest! {
        #[test]
        fn a_loop_survives_its_chunks(
            start in 0u32..1_000, len in 1u32..1_000_000, note in prop::option::of(0u8..128),
            bpm in 20.0f32..400.0, beats in 0u32..1_000, top in 1u8..=32, bottom in 0u32..4,
        ) {
            let info = LoopInfo {
                start, end: start + len, root_note: note, bpm, beats,
                metre: Metre { numerator: top, denominator: 2 << bottom }, one_shot: false,
            };
            let smpl = info.smpl(SampleRate::HZ_48000);
            prop_assert_eq!(LoopInfo::parse(Some(&smpl), Some(&info.acid())), Some(info));
        }

        #[test]
        fn any_bytes_are_read_without_harm(
            smpl in prop::collection::vec(any::<u8>(), 0..80), acid in prop::collection::vec(any::<u8>(), 0..30),
        ) {
            if let Some(info) = LoopInfo::parse(Some(&smpl), Some(&acid)) {
                prop_assert!(info.bpm >= 0.0 && info.bpm.is_finite());
                prop_assert!(info.end >= info.start);
            }
        }
    }
}
