//! What must hold of every piece, over genres and seeds.

use std::collections::BTreeSet;

use super::*;
use crate::generate::composer::fixture::{GENRES, in_metre, piece};
use crate::generate::composer::genre::style::felt_beats;
use crate::generate::composer::ground::palette;
use crate::generate::composer::perform;
use crate::generate::composer::sketch::GridNote;
use crate::music::score::Part;

fn line(lines: &[Line], role: Role) -> &[GridNote] {
    lines.iter().find(|l| l.role == role).map_or(&[], |l| &l.notes)
}

fn parts(ground: &Ground<'_>, lines: &[Line]) -> Vec<Part> {
    perform::perform(ground, lines, &|_, _| true)
}

#[test]
fn notes_lie_inside_the_piece_and_last() {
    for id in GENRES {
        for seed in 0..8 {
            for bars in [8, 20, 60] {
                let piece = piece(id, seed, bars);
                let ground = piece.ground();
                let lines = write(&ground);
                let total = piece.plan.beats();
                assert!(!lines.is_empty(), "{id} {seed}");
                for part in parts(&ground, &lines) {
                    let mut last = 0.0;
                    for note in &part.notes {
                        assert!(note.beat >= 0.0 && note.beat < total, "{id} {} {note:?}", part.id);
                        assert!(note.beats > 0.0, "{id} {} {note:?}", part.id);
                        assert!(
                            note.beat + note.beats <= total + 8.5,
                            "{id} {} {note:?} of {total}",
                            part.id
                        );
                        assert!(note.velocity > 0.0 && note.velocity <= 1.0);
                        assert!(note.beat >= last, "{id} {} is not sorted", part.id);
                        last = note.beat;
                    }
                    let sorted = part.controls.windows(2).all(|w| w[0].beat <= w[1].beat);
                    assert!(sorted, "{id} {}", part.id);
                }
            }
        }
    }
}

#[test]
fn every_metre_can_be_played() {
    for id in GENRES {
        for metre in ["3/4", "6/8", "5/4", "7/8", "12/8", "2/4"] {
            let piece = in_metre(id, 3, 16, metre.parse().unwrap());
            let ground = piece.ground();
            let lines = write(&ground);
            let bar = ground.bar_beats();
            let drums = line(&lines, Role::Drums);
            if id != "ambient" && id != "jazz" && !drums.is_empty() {
                let on_one = drums.iter().any(|n| n.pitch == 36 && n.beat.rem_euclid(bar) < 1e-6);
                assert!(on_one, "{id} in {metre} has no kick on the downbeat");
            }
            assert!(lines.iter().all(|l| l.notes.iter().all(|n| n.beat < piece.plan.beats())));
        }
    }
}

#[test]
fn backbeats_are_where_the_style_has_them() {
    for id in ["lofi", "pop", "rock", "house"] {
        for seed in 0..6 {
            let piece = piece(id, seed, 40);
            let ground = piece.ground();
            let lines = write(&ground);
            let drums = line(&lines, Role::Drums);
            let (mut hit, mut all) = (0, 0);
            for bar in ground.bars_of(Role::Drums) {
                // Full grooves only, and bars without a fill.
                if bar.energy < 0.4
                    || bar.energy > 0.98
                    || bar.within % 4 == 3
                    || bar.within + 1 == bar.section.bars
                {
                    continue;
                }
                if matches!(
                    bar.section.kind,
                    crate::generate::composer::sketch::SectionKind::Verse
                        | crate::generate::composer::sketch::SectionKind::Chorus
                        | crate::generate::composer::sketch::SectionKind::Drop
                ) {
                    all += 2;
                    for beat in [1.0, 3.0] {
                        let at = bar.beat + beat;
                        hit +=
                            i32::from(drums.iter().any(|n| {
                                (37..=40).contains(&n.pitch) && (n.beat - at).abs() < 1e-6
                            }));
                    }
                }
            }
            assert!(f64::from(hit) >= 0.95 * f64::from(all), "{id} {seed}: {hit} of {all}");
        }
    }
}

