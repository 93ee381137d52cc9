use super::*;

/// A sine that remembers what was asked of it.
struct Sine {
    phase: f32,
    gain: f32,
    held: bool,
    slides: u32,
}

impl Voice for Sine {
    type Patch = ();

    fn start(&mut self, _: &(), note: &NoteStart) {
        *self = Self { phase: 0.0, gain: note.velocity, held: true, slides: 0 };
    }
    fn slide(&mut self, _: &(), _: &NoteStart) {
        self.slides += 1;
    }
    fn release(&mut self, _: &()) {
        self.held = false;
    }
    fn render(&mut self, _: &(), pitch: f32, left: &mut [f32], right: &mut [f32]) -> bool {
        for (l, r) in left.iter_mut().zip(right) {
            self.phase += crate::dsp::math::pitch_to_hz(pitch) / 48_000.0;
            self.phase -= libm::floorf(self.phase);
            if !self.held {
                self.gain *= 0.999;
            }
            let y = self.gain * crate::dsp::math::sin_turns(self.phase);
            *l += y;
            *r += y;
        }
        self.gain > 1e-4
    }
    fn level(&self) -> f32 {
        self.gain
    }
}

fn pool(mode: Mode, count: usize) -> Voices<Sine> {
    let voices =
        (0..count).map(|_| Sine { phase: 0.0, gain: 0.0, held: false, slides: 0 }).collect();
    Voices::new(mode, voices, 48_000.0, 1)
}

fn render(pool: &mut Voices<Sine>, blocks: usize) -> Vec<f32> {
    let mut out = vec![];
    for _ in 0..blocks {
        let (mut l, mut r) = ([0.0; 64], [0.0; 64]);
        pool.render(&(), &mut l, &mut r);
        out.extend_from_slice(&l);
    }
    out
}

#[test]
fn a_stolen_voice_leaves_no_step() {
    let mut pool = pool(Mode::Poly, 1);
    pool.note_on(&(), 1, 45.0, 1.0);
    let mut wave = render(&mut pool, 7);
    pool.note_on(&(), 2, 52.0, 1.0);
    wave.extend(render(&mut pool, 7));
    // Two sines of 110 and 165 Hz at once move at most 0.036 a frame.
    let worst = wave.windows(2).fold(0.0_f32, |w, p| w.max((p[1] - p[0]).abs()));
    assert!(worst < 0.045, "largest step {worst}");
}

#[test]
fn the_quietest_released_voice_goes_first() {
    let mut pool = pool(Mode::Poly, 2);
    pool.note_on(&(), 1, 60.0, 1.0);
    pool.note_on(&(), 2, 64.0, 0.3);
    pool.note_off(&(), 1);
    render(&mut pool, 20);
    pool.note_on(&(), 3, 67.0, 0.8);
    let notes: Vec<u32> = pool.slots.iter().map(|s| s.note).collect();
    assert_eq!(notes, [3, 2]);
}

#[test]
fn mono_slides_and_returns() {
    let mut pool = pool(Mode::Mono, 2);
    pool.note_on(&(), 1, 60.0, 1.0);
    pool.note_on(&(), 2, 67.0, 1.0);
    assert_eq!(pool.sounding_count(), 1);
    assert_eq!(pool.slots[0].voice.slides, 1);
    pool.note_off(&(), 2);
    assert!(pool.slots[0].held);
    assert_eq!(pool.slots[0].target, 60.0);
    pool.note_off(&(), 1);
    assert!(!pool.slots[0].held);
}

#[test]
fn mono_slides_while_the_note_before_still_fades() {
    let mut pool = pool(Mode::Mono, 2);
    pool.note_on(&(), 1, 60.0, 1.0);
    pool.note_off(&(), 1);
    render(&mut pool, 1);
    pool.note_on(&(), 2, 64.0, 1.0);
    pool.note_on(&(), 3, 67.0, 1.0);
    assert_eq!(pool.slots.iter().filter(|s| s.held).count(), 1);
    pool.note_off(&(), 2);
    pool.note_off(&(), 3);
    assert!(pool.slots.iter().all(|s| !s.held));
    render(&mut pool, 300);
    assert!(!pool.is_sounding());
}

#[test]
fn glide_reaches_its_target() {
    let mut pool = pool(Mode::Mono, 1);
    pool.set_glide(0.1);
    pool.note_on(&(), 1, 48.0, 1.0);
    render(&mut pool, 10);
    pool.note_on(&(), 2, 60.0, 1.0);
    render(&mut pool, 2);
    assert!(pool.slots[0].pitch > 48.0 && pool.slots[0].pitch < 55.0);
    render(&mut pool, 400);
    assert!((pool.slots[0].pitch - 60.0).abs() < 0.01);
}

#[test]
fn solo_releases_the_note_before() {
    let mut pool = pool(Mode::Solo, 3);
    pool.note_on(&(), 1, 40.0, 1.0);
    pool.note_on(&(), 2, 43.0, 1.0);
    assert_eq!(pool.slots.iter().filter(|s| s.held).count(), 1);
    pool.release_all(&());
    render(&mut pool, 300);
    assert!(!pool.is_sounding());
}

#[test]
fn contours_reach_their_stages() {
    let shape = Shape { attack: 0.01, decay: 0.05, sustain: 0.5, release: 0.02 };
    let mut contour = Contour::default();
    contour.start();
    let mut peak = 0.0_f32;
    for _ in 0..400 {
        peak = peak.max(contour.advance(&shape, 64, 48_000.0).to);
    }
    assert!((peak - 1.0).abs() < 1e-6);
    assert!((contour.value() - 0.5).abs() < 1e-3);
    contour.release();
    for _ in 0..400 {
        contour.advance(&shape, 64, 48_000.0);
    }
    assert!(contour.is_over(&shape));
}
