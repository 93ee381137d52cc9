use std::io::Write;
use std::time::Duration;

use super::*;
use crate::audio::decode::decode_bytes;
use crate::engine::nodes::shelf::sound_font as font;

const OGG: &[u8] = include_bytes!("../../../tests/fixtures/audio/tone.ogg");

fn folder() -> (tempfile::TempDir, Files) {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::new(folder.path());
    (folder, files)
}

#[test]
fn a_sound_is_found_by_its_bytes_and_given_again_while_it_is_used() {
    let (folder, files) = folder();
    fs::create_dir(folder.path().join("loops")).unwrap();
    // A lying extension.
    fs::write(folder.path().join("loops/beat.wav"), OGG).unwrap();
    let sound = files.sound("loops/beat.wav").unwrap();
    assert_eq!((sound.frames(), sound.channel_count()), (22_050, 2));
    assert!(Arc::ptr_eq(&sound, &files.sound("./loops/beat.wav").unwrap()));
    let whole = folder.path().join("loops/beat.wav");
    assert!(Arc::ptr_eq(&sound, &files.sound(whole.to_str().unwrap()).unwrap()));
    // Another file under the same name is another sound.
    fs::write(&whole, recorded(&[0.5, 0.25])).unwrap();
    assert_eq!(files.sound("loops/beat.wav").unwrap().channels(), [[0.5], [0.25]]);
}

/// A WAV file of these interleaved samples.
fn recorded(samples: &[f32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x03\0\x02\0\x80\xbb\0\0\0\xdc\x05\0\x08\0\x20\0data",
    );
    bytes.extend((samples.len() as u32 * 4).to_le_bytes());
    samples.iter().for_each(|x| bytes.extend(x.to_le_bytes()));
    bytes
}

