//! The smallest SoundFont 2 that plays: one preset (bank 0, program 0), one instrument, one looped sine of 100 frames a
//! period at 48 kHz, so key 60 sounds at 480 Hz. Made in memory, so no test needs a file of somebody's.

/// The bytes of the file. `magic` goes before the samples, to pretend to another kind.
pub(crate) fn minimal(magic: &[u8]) -> Vec<u8> {
    let mut samples = magic.to_vec();
    for i in 0..2_000 {
        let wave = (f64::from(i) * std::f64::consts::TAU / 100.0).sin();
        samples.extend(((wave * 16_000.0) as i16).to_le_bytes());
    }
    // 46 silent frames behind a sample, as the specification asks.
    samples.extend([0; 92]);

    let mut info = chunk(b"ifil", &[2, 0, 1, 0]);
    info.extend(chunk(b"isng", b"EMU8000\0"));
    info.extend(chunk(b"INAM", b"Sine\0\0"));

    let words = |words: &[u16]| words.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>();
    let preset = |name: &str, bag: u16| {
        let mut out = named(name);
        out.extend(words(&[0, 0, bag]));
        out.extend([0; 12]);
        out
    };
    let instrument = |name: &str, bag: u16| {
        let mut out = named(name);
        out.extend(words(&[bag]));
        out
    };
    let mut sample = named("sine");
    for place in [0_u32, 2_000, 500, 1_500, 48_000] {
        sample.extend(place.to_le_bytes());
    }
    sample.extend([60, 0]);
    sample.extend(words(&[0, 1]));
    sample.extend(named("EOS"));
    sample.extend([0; 26]);

    let mut tables = chunk(b"phdr", &[preset("Sine", 0), preset("EOP", 1)].concat());
    tables.extend(chunk(b"pbag", &words(&[0, 0, 1, 0])));
    tables.extend(chunk(b"pmod", &[0; 10]));
    // Generator 41: the instrument.
    tables.extend(chunk(b"pgen", &words(&[41, 0, 0, 0])));
    tables.extend(chunk(b"inst", &[instrument("Sine", 0), instrument("EOI", 1)].concat()));
    tables.extend(chunk(b"ibag", &words(&[0, 0, 2, 0])));
    tables.extend(chunk(b"imod", &[0; 10]));
    // Generator 54: looped; 53: the sample.
    tables.extend(chunk(b"igen", &words(&[54, 1, 53, 0, 0, 0])));
    tables.extend(chunk(b"shdr", &sample));

    let mut body = b"sfbk".to_vec();
    body.extend(list(b"INFO", &info));
    body.extend(list(b"sdta", &chunk(b"smpl", &samples)));
    body.extend(list(b"pdta", &tables));
    chunk(b"RIFF", &body)
}

fn chunk(id: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut out = id.to_vec();
    out.extend((content.len() as u32).to_le_bytes());
    out.extend(content);
    out
}

fn list(id: &[u8; 4], content: &[u8]) -> Vec<u8> {
    chunk(b"LIST", &[&id[..], content].concat())
}

fn named(name: &str) -> Vec<u8> {
    let mut out = name.as_bytes().to_vec();
    out.resize(20, 0);
    out
}
