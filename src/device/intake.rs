//! The input of another stream, read by the output's callback: a ring between two clocks, and what happens when they drift.
//!
//! An input device has its own callback and often its own clock. Frames wait in a ring; when it runs dry or grows too
//! long, frames are added as silence or left out, and counted as a slip. The rates are not fitted to each other.

use std::sync::Arc;

use super::meter::Meter;
use super::rate::Converter;

/// The reading end. Thread: audio.
pub(crate) struct Intake {
    ring: rtrb::Consumer<[f32; 2]>,
    rate: u32,
    /// Frames to have in the ring before reading starts.
    cushion: usize,
    /// Whether frames have been read since the ring was last dry.
    flowing: bool,
    meter: Arc<Meter>,
}

/// A ring for the input of a device of `rate` Hz that gives about `block` frames at once: the end that the input's callback
/// writes to, and the reading one.
pub(crate) fn ring(
    rate: u32,
    block: usize,
    meter: &Arc<Meter>,
) -> (rtrb::Producer<[f32; 2]>, Intake) {
    let cushion = (2 * block).clamp(256, 16_384);
    let (writer, ring) = rtrb::RingBuffer::new(8 * cushion);
    (writer, Intake { ring, rate, cushion, flowing: false, meter: Arc::clone(meter) })
}

impl Intake {
    /// Frames per second of what comes in.
    pub(crate) fn rate(&self) -> u32 {
        self.rate
    }

    /// Throws away all that has come: nobody listens.
    pub(crate) fn discard(&mut self) {
        self.skip(self.ring.slots());
        self.flowing = false;
    }

    /// Fills both sides with the next frames, through the converter where the rates differ.
    pub(crate) fn pull(
        &mut self,
        left: &mut [f32],
        right: &mut [f32],
        converter: Option<&mut Converter>,
    ) {
        match converter {
            Some(converter) => converter.render(left, right, |left, right| self.read(left, right)),
            None => self.read(left, right),
        }
    }

    fn read(&mut self, left: &mut [f32], right: &mut [f32]) {
        let waiting = self.ring.slots();
        // A buffer of the output can be larger than the cushion, and must find its frames.
        let enough = self.cushion.max(2 * left.len());
        if !self.flowing {
            self.flowing = waiting >= enough;
        } else if waiting > 3 * enough {
            self.skip(waiting - enough);
            self.meter.count_slip();
        }
        let mut read = 0;
        if self.flowing {
            let wanted = left.len().min(self.ring.slots());
            if let Ok(chunk) = self.ring.read_chunk(wanted) {
                for (frame, (left, right)) in
                    chunk.into_iter().zip(left.iter_mut().zip(&mut *right))
                {
                    [*left, *right] = frame;
                    read += 1;
                }
            }
            if read < left.len() {
                self.flowing = false;
                self.meter.count_slip();
            }
        }
        left.iter_mut().skip(read).for_each(|x| *x = 0.0);
        right.iter_mut().skip(read).for_each(|x| *x = 0.0);
    }

    fn skip(&mut self, frames: usize) {
        if let Ok(chunk) = self.ring.read_chunk(frames) {
            chunk.commit_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(intake: &mut Intake, frames: usize) -> Vec<f32> {
        let (mut left, mut right) = (vec![9.0; frames], vec![9.0; frames]);
        intake.pull(&mut left, &mut right, None);
        assert!(left.iter().zip(&right).all(|(l, r)| *r == -l));
        left
    }

    #[test]
    fn frames_flow_in_order_after_the_cushion_is_there() {
        let meter = Arc::new(Meter::new());
        let (mut writer, mut intake) = ring(48_000, 128, &meter);
        let mut next = 0.0_f32;
        let mut write = |writer: &mut rtrb::Producer<[f32; 2]>, frames: usize| {
            for _ in 0..frames {
                next += 1.0;
                let _ = writer.push([next, -next]);
            }
        };
        write(&mut writer, 255);
        assert!(read(&mut intake, 64).iter().all(|x| *x == 0.0), "the cushion is not full yet");
        write(&mut writer, 1);
        assert_eq!(read(&mut intake, 2), [1.0, 2.0]);
        assert_eq!(read(&mut intake, 1), [3.0]);
        // Dry in the middle: what is there, then silence, then the cushion again.
        assert_eq!(read(&mut intake, 254)[252..], [256.0, 0.0].map(|x: f32| x)[..2]);
        assert_eq!(meter.slips(), 1);
        write(&mut writer, 100);
        assert_eq!(read(&mut intake, 1), [0.0]);
        // Too much: the oldest are left out.
        write(&mut writer, 1_000);
        assert_eq!(read(&mut intake, 1), [257.0]);
        assert_eq!(read(&mut intake, 1), [1_356.0 - 255.0]);
        assert_eq!(meter.slips(), 2);
        intake.discard();
        assert!(read(&mut intake, 8).iter().all(|x| *x == 0.0));
    }

    #[test]
    fn another_rate_is_converted() {
        let meter = Arc::new(Meter::new());
        let (mut writer, mut intake) = ring(96_000, 1_024, &meter);
        for _ in 0..8_000 {
            let _ = writer.push([0.5, -0.5]);
        }
        let mut converter = Converter::new(96_000, 48_000);
        let (mut left, mut right) = ([0.0; 512], [0.0; 512]);
        intake.pull(&mut left, &mut right, Some(&mut converter));
        assert!((left[400] - 0.5).abs() < 1e-4 && (right[400] + 0.5).abs() < 1e-4, "{}", left[400]);
    }
}
