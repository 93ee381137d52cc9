//! The latest points of a curve, written by the audio thread and read by any other, with no waiting on either side: a ring
//! that is always overwritten, never full.
//!
//! A queue would keep the oldest points and lose the newest when nobody reads; a curve needs it the other way round. So
//! the points lie in atomics, the writer counts what it has completed, and the reader looks at the count once more after
//! reading and drops what may have been overwritten meanwhile (the idea of a sequence lock: H.-J. Boehm, "Can seqlocks
//! get along with programming language memory models?", MSPC 2012).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// A point: `N` pairs of numbers.
pub(super) type Point<const N: usize> = [[f32; 2]; N];

struct Shared<const N: usize> {
    /// Points completed since birth; the next one has this number.
    count: AtomicU64,
    /// Number of the first point that may be shown.
    first: AtomicU64,
    /// Point `n` lies at `n` modulo the length. Each pair is one word, so it is never seen half written.
    slots: Box<[[AtomicU64; N]]>,
}

/// The audio side.
pub(super) struct TraceWriter<const N: usize> {
    shared: Arc<Shared<N>>,
    count: u64,
}

/// The control side.
pub(super) struct TraceReader<const N: usize> {
    shared: Arc<Shared<N>>,
}

/// A trace that holds `capacity` points, of which the reader should want some fewer, so that the writer may go on while it
/// reads. Thread: control.
pub(super) fn trace<const N: usize>(capacity: usize) -> (TraceWriter<N>, TraceReader<N>) {
    let slot = || std::array::from_fn(|_| AtomicU64::new(0));
    let shared = Arc::new(Shared {
        count: AtomicU64::new(0),
        first: AtomicU64::new(0),
        slots: std::iter::repeat_with(slot).take(capacity.max(1)).collect(),
    });
    (TraceWriter { shared: Arc::clone(&shared), count: 0 }, TraceReader { shared })
}

impl<const N: usize> TraceWriter<N> {
    /// Adds a point over the oldest one. Thread: audio.
    pub(super) fn push(&mut self, point: Point<N>) {
        // Whoever sees one of the new words below must also see the count that is stored already, and with it that the
        // slot is in use.
        fence(Ordering::Release);
        let index = (self.count % self.shared.slots.len() as u64) as usize;
        if let Some(slot) = self.shared.slots.get(index) {
            for (word, pair) in slot.iter().zip(point) {
                word.store(pack(pair), Ordering::Relaxed);
            }
        }
        self.count += 1;
        self.shared.count.store(self.count, Ordering::Release);
    }

    /// Hides all points that were written until now. Thread: audio.
    pub(super) fn clear(&mut self) {
        self.shared.first.store(self.count, Ordering::Release);
    }
}

impl<const N: usize> TraceReader<N> {
    /// At most the latest `wanted` points, oldest first, and the number of the first of them. Thread: control.
    pub(super) fn latest(&self, wanted: usize) -> (u64, Vec<Point<N>>) {
        let length = self.shared.slots.len() as u64;
        let count = self.shared.count.load(Ordering::Acquire);
        let shown = self.shared.first.load(Ordering::Acquire).min(count);
        let start = count.saturating_sub((wanted as u64).min(length)).max(shown);
        let mut points: Vec<_> = (start..count)
            .filter_map(|number| self.shared.slots.get((number % length) as usize))
            .map(|slot| slot.each_ref().map(|word| unpack(word.load(Ordering::Relaxed))))
            .collect();
        fence(Ordering::Acquire);
        let later = self.shared.count.load(Ordering::Relaxed);
        // Point `later` may be on its way into the slot of point `later - length`.
        let valid = (later + 1).saturating_sub(length).max(start);
        let lost = ((valid - start) as usize).min(points.len());
        points.drain(..lost);
        (start + lost as u64, points)
    }
}

/// Cuts points into groups of `size` whose borders do not move with time, so that a display of them does not shimmer;
/// `first` is the number of the first point. At most `most` groups, the newest, of which the last may be incomplete.
pub(super) fn groups<P>(first: u64, points: &[P], size: usize, most: usize) -> Vec<&[P]> {
    let size = size.max(1);
    let head = (size - (first % size as u64) as usize) % size;
    let (head, rest) = points.split_at(head.min(points.len()));
    let mut groups: Vec<_> =
        Some(head).into_iter().filter(|head| !head.is_empty()).chain(rest.chunks(size)).collect();
    groups.drain(..groups.len().saturating_sub(most));
    groups
}

fn pack([a, b]: [f32; 2]) -> u64 {
    u64::from(a.to_bits()) << 32 | u64::from(b.to_bits())
}

fn unpack(word: u64) -> [f32; 2] {
    [f32::from_bits((word >> 32) as u32), f32::from_bits(word as u32)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_newest_points_are_kept_and_a_clear_hides_them() {
        let (mut writer, reader) = trace::<1>(8);
        assert_eq!(reader.latest(5), (0, vec![]));
        for i in 0..20 {
            writer.push([[i as f32, -(i as f32)]]);
        }
        assert_eq!(reader.latest(3), (17, vec![[[17.0, -17.0]], [[18.0, -18.0]], [[19.0, -19.0]]]));
        assert_eq!(reader.latest(100).1.len(), 7, "the oldest may be in work");
        writer.clear();
        assert_eq!(reader.latest(3), (20, vec![]));
        writer.push([[1.0, 2.0]]);
        assert_eq!(reader.latest(3), (20, vec![[[1.0, 2.0]]]));
    }

    #[test]
    fn a_reader_never_sees_a_point_of_another_time() {
        const POINTS: usize = 400_000;
        let (mut writer, reader) = trace::<2>(1_024);
        let writing = std::thread::spawn(move || {
            for i in 0..POINTS {
                let x = i as f32;
                writer.push([[x, x], [x, x]]);
            }
        });
        let mut is_over = false;
        while !is_over {
            is_over = writing.is_finished();
            let (first, points) = reader.latest(1_000);
            for (number, point) in (first..).zip(&points) {
                assert_eq!(*point, [[number as f32; 2]; 2]);
            }
        }
        writing.join().unwrap();
        let (first, points) = reader.latest(1_000);
        assert_eq!((first, points.len()), (POINTS as u64 - 1_000, 1_000));
    }

    proptest! {
        #[test]
        fn groups_keep_their_borders(
            first in 0u64..1_000, count in 0usize..300, size in 1usize..40, most in 1usize..40,
        ) {
            let points = (first..first + count as u64).collect::<Vec<_>>();
            let groups = groups(first, &points, size, most);
            prop_assert!(groups.len() <= most);
            for group in &groups {
                prop_assert!(!group.is_empty());
                prop_assert!(group.iter().all(|n| n / size as u64 == group[0] / size as u64));
            }
            let kept = groups.concat();
            prop_assert_eq!(&points[count - kept.len()..], &kept[..]);
            prop_assert!(kept.len() == count || groups.len() == most);
        }
    }
}
