//! The channel against the strip that it extends, its sends, its solo, its meter, and the quiet of its faders.

use super::*;
use crate::engine::node::{BLOCK, BlockTime};
use crate::engine::nodes::mix;
use crate::model::graph::NodeSpec;
use crate::model::node_data::{MeterData, NodeData};
use realfft::RealFftPlanner;

type Stereo = (Vec<f32>, Vec<f32>);

fn node(node_type: NodeType, params: &[(&str, f64)]) -> Box<dyn Processor> {
    let params = params.iter().map(|(id, value)| ((*id).to_owned(), *value)).collect();
    let kind = node_type.descriptor.id.into();
    let spec = NodeSpec { id: "n".into(), kind, params, config: [].into() };
    let settings = Settings::new(&spec, node_type.descriptor).unwrap();
    (node_type.build)(&BuildContext::new(48_000.0, 1), &settings).unwrap()
}

fn channel(params: &[(&str, f64)]) -> Box<dyn Processor> {
    node(node_types()[0], params)
}

fn index(id: &str) -> u16 {
    CHANNEL.params.iter().position(|param| param.id == id).unwrap() as u16
}

/// Plays a signal in blocks; `events` are asked before each. Gives what each output held.
fn play(
    node: &mut dyn Processor,
    outputs: usize,
    input: &Stereo,
    mut events: impl FnMut(usize) -> Option<Event>,
) -> Vec<Stereo> {
    let frames = input.0.len();
    let mut sound = vec![(vec![9.0; frames], vec![9.0; frames]); outputs];
    for at in (0..frames).step_by(BLOCK) {
        let range = at..(at + BLOCK).min(frames);
        while let Some(event) = events(at) {
            node.handle(event);
        }
        let (left, right) = (&input.0[range.clone()], &input.1[range.clone()]);
        let mut outs = sound
            .iter_mut()
            .map(|(l, r)| AudioOut { left: &mut l[range.clone()], right: &mut r[range.clone()] })
            .collect::<Vec<_>>();
        let activity = node.process(&mut Io {
            frames: range.len(),
            inputs: &[AudioIn { left, right, silent: false }],
            outputs: &mut outs,
            time: BlockTime::REST,
            live: AudioIn::SILENCE,
        });
        if activity == Activity::Silent {
            for (left, right) in &mut sound {
                left[range.clone()].fill(0.0);
                right[range.clone()].fill(0.0);
            }
        }
    }
    sound
}

/// One event, at the block that starts at a frame.
fn once(frame: usize, id: &str, value: f32) -> impl FnMut(usize) -> Option<Event> {
    let mut event = Some(Event::Param { index: index(id), value });
    move |at| event.take_if(|_| at == frame)
}

fn never(_: usize) -> Option<Event> {
    None
}

fn tone(hz: f64, frames: usize) -> Vec<f32> {
    (0..frames)
        .map(|i| libm::sin(std::f64::consts::TAU * hz * i as f64 / 48_000.0) as f32)
        .collect()
}

fn material(frames: usize) -> Stereo {
    (tone(1_000.0, frames), tone(311.0, frames))
}

#[test]
fn its_fader_pan_and_width_are_those_of_the_strip() {
    let input = material(4_800);
    for params in [
        vec![],
        vec![("gain_db", -7.5), ("pan", 0.4), ("width", 1.7)],
        vec![("gain_db", 3.0), ("pan", -1.0), ("width", 0.0)],
        vec![("mute", 1.0)],
    ] {
        let strip = play(node(mix::node_types()[0], &params).as_mut(), 1, &input, never);
        let ours = play(channel(&params).as_mut(), 5, &input, never);
        assert!(ours[0] == strip[0], "{params:?}");
        assert!(ours[1..].iter().all(|(l, r)| l.iter().chain(r).all(|x| *x == 0.0)));
    }
}

#[test]
fn sends_follow_the_fader_or_do_not_as_their_switch_says() {
    let input = material(4_800);
    let params = [
        ("gain_db", -12.0),
        ("pan", 1.0),
        ("polarity", 1.0),
        ("send2_db", -6.0),
        ("send3_db", -6.0),
        ("send3_pre", 1.0),
    ];
    let sound = play(channel(&params).as_mut(), 5, &input, never);
    let scaled = |x: &[f32], gain: f32| x.iter().map(|x| x * gain).collect::<Vec<_>>();
    let level = fader(-6.0);
    assert_eq!(sound[2].0, scaled(&sound[0].0, level));
    assert_eq!(sound[2].1, scaled(&sound[0].1, level));
    assert_eq!(sound[3].0, scaled(&input.0, -level), "as it came, but for the polarity");
    assert_eq!(sound[3].1, scaled(&input.1, -level));
    assert!(sound[1].0.iter().chain(&sound[4].1).all(|x| *x == 0.0));
}

