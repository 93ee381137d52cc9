//! Musical time: metres, and the map between beats and seconds.
//!
//! A beat is a quarter note everywhere in the model, whatever the metre; a bar of 6/8 is three beats long.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::{Bpm, UnitError};

/// A time signature such as 4/4. Text and JSON form: `4/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Metre {
    /// Notes per bar, 1 to 32.
    pub numerator: u8,
    /// Which note: 2, 4, 8 or 16.
    pub denominator: u8,
}

impl Metre {
    /// Common time.
    pub const FOUR_FOUR: Self = Self { numerator: 4, denominator: 4 };

    /// Length of a bar in beats (quarter notes).
    pub fn bar_beats(self) -> f64 {
        f64::from(self.numerator) * 4.0 / f64::from(self.denominator)
    }
}

impl fmt::Display for Metre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

impl From<Metre> for String {
    fn from(metre: Metre) -> Self {
        metre.to_string()
    }
}

impl TryFrom<String> for Metre {
    type Error = UnitError;
    fn try_from(text: String) -> Result<Self, UnitError> {
        text.parse()
    }
}

impl FromStr for Metre {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let unreadable = || UnitError::Unreadable {
            text: text.to_owned(),
            unit: "metre",
            example: "4/4, 3/4, 6/8 or 7/8",
        };
        let (top, bottom) = text.trim().split_once('/').ok_or_else(unreadable)?;
        let numerator = top.trim().parse::<u8>().map_err(|_| unreadable())?;
        let denominator = bottom.trim().parse::<u8>().map_err(|_| unreadable())?;
        if !(1..=32).contains(&numerator) || !matches!(denominator, 2 | 4 | 8 | 16) {
            return Err(unreadable());
        }
        Ok(Self { numerator, denominator })
    }
}

/// A point of the metre map: from this bar on, until the next point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetrePoint {
    /// Which bar, counted from 0.
    pub bar: u32,
    /// The metre from there on.
    pub metre: Metre,
}

/// Metres over a whole piece. Always has a first point at bar 0; points ascend strictly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Vec<MetrePoint>", into = "Vec<MetrePoint>")]
pub struct MetreMap {
    points: Vec<MetrePoint>,
}

/// Where a beat lies in the bars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BarPosition {
    /// Which bar, counted from 0; negative before the origin.
    pub bar: i64,
    /// The beat at which the bar begins.
    pub bar_beat: f64,
    /// The metre of the bar.
    pub metre: Metre,
}

impl MetreMap {
    /// One metre from start to end.
    pub fn constant(metre: Metre) -> Self {
        Self { points: vec![MetrePoint { bar: 0, metre }] }
    }

    /// Sorts the points, lets a later point at the same bar win, and moves the first one to bar 0. Without any it is 4/4.
    pub fn from_points(mut points: Vec<MetrePoint>) -> Self {
        points.sort_by_key(|point| point.bar);
        let mut kept: Vec<MetrePoint> = Vec::with_capacity(points.len());
        for point in points {
            match kept.last_mut() {
                Some(last) if last.bar == point.bar => *last = point,
                _ => kept.push(point),
            }
        }
        match kept.first_mut() {
            Some(first) => first.bar = 0,
            None => return Self::constant(Metre::FOUR_FOUR),
        }
        Self { points: kept }
    }

    /// The points, ascending.
    pub fn points(&self) -> &[MetrePoint] {
        &self.points
    }

    /// The bar that a beat lies in. Work grows with the points, and nothing is allocated. Thread: any.
    pub fn bar_at(&self, beat: f64) -> BarPosition {
        let (mut start, mut index) = (0.0, 0);
        while let (Some(point), Some(next)) = (self.points.get(index), self.points.get(index + 1)) {
            let end = start + f64::from(next.bar - point.bar) * point.metre.bar_beats();
            if beat < end {
                break;
            }
            (start, index) = (end, index + 1);
        }
        let point = self.points.get(index).copied();
        let point = point.unwrap_or(MetrePoint { bar: 0, metre: Metre::FOUR_FOUR });
        let length = point.metre.bar_beats();
        let bars = libm::floor((beat - start) / length);
        BarPosition {
            bar: i64::from(point.bar) + bars as i64,
            bar_beat: start + bars * length,
            metre: point.metre,
        }
    }

