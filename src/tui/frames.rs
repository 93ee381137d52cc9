//! When to draw: what was asked for is drawn once, and what moves by itself not more often than 60 times a second. What a
//! person does is drawn almost at once, since waiting for the next frame of an animation is what makes typing feel slow.

use std::time::Duration;

/// Shortest time between two frames of what moves by itself.
pub const SHORTEST: Duration = Duration::from_micros(16_667);
/// Shortest time before a frame that answers a key.
pub const PROMPT: Duration = Duration::from_millis(4);

/// Requests for frames, coalesced. Times are those of a clock that only goes forward, in any unit of `Duration`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Frames {
    wanted: bool,
    urgent: bool,
    drawn_at: Option<Duration>,
}

impl Frames {
    /// Asks for a frame.
    pub fn request(&mut self) {
        self.wanted = true;
    }

    /// Asks for a frame that answers what a person did.
    pub fn urge(&mut self) {
        self.wanted = true;
        self.urgent = true;
    }

    /// How long to wait before the frame may be drawn; `None` where none was asked for.
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        let since = self.drawn_at.map_or(SHORTEST, |at| now.saturating_sub(at));
        let shortest = if self.urgent { PROMPT } else { SHORTEST };
        self.wanted.then(|| shortest.saturating_sub(since))
    }

    /// A frame has been drawn.
    pub fn drawn(&mut self, now: Duration) {
        self.wanted = false;
        self.urgent = false;
        self.drawn_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_requests_are_one_frame_and_frames_keep_their_distance() {
        let ms = Duration::from_millis;
        let mut frames = Frames::default();
        assert_eq!(frames.wait(ms(0)), None);
        frames.request();
        frames.request();
        assert_eq!(frames.wait(ms(0)), Some(Duration::ZERO));
        frames.drawn(ms(0));
        assert_eq!(frames.wait(ms(1)), None);
        frames.request();
        assert_eq!(frames.wait(ms(1)), Some(SHORTEST - ms(1)));
        assert_eq!(frames.wait(ms(40)), Some(Duration::ZERO));
    }

    #[test]
    fn a_key_is_answered_before_the_next_frame_of_an_animation() {
        let ms = Duration::from_millis;
        let mut frames = Frames::default();
        frames.request();
        frames.drawn(ms(0));
        frames.request();
        frames.urge();
        assert_eq!(frames.wait(ms(1)), Some(ms(3)));
        assert_eq!(frames.wait(ms(5)), Some(Duration::ZERO));
        frames.drawn(ms(5));
        frames.request();
        assert_eq!(frames.wait(ms(6)), Some(SHORTEST - ms(1)));
    }

    #[test]
    fn a_second_has_at_most_sixty_frames() {
        let (mut frames, mut count) = (Frames::default(), 0);
        for tick in 0..10_000_u64 {
            let now = Duration::from_micros(tick * 100);
            frames.request();
            if frames.wait(now) == Some(Duration::ZERO) {
                frames.drawn(now);
                count += 1;
            }
        }
        assert!((59..=60).contains(&count), "{count}");
    }
}