#[test]
fn mute_and_solo_silence_all_ways_out() {
    let input = material(9_600);
    let sends = [("send1_db", 0.0), ("send4_db", 0.0), ("send4_pre", 1.0)];
    let is_silent = |sound: &[Stereo]| {
        sound.iter().all(|(l, r)| l[4_800..].iter().chain(&r[4_800..]).all(|x| *x == 0.0))
    };
    for (id, soloed, silent) in [
        ("mute", 0.0, true),
        ("mute", 1.0, true),
        ("silenced", 0.0, true),
        ("silenced", 1.0, false),
    ] {
        let mut params = sends.to_vec();
        params.push(("solo", soloed));
        let sound = play(channel(&params).as_mut(), 5, &input, once(1_024, id, 1.0));
        assert_eq!(is_silent(&sound), silent, "{id} with solo at {soloed}");
        // The way there has no step beyond the material's own.
        let steepest = |x: &[f32]| x.windows(2).fold(0.0f32, |m, w| m.max((w[1] - w[0]).abs()));
        assert!(steepest(&sound[4].0) <= steepest(&input.0) + 0.003);
    }
}

#[test]
fn turning_a_send_to_pre_fades_over() {
    let ones = (vec![1.0f32; 9_600], vec![1.0f32; 9_600]);
    let params = [("gain_db", -20.0), ("send1_db", 0.0)];
    let sound = play(channel(&params).as_mut(), 5, &ones, once(1_024, "send1_pre", 1.0));
    let send = &sound[1].0;
    assert!(send[1_000] < 0.08 && send[9_000] == 1.0);
    assert!(send.windows(2).all(|w| w[1] >= w[0] && w[1] - w[0] < 0.003));
}

/// Power outside of `hz` by 250 Hz and more, in dB against the whole.
fn stray(sound: &[f32], hz: f64) -> f64 {
    let size = sound.len();
    let mut windowed = sound
        .iter()
        .enumerate()
        .map(|(i, x)| {
            // Blackman's window in its four-term form by Harris: side lobes below -92 dB.
            let turn = std::f64::consts::TAU * i as f64 / size as f64;
            let window = 0.358_75 - 0.488_29 * libm::cos(turn) + 0.141_28 * libm::cos(2.0 * turn)
                - 0.011_68 * libm::cos(3.0 * turn);
            x * window as f32
        })
        .collect::<Vec<_>>();
    let transform = RealFftPlanner::new().plan_fft_forward(size);
    let mut spectrum = transform.make_output_vec();
    transform.process(&mut windowed, &mut spectrum).unwrap();
    let (mut far, mut all) = (0.0, 0.0);
    for (bin, value) in spectrum.iter().enumerate() {
        let power = f64::from(value.norm_sqr());
        all += power;
        if (bin as f64 * 48_000.0 / size as f64 - hz).abs() > 250.0 {
            far += power;
        }
    }
    10.0 * libm::log10(far / all)
}

#[test]
fn a_swept_gain_makes_no_zipper_noise() {
    let input = (tone(1_000.0, 48_000), tone(1_000.0, 48_000));
    // A hand on the fader and on a send: a new value every 10 ms, over 30 dB and back in a second.
    let position = |at: usize| -30.0 * (1.0 - (2.0 * at as f32 / 48_000.0 - 1.0).abs());
    for (id, output) in [("gain_db", 0), ("send1_db", 1), ("pan", 0)] {
        let mut last = usize::MAX;
        let sound = play(channel(&[("send1_db", 0.0)]).as_mut(), 5, &input, |at| {
            let due = at % 512 == 0 && at != last;
            last = at;
            let value = if id == "pan" { position(at) / 15.0 + 1.0 } else { position(at) };
            due.then(|| Event::Param { index: index(id), value })
        });
        let smooth = stray(&sound[output].0, 1_000.0);
        let stepped = input.0.iter().enumerate();
        let stepped = stepped.map(|(i, x)| x * fader(position(i - i % 512))).collect::<Vec<_>>();
        let rough = stray(&stepped, 1_000.0);
        assert!(smooth < -60.0 && smooth < rough - 20.0, "{id}: {smooth} dB, steps {rough} dB");
    }
}

fn meter(monitor: &mut Box<dyn Monitor>) -> MeterData {
    match monitor.read(0) {
        NodeData::Meter(data) => data,
        other => panic!("{other:?}"),
    }
}

#[test]
fn its_meter_reads_what_leaves_it_and_falls_with_the_silence() {
    let near = |read: Option<f64>, wanted: f64| read.is_some_and(|db| (db - wanted).abs() < 0.05);
    let mut channel = channel(&[("gain_db", -6.0)]);
    let mut monitor = channel.monitor().unwrap();
    assert!(channel.monitor().is_none(), "there is one monitor");
    let input = (tone(1_000.0, 48_000), tone(1_000.0, 48_000));
    play(channel.as_mut(), 5, &input, never);
    let data = meter(&mut monitor);
    // -6 dB, and -3 dB for a pan in the centre.
    assert!(data.peak_db.iter().all(|db| near(*db, -9.01)), "{data:?}");
    assert!(data.rms_db.iter().all(|db| near(*db, -12.02)), "{data:?}");
    assert!(data.correlation.unwrap() > 0.999 && data.true_peak_db.is_none());
    play(channel.as_mut(), 5, &input, once(0, "mute", 1.0));
    meter(&mut monitor);
    assert_eq!(meter(&mut monitor), MeterData::default());
}