#[test]
fn the_bass_states_the_changes() {
    for id in ["lofi", "house", "pop", "rock", "jazz"] {
        let (mut roots, mut changes) = (0, 0);
        for seed in 0..10 {
            let piece = piece(id, seed, 32);
            let ground = piece.ground();
            let lines = write(&ground);
            let bass = line(&lines, Role::Bass);
            for span in &piece.harmony.spans {
                // What sounds first within the first half-beat of a chord, where the bass plays there at all.
                let section = &piece.plan.sections[span.section];
                let plays =
                    bass.iter().find(|n| n.beat >= span.beat - 1e-6 && n.beat < span.beat + 1.1);
                if let Some(note) = plays.filter(|_| section.roles.contains(&Role::Bass)) {
                    changes += 1;
                    roots += i32::from(note.pitch % 12 == span.chord.bass_class());
                }
            }
            let style = &piece.plan.genre.style.bass;
            let range = ground.range(Role::Bass, style.range);
            for note in bass {
                assert!(
                    note.pitch >= range[0].min(style.range[0])
                        && note.pitch <= style.range[1].max(range[1]),
                    "{id} {note:?}"
                );
            }
            assert!(
                bass.windows(2).all(|w| w[0].beat + w[0].beats <= w[1].beat + 1e-6),
                "{id} overlaps"
            );
        }
        assert!(f64::from(roots) >= 0.9 * f64::from(changes), "{id}: {roots} of {changes}");
        assert!(changes > 20, "{id}: only {changes} changes");
    }
}

#[test]
fn strong_beats_of_the_lead_are_chord_tones() {
    for id in GENRES {
        let (mut good, mut all) = (0, 0);
        for seed in 0..10 {
            let piece = piece(id, seed, 40);
            let ground = piece.ground();
            let felt = felt_beats(piece.plan.metre);
            for note in line(&write(&ground), Role::Lead) {
                let in_bar = note.beat.rem_euclid(ground.bar_beats());
                if felt.iter().step_by(2).any(|f| (f - in_bar).abs() < 1e-6) {
                    all += 1;
                    good += i32::from(
                        ground.chord(note.beat + 1e-6).unwrap().chord.contains(note.pitch % 12),
                    );
                }
            }
        }
        assert!(all > 30, "{id}: only {all} notes on strong beats");
        assert!(f64::from(good) >= 0.85 * f64::from(all), "{id}: {good} of {all}");
    }
}

#[test]
fn pitched_notes_belong_to_the_key_or_the_chord() {
    for id in GENRES {
        let wanted = if id == "jazz" { 0.8 } else { 0.9 };
        for seed in 0..6 {
            let piece = piece(id, seed, 40);
            let ground = piece.ground();
            let (mut good, mut all) = (0, 0);
            for line in write(&ground) {
                if matches!(line.role, Role::Drums | Role::Percussion | Role::Texture | Role::Fx) {
                    continue;
                }
                for note in &line.notes {
                    let Some(span) = ground.chord(note.beat + 1e-6) else { continue };
                    all += 1;
                    good += i32::from(palette(span.key, span).contains(&(note.pitch % 12)));
                }
            }
            assert!(f64::from(good) >= wanted * f64::from(all), "{id} {seed}: {good} of {all}");
        }
    }
}

#[test]
fn the_hook_comes_back_note_for_note() {
    for id in ["pop", "rock", "jazz"] {
        for seed in 0..6 {
            let piece = piece(id, seed, 80);
            let ground = piece.ground();
            let lines = write(&ground);
            let lead = line(&lines, Role::Lead);
            let bar = ground.bar_beats();
            let tune_of = |index: usize| -> Vec<(i64, u8)> {
                let section = &piece.plan.sections[index];
                let start = f64::from(section.start_bar) * bar;
                let end = start + f64::from(section.bars) * bar;
                lead.iter()
                    .filter(|n| n.beat >= start - 1e-6 && n.beat < end - 1e-6)
                    .map(|n| (((n.beat - start) * 48.0).round() as i64, n.pitch))
                    .collect()
            };
            let sections = &piece.plan.sections;
            let mut compared = 0;
            for (index, section) in sections.iter().enumerate() {
                let improvised =
                    section.kind == crate::generate::composer::sketch::SectionKind::Solo;
                let first = sections
                    .iter()
                    .position(|s| s.letter == section.letter && s.kind == section.kind)
                    .unwrap();
                let last = index + 1 == sections.len();
                if first == index || improvised || last || !section.roles.contains(&Role::Lead) {
                    continue;
                }
                let (a, b) = (tune_of(first), tune_of(index));
                let same = a.iter().filter(|n| b.contains(n)).count();
                compared += 1;
                // All but the one note of the climax.
                assert!(
                    same + 1 >= a.len().max(b.len()),
                    "{id} {seed}: {same} of {} and {}",
                    a.len(),
                    b.len()
                );
            }
            assert!(compared > 0, "{id} {seed} has no recurring section");
        }
    }
}