    /// The beat at which a bar begins. Bars before 0 count in the first metre.
    pub fn beat_of_bar(&self, bar: i64) -> f64 {
        let (mut start, mut index) = (0.0, 0);
        while let (Some(point), Some(next)) = (self.points.get(index), self.points.get(index + 1)) {
            if bar < i64::from(next.bar) {
                break;
            }
            start += f64::from(next.bar - point.bar) * point.metre.bar_beats();
            index += 1;
        }
        self.points.get(index).map_or(0.0, |point| {
            start + (bar - i64::from(point.bar)) as f64 * point.metre.bar_beats()
        })
    }
}

impl From<Vec<MetrePoint>> for MetreMap {
    fn from(points: Vec<MetrePoint>) -> Self {
        Self::from_points(points)
    }
}

impl From<MetreMap> for Vec<MetrePoint> {
    fn from(map: MetreMap) -> Self {
        map.points
    }
}

/// A point of the tempo map: from this beat on, until the next point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TempoPoint {
    /// Where, in beats from the start, at least 0.
    pub beat: f64,
    /// Tempo at that point, quarter notes per minute.
    pub bpm: Bpm,
    /// Whether the tempo glides from here to the next point, linearly in beats. The last point never glides.
    #[serde(default)]
    pub ramp: bool,
}

/// Tempo over a whole piece. Always has a first point at beat 0; points ascend strictly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct TempoMap {
    points: Vec<TempoPoint>,
}

impl TempoMap {
    /// One tempo from start to end.
    pub fn constant(bpm: Bpm) -> Self {
        Self { points: vec![TempoPoint { beat: 0.0, bpm, ramp: false }] }
    }

    /// Sorts the points, drops those with a beat that is negative or not a number, lets a later point at the same
    /// beat win, and moves the first one to beat 0. With no usable point the tempo is 120 BPM.
    pub fn from_points(mut points: Vec<TempoPoint>) -> Self {
        points.retain(|p| p.beat >= 0.0 && p.beat.is_finite());
        points.sort_by(|a, b| a.beat.total_cmp(&b.beat));
        let mut kept: Vec<TempoPoint> = Vec::with_capacity(points.len());
        for point in points {
            match kept.last_mut() {
                Some(last) if last.beat == point.beat => *last = point,
                _ => kept.push(point),
            }
        }
        match kept.first_mut() {
            Some(first) => first.beat = 0.0,
            None => return Self::constant(Bpm::clamped(120.0)),
        }
        Self { points: kept }
    }

    /// The points, ascending.
    pub fn points(&self) -> &[TempoPoint] {
        &self.points
    }

    /// Tempo at a beat; before 0 it is the first point's.
    pub fn bpm_at(&self, beat: f64) -> Bpm {
        let index = self.points.partition_point(|p| p.beat <= beat).saturating_sub(1);
        let Some(point) = self.points.get(index) else { return Bpm::clamped(120.0) };
        match self.points.get(index + 1) {
            Some(next) if point.ramp => {
                let position = ((beat - point.beat) / (next.beat - point.beat)).clamp(0.0, 1.0);
                Bpm::clamped(point.bpm.get() + (next.bpm.get() - point.bpm.get()) * position)
            }
            _ => point.bpm,
        }
    }

    /// Seconds from beat 0 to `beat`. Beats before 0 count at the first tempo, so the map is invertible everywhere.
    pub fn seconds_at(&self, beat: f64) -> f64 {
        let mut seconds = 0.0;
        for (index, point) in self.points.iter().enumerate() {
            let next = self.points.get(index + 1);
            match next {
                Some(next) if beat >= next.beat => {
                    seconds += segment_seconds(point, Some(next), next.beat - point.beat)
                }
                _ => return seconds + segment_seconds(point, next, beat - point.beat),
            }
        }
        seconds
    }

