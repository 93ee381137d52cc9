use super::*;

fn step(delays: &[(u32, f32)]) -> Step {
    let feed = |(index, (delay, gain)): (usize, &(u32, f32))| Feed {
        node: index,
        port: 0,
        slot: index,
        gain: *gain,
        delay: *delay,
    };
    Step {
        id: "x".into(),
        inputs: vec![delays.iter().enumerate().map(feed).collect()],
        outputs: vec![0],
    }
}

/// A sine of 64 frames' period at half scale, so that every block is the same and the natural step is known.
fn sine(frame: usize) -> f32 {
    0.5 * libm::sinf(frame as f32 * std::f32::consts::TAU / 480.0)
}

/// Runs a wiring over blocks of the sine that every feed brings, from a frame on; answers the left side.
fn run(wiring: &mut Wiring, step: &Step, from: usize, blocks: usize) -> Vec<f32> {
    let mut heard = Vec::new();
    for block in 0..blocks {
        let samples: [f32; BLOCK] = std::array::from_fn(|i| sine(from + block * BLOCK + i));
        let source = AudioIn { left: &samples, right: &samples, silent: false };
        let mut inputs = [AudioIn::SILENCE];
        wiring.gather(step, &|_: &Feed| source, &mut [], &mut inputs);
        heard.extend_from_slice(inputs[0].left);
    }
    heard
}

fn largest_step(samples: &[f32]) -> f32 {
    samples.windows(2).fold(0.0, |largest, pair| largest.max((pair[1] - pair[0]).abs()))
}

const NATURAL: f32 = 0.5 * std::f32::consts::TAU / 480.0;

#[test]
fn a_new_connection_fades_in_after_its_delay() {
    let step = step(&[(100, 1.0)]);
    let mut wiring = Wiring::new(&step, |_, _| Origin::New);
    let heard = run(&mut wiring, &step, 0, 20);
    assert!(heard[..100].iter().all(|x| *x == 0.0));
    assert!(largest_step(&heard) < NATURAL + 0.5 / FADE_FRAMES as f32 + 1e-6);
    // From the end of the fade on it is the source, late by the delay, to the bit.
    for (frame, x) in heard.iter().enumerate().skip(2 * BLOCK + FADE_FRAMES) {
        assert_eq!(*x, sine(frame - 100), "frame {frame}");
    }
}

#[test]
fn a_leaving_connection_is_silent_after_its_fade() {
    let step = step(&[(0, 1.0), (0, 1.0)]);
    let mut wiring = Wiring::new(&step, |_, _| Origin::First);
    let before = run(&mut wiring, &step, 0, 4);
    wiring.fade_out(0, 1);
    let after = run(&mut wiring, &step, 4 * BLOCK, 8);
    let all = [before, after].concat();
    assert_eq!(all[100], 2.0 * sine(100));
    assert!(largest_step(&all) < 2.0 * NATURAL + 0.5 / FADE_FRAMES as f32 + 1e-6);
    for (frame, x) in all.iter().enumerate().skip(4 * BLOCK + FADE_FRAMES) {
        assert_eq!(*x, sine(frame));
    }
}

/// Changes the delay of one connection while it sounds.
fn change(from: u32, to: u32) {
    let (before, after) = (step(&[(from, 1.0)]), step(&[(to, 1.0)]));
    let origin = |_, _| Origin::Old { port: 0, index: 0, delay: from };
    let mut old = Wiring::new(&before, |_, _| Origin::First);
    let mut heard = run(&mut old, &before, 0, 200);
    let mut new = Wiring::new(&after, origin);
    new.adopt(&mut old, origin);
    heard.extend(run(&mut new, &after, 200 * BLOCK, 400));
    let from_there = &heard[from as usize..];
    assert!(
        largest_step(from_there) < NATURAL + 1.0 / FADE_FRAMES as f32 + 1e-6,
        "{from} to {to} clicks: {}",
        largest_step(from_there)
    );
    let settled = 200 * BLOCK + to as usize + BLOCK + FADE_FRAMES;
    for (frame, x) in heard.iter().enumerate().skip(settled) {
        assert_eq!(*x, sine(frame - to as usize), "{from} to {to}, frame {frame}");
    }
}

#[test]
fn a_change_of_delay_is_heard_as_one_short_fade() {
    for (from, to) in [(0, 77), (77, 0), (1, 8_192), (8_192, 1), (64, 63), (500, 501), (0, 64)] {
        change(from, to);
    }
}

#[test]
fn a_change_of_level_glides() {
    let (before, after) = (step(&[(0, 1.0)]), step(&[(0, 0.25)]));
    let origin = |_, _| Origin::Old { port: 0, index: 0, delay: 0 };
    let mut old = Wiring::new(&before, |_, _| Origin::First);
    run(&mut old, &before, 0, 3);
    let mut new = Wiring::new(&after, origin);
    new.adopt(&mut old, origin);
    let heard = run(&mut new, &after, 3 * BLOCK, 8);
    assert!(largest_step(&heard) < NATURAL + 0.5 / FADE_FRAMES as f32 + 1e-6);
    assert_eq!(heard[0], sine(3 * BLOCK));
    assert_eq!(heard[FADE_FRAMES], 0.25 * sine(3 * BLOCK + FADE_FRAMES));
}