#[test]
fn the_melody_breathes_steps_and_peaks_once() {
    for id in ["pop", "rock", "jazz", "lofi"] {
        let (mut recovered, mut leaps, mut in_place, mut pieces) = (0, 0, 0, 0);
        for seed in 0..12 {
            let piece = piece(id, seed, 60);
            let ground = piece.ground();
            let lines = write(&ground);
            let lead = line(&lines, Role::Lead);
            let range = ground.range(Role::Lead, piece.plan.colour.style.lead.range);
            let (low, high) =
                lead.iter().fold((127, 0), |(l, h), n| (l.min(n.pitch), h.max(n.pitch)));
            assert!(
                low + 2 >= range[0] && high <= range[1] + 5,
                "{id} {seed}: {low}..{high} of {range:?}"
            );
            assert!(high - low <= 28, "{id} {seed}: {low}..{high}");
            for w in lead.windows(3) {
                let (first, second) = (
                    i32::from(w[1].pitch) - i32::from(w[0].pitch),
                    i32::from(w[2].pitch) - i32::from(w[1].pitch),
                );
                let close = w[2].beat - w[0].beat < 4.0;
                if close && first.abs() > 5 {
                    leaps += 1;
                    recovered += i32::from(second.signum() != first.signum());
                }
            }
            let tops = lead.iter().filter(|n| n.pitch == high).collect::<Vec<_>>();
            pieces += 1;
            let total = piece.plan.beats();
            in_place +=
                i32::from(tops.len() == 1 && (0.6..=0.75).contains(&(tops[0].beat / total)));
            let longest = {
                let mut run = 0.0_f64;
                let mut since = lead.first().map_or(0.0, |n| n.beat);
                for w in lead.windows(2) {
                    if w[1].beat - (w[0].beat + w[0].beats) > 0.45 {
                        since = w[1].beat;
                    }
                    run = run.max(w[1].beat + w[1].beats - since);
                }
                run
            };
            assert!(longest <= 17.0, "{id} {seed}: {longest} beats without a breath");
        }
        assert!(
            f64::from(recovered) >= 0.7 * f64::from(leaps),
            "{id}: {recovered} of {leaps} leaps"
        );
        assert!(in_place * 2 >= pieces, "{id}: {in_place} of {pieces} peak once and in place");
    }
}