    /// The inverse of [`TempoMap::seconds_at`].
    pub fn beat_at(&self, seconds: f64) -> f64 {
        let mut left = seconds;
        for (index, point) in self.points.iter().enumerate() {
            let next = self.points.get(index + 1);
            if let Some(next) = next {
                let length = segment_seconds(point, Some(next), next.beat - point.beat);
                if left >= length {
                    left -= length;
                    continue;
                }
            }
            return point.beat + segment_beats(point, next, left);
        }
        0.0
    }
}

/// Slope of the tempo within a segment in BPM per beat; 0 where it is constant.
fn slope(point: &TempoPoint, next: Option<&TempoPoint>) -> f64 {
    match next {
        Some(next) if point.ramp => (next.bpm.get() - point.bpm.get()) / (next.beat - point.beat),
        _ => 0.0,
    }
}

/// Seconds that `beats` of a segment take. With tempo b + s·x the time is the integral of 60 / (b + s·x).
fn segment_seconds(point: &TempoPoint, next: Option<&TempoPoint>, beats: f64) -> f64 {
    let (bpm, slope) = (point.bpm.get(), slope(point, next));
    if slope == 0.0 || beats <= 0.0 {
        beats * 60.0 / bpm
    } else {
        60.0 / slope * libm::log1p(slope * beats / bpm)
    }
}

/// Beats that pass in `seconds` of a segment.
fn segment_beats(point: &TempoPoint, next: Option<&TempoPoint>, seconds: f64) -> f64 {
    let (bpm, slope) = (point.bpm.get(), slope(point, next));
    if slope == 0.0 || seconds <= 0.0 {
        seconds * bpm / 60.0
    } else {
        bpm / slope * libm::expm1(seconds * slope / 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_constant_tempo_is_plain_division() {
        let map = TempoMap::constant(Bpm::clamped(120.0));
        assert_eq!(map.seconds_at(8.0), 4.0);
        assert_eq!(map.beat_at(4.0), 8.0);
        assert_eq!(map.seconds_at(-2.0), -1.0);
    }

    #[test]
    fn a_ramp_takes_the_time_of_its_logarithmic_mean() {
        let points = [(0.0, 60.0, true), (4.0, 120.0, false)];
        let map = TempoMap::from_points(
            points
                .iter()
                .map(|&(beat, bpm, ramp)| TempoPoint { beat, bpm: Bpm::clamped(bpm), ramp })
                .collect(),
        );
        assert!((map.seconds_at(4.0) - 4.0 * std::f64::consts::LN_2).abs() < 1e-12);
        assert_eq!(map.bpm_at(2.0).get(), 90.0);
    }

    proptest! {
        #[test]
        fn beats_survive_the_way_to_seconds_and_back(
            raw in prop::collection::vec((0.0f64..2_000.0, 20.0f64..400.0, any::<bool>()), 1..12),
            beat in -10.0f64..3_000.0,
        ) {
            let map = TempoMap::from_points(
                raw.into_iter().map(|(beat, bpm, ramp)| TempoPoint { beat, bpm: Bpm::clamped(bpm), ramp }).collect(),
            );
            prop_assert!((map.beat_at(map.seconds_at(beat)) - beat).abs() < 1e-8);
        }
    }

    #[test]
    fn bars_are_counted_through_changes_of_metre() {
        let point = |bar, text: &str| MetrePoint { bar, metre: text.parse().unwrap() };
        let map = MetreMap::from_points(vec![point(4, "6/8"), point(2, "3/4"), point(0, "4/4")]);
        for (beat, bar, start) in [
            (0.0, 0, 0.0),
            (7.9, 1, 4.0),
            (8.0, 2, 8.0),
            (13.5, 3, 11.0),
            (14.0, 4, 14.0),
            (17.5, 5, 17.0),
            (-1.0, -1, -4.0),
        ] {
            let found = map.bar_at(beat);
            assert_eq!((found.bar, found.bar_beat), (bar, start), "beat {beat}");
            assert_eq!(map.beat_of_bar(bar), start);
        }
    }

    #[test]
    fn metres_are_read_and_measured() {
        assert_eq!("6/8".parse::<Metre>().map(Metre::bar_beats), Ok(3.0));
        assert!("4/5".parse::<Metre>().is_err());
        assert!("0/4".parse::<Metre>().is_err());
    }
}