#[test]
fn names_stay_in_the_music_folder() {
    let (folder, files) = folder();
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.wav");
    fs::write(&secret, recorded(&[0.1; 8])).unwrap();
    for name in ["../secret.wav", "a/../../secret.wav", "", ".."] {
        let error = files.sound(name).unwrap_err();
        assert!(!error.hint.is_empty() && !error.problem.is_empty(), "{name}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&secret, folder.path().join("link.wav")).unwrap();
        assert!(files.sound("link.wav").unwrap_err().problem.contains("leads out"));
        std::os::unix::fs::symlink(outside.path(), folder.path().join("out")).unwrap();
        let error = files.recording("out/new.wav", SampleRate::HZ_48000).err().unwrap();
        assert!(error.problem.contains("leads out"), "{error}");
    }
    assert!(files.sound(secret.to_str().unwrap()).is_ok(), "a whole path may lead anywhere");
    assert!(
        files.sound(folder.path().to_str().unwrap()).unwrap_err().problem.contains("not a file")
    );
}

#[test]
fn errors_show_no_escapes_and_say_what_to_do() {
    let (folder, files) = folder();
    let error = files.sound("\u{1b}]0;evil\u{7}gone\u{1b}[31m.wav").unwrap_err();
    assert_eq!(error.name, "gone.wav");
    assert!(!error.to_string().contains('\u{1b}') && error.hint.contains("relative names"));
    fs::write(folder.path().join("text.ogg"), "no sound at all").unwrap();
    let error = files.sound("text.ogg").unwrap_err();
    assert!(error.problem.contains("it is text") && error.hint.contains("ffmpeg"), "{error:?}");
}

#[test]
fn sound_fonts_are_read_and_compressed_ones_refused_with_advice() {
    let (folder, files) = folder();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let whole = font::minimal(b"");
    write("sine.sf2", &whole);
    let sine = files.sound_font("sine.sf2").unwrap();
    assert_eq!(sine.get_presets()[0].get_name(), "Sine");
    assert!(Arc::ptr_eq(&sine, &files.sound_font("sine.sf2").unwrap()));
    write("packed.sf2", &font::minimal(b"OggS"));
    let error = files.sound_font("packed.sf2").unwrap_err();
    assert!(
        error.problem.contains("SoundFont 3") && error.hint.contains("sf3convert"),
        "{error:?}"
    );
    write("cut.sf2", &whole[..whole.len() / 2]);
    assert!(files.sound_font("cut.sf2").unwrap_err().problem.contains("cut short"));
    write("text.sf2", b"hello");
    assert!(files.sound_font("text.sf2").unwrap_err().problem.contains("not a SoundFont"));
}

#[test]
fn a_lying_sound_font_neither_panics_through_nor_plays() {
    let whole = font::minimal(b"");
    let tables = whole.len() - 500;
    for at in (0..120).chain(tables..whole.len()) {
        for value in [0, 1, 0x7f, 0xff] {
            let mut lie = whole.clone();
            lie[at] = value;
            // Whatever it is: an answer, and no claimed memory.
            let _ = sound_font::read(&mut std::io::Cursor::new(&lie), lie.len() as u64);
        }
    }
}

/// Waits until a file is there.
fn finished(path: &Path) -> Vec<u8> {
    for _ in 0..500 {
        if let Ok(bytes) = fs::read(path) {
            return bytes;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{} was not finished", path.display());
}

#[test]
fn a_recording_becomes_a_file_when_its_end_is_dropped() {
    let (folder, files) = folder();
    let mut take = files.recording("new/jam", SampleRate::HZ_48000).unwrap();
    assert!(take.path.ends_with("new/jam.wav"));
    let samples = (0..20_000).map(|i| i as f32 / 20_000.0).collect::<Vec<_>>();
    for sample in &samples {
        while take.ring.push(*sample).is_err() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let path = folder.path().join("new/jam.wav");
    assert!(!path.exists(), "it gets its name when it is whole");
    drop(take);
    let (sound, info) = decode_bytes(&finished(&path)).unwrap();
    assert_eq!((info.channels, info.frames), (2, 10_000));
    let found = (0..10_000).flat_map(|i| [sound.channel(0)[i], sound.channel(1)[i]]);
    assert!(found.eq(samples));

    // A second one of the same name does not touch the first.
    let mut take = files.recording("new/jam.wav", SampleRate::HZ_48000).unwrap();
    take.ring.push(0.5).unwrap();
    take.ring.push(0.5).unwrap();
    drop(take);
    assert_eq!(decode_bytes(&finished(&folder.path().join("new/jam-2.wav"))).unwrap().1.frames, 1);
    assert_eq!(decode_bytes(&fs::read(&path).unwrap()).unwrap().1.frames, 10_000);
    assert_eq!(fs::read_dir(folder.path().join("new")).unwrap().count(), 2, "nothing is left over");
}

#[test]
fn a_full_file_is_followed_by_the_next_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wav");
    let mut take = recording::start_with(&path, SampleRate::HZ_48000, 800).unwrap();
    (0..500).for_each(|i| take.ring.push(i as f32).unwrap());
    drop(take);
    let mut all = Vec::new();
    for name in ["long.wav", "long-2.wav", "long-3.wav"] {
        let (sound, _) = decode_bytes(&finished(&folder.path().join(name))).unwrap();
        all.extend((0..sound.frames()).flat_map(|i| [sound.channel(0)[i], sound.channel(1)[i]]));
    }
    assert!(all.into_iter().eq((0..500).map(|i| i as f32)));
}

#[test]
fn recordings_say_what_stands_in_their_way() {
    let (folder, files) = folder();
    let error = files.recording("jam.mp3", SampleRate::HZ_48000).err().unwrap();
    assert!(error.hint.contains(".wav"));
    assert!(files.recording("../jam.wav", SampleRate::HZ_48000).is_err());
    let mut file = File::create(folder.path().join("file")).unwrap();
    file.write_all(b"x").unwrap();
    let error = files.recording("file/jam.wav", SampleRate::HZ_48000).err().unwrap();
    assert!(!error.hint.is_empty(), "{error}");
}