#[test]
fn a_part_can_be_drawn_anew_alone() {
    for id in GENRES {
        let mut piece = piece(id, 5, 32);
        let before = write(&piece.ground());
        piece.salts.insert("bass".into(), 1);
        let after = write(&piece.ground());
        for role in [Role::Drums, Role::Percussion, Role::Lead, Role::Comp, Role::Pad, Role::Arp] {
            assert_eq!(line(&before, role), line(&after, role), "{id} {role:?}");
        }
        if ["pop", "house", "rock", "jazz"].contains(&id) {
            assert_ne!(line(&before, Role::Bass), line(&after, Role::Bass), "{id}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_notes_and_another_seed_others() {
    for id in GENRES {
        let (a, b) = (piece(id, 11, 32), piece(id, 11, 32));
        let (first, second) = (write(&a.ground()), write(&b.ground()));
        assert_eq!(parts(&a.ground(), &first), parts(&b.ground(), &second), "{id}");
        // The same key and chords, so that only the players differ.
        let mut c = piece(id, 11, 32);
        c.plan.seed.0 = 23;
        let third = write(&c.ground());
        let bars = |lines: &[Line]| -> BTreeSet<String> {
            let mut out = BTreeSet::new();
            for line in lines.iter().filter(|l| !matches!(l.role, Role::Texture | Role::Fx)) {
                for bar in 0..a.plan.bars() {
                    let start = f64::from(bar) * 4.0;
                    let notes = line
                        .notes
                        .iter()
                        .filter(|n| n.beat >= start && n.beat < start + 4.0)
                        .map(|n| format!("{:.2}:{}", n.beat - start, n.pitch))
                        .collect::<Vec<_>>();
                    if notes.len() > 1 {
                        out.insert(format!("{:?}@{bar}: {}", line.role, notes.join(" ")));
                    }
                }
            }
            out
        };
        let (one, other) = (bars(&first), bars(&third));
        let shared = one.intersection(&other).count();
        assert!(shared * 10 < one.len() * 6, "{id}: {shared} of {} bars are the same", one.len());
    }
}

#[test]
fn swing_is_what_was_planned() {
    let mut off = Vec::new();
    for seed in 0..8 {
        let mut piece = piece("jazz", seed, 32);
        piece.plan.swing.ratio = 0.64;
        let ground = piece.ground();
        let performed = parts(&ground, &write(&ground));
        let drums = performed.iter().find(|p| p.id == "drums").unwrap();
        let rides = drums.notes.iter().filter(|n| n.pitch == 51).map(|n| n.beat.rem_euclid(1.0));
        off.extend(rides.filter(|place| (0.4..0.85).contains(place)));
    }
    assert!(off.len() > 10);
    let mean = off.iter().sum::<f64>() / off.len() as f64;
    assert!((mean - 0.64).abs() < 0.01, "{mean}");
}

#[test]
fn no_role_plays_that_was_not_planned_and_none_is_empty() {
    for id in GENRES {
        let mut piece = piece(id, 4, 24);
        piece.plan.palette.retain(|v| v.role != Role::Bass);
        let ground = piece.ground();
        let lines = write(&ground);
        assert!(lines.iter().all(|l| l.role != Role::Bass && !l.notes.is_empty()));
        assert!(lines.iter().all(|l| piece.plan.voice(l.role).is_some()));
    }
}

#[test]
fn loops_hold_nothing_over_their_end() {
    for id in GENRES {
        let mut piece = piece(id, 4, 8);
        piece.plan.looped = true;
        let ground = piece.ground();
        let lines = write(&ground);
        let total = piece.plan.beats();
        for part in parts(&ground, &lines) {
            assert!(
                part.notes.iter().all(|n| n.beat + n.beats <= total + 1e-6),
                "{id} {}",
                part.id
            );
        }
    }
}

#[test]
fn pieces_end_on_a_chord_that_rings() {
    for id in ["pop", "rock", "jazz", "lofi"] {
        let piece = piece(id, 4, 24);
        let ground = piece.ground();
        let lines = write(&ground);
        let last = piece.plan.beats() - ground.bar_beats();
        let held =
            lines.iter().flat_map(|l| &l.notes).filter(|n| n.beat >= last - 1e-6 && n.beats >= 2.0);
        assert!(held.count() >= 2, "{id}");
    }
}

#[test]
fn percussionists_play_what_they_are_called() {
    for (instrument, pitches) in
        [("cowbell", vec![56]), ("tambourine", vec![54]), ("congas", vec![62, 63, 64])]
    {
        for id in ["house", "pop", "rock"] {
            let mut piece = piece(id, 5, 40);
            for voice in piece.plan.palette.iter_mut().filter(|v| v.role == Role::Percussion) {
                instrument.clone_into(&mut voice.instrument);
            }
            let lines = write(&piece.ground());
            let played = line(&lines, Role::Percussion);
            assert!(played.iter().all(|n| pitches.contains(&n.pitch)), "{id} {instrument}");
        }
    }
}

#[test]
fn fours_are_traded_after_a_chorus_of_solos() {
    let mut traded = 0;
    for seed in 0..6 {
        let piece = piece("jazz", seed, 110);
        let ground = piece.ground();
        let lines = write(&ground);
        for (from, to) in crate::generate::composer::arrange::trades(&ground) {
            traded += 1;
            let within = |role: Role, lead_in: f64| {
                line(&lines, role)
                    .iter()
                    .filter(|n| n.beat >= from + lead_in && n.beat < to)
                    .count()
            };
            assert_eq!(
                within(Role::Lead, 0.0) + within(Role::Comp, 0.5) + within(Role::Bass, 0.5),
                0
            );
            assert!(within(Role::Drums, 0.0) >= 12, "seed {seed}");
        }
    }
    assert!(traded >= 2, "nobody traded");
}

#[test]
fn faders_are_up_in_choruses_and_down_in_verses() {
    use crate::generate::composer::sketch::SectionKind;
    for id in ["pop", "rock"] {
        let piece = piece(id, 2, 60);
        let ground = piece.ground();
        let parts = parts(&ground, &write(&ground));
        let bass = parts.iter().find(|p| p.id == "bass").unwrap();
        let level = |kind: SectionKind| {
            let section = piece.plan.sections.iter().find(|s| s.kind == kind).unwrap();
            let end = f64::from(section.start_bar + section.bars) * ground.bar_beats();
            let set = bass.controls.iter().rfind(|c| c.param == "gain_db" && c.beat < end);
            set.map(|c| c.value).unwrap()
        };
        let lift = level(SectionKind::Chorus) - level(SectionKind::Verse);
        assert!((1.5..8.0).contains(&lift), "{id}: {lift} dB");
    }
}
