//! Numbers as the screen says them: times, tempos, levels, places.

/// Minutes and seconds, such as `2:05`; hours where there are some.
pub(crate) fn clock(seconds: f64) -> String {
    let whole = if seconds.is_finite() { seconds.max(0.0) as u64 } else { 0 };
    match (whole / 3_600, whole / 60 % 60, whole % 60) {
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// The same with as many decimals as a stretch of this length needs to be told from its neighbours.
pub(crate) fn clock_fine(seconds: f64, span: f64) -> String {
    let decimals = if span > 30.0 {
        1
    } else if span > 1.0 {
        2
    } else {
        4
    };
    let seconds = if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
    let minutes = (seconds / 60.0) as u64;
    let rest = seconds - minutes as f64 * 60.0;
    format!("{minutes}:{rest:0width$.decimals$}", width = decimals + 3)
}

/// A tempo, such as `82 BPM` or `82.5 BPM`.
pub(crate) fn bpm(bpm: f64) -> String {
    format!("{} BPM", decimal(bpm, 2))
}

/// A loudness, such as `-14.0 LUFS`.
pub(crate) fn lufs(lufs: f64) -> String {
    format!("{lufs:.1} LUFS")
}

/// How long something will take, in words.
pub(crate) fn left(seconds: f64) -> String {
    let whole = if seconds.is_finite() { seconds.max(0.0).ceil() as u64 } else { 0 };
    match whole {
        0..=1 => "a moment left".to_owned(),
        2..=59 => format!("{whole} s left"),
        _ => format!("{} left", clock(whole as f64)),
    }
}

/// A share as a whole percentage.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.0} %", share.clamp(0.0, 9.99) * 100.0)
}

/// A number with at most so many decimals, and none that say nothing.
pub(crate) fn decimal(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Something counted, such as `1 take` or `4 takes`.
pub(crate) fn counted(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// A place between left and right, such as `L 30`, `C` or `R 100`.
pub(crate) fn pan(pan: f64) -> String {
    let hundredths = (pan.clamp(-1.0, 1.0) * 100.0).round() as i32;
    match hundredths {
        0 => "C".to_owned(),
        left if left < 0 => format!("L{}", -left),
        right => format!("R{right}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_as_people_do() {
        assert_eq!(clock(125.9), "2:05");
        assert_eq!(clock(3_725.0), "1:02:05");
        assert_eq!(clock(f64::NAN), "0:00");
        assert_eq!(clock_fine(65.4321, 120.0), "1:05.4");
        assert_eq!(clock_fine(5.4321, 0.5), "0:05.4321");
        assert_eq!(bpm(82.0), "82 BPM");
        assert_eq!(bpm(82.5), "82.5 BPM");
        assert_eq!(left(0.4), "a moment left");
        assert_eq!(left(90.0), "1:30 left");
        assert_eq!(percent(0.126), "13 %");
        assert_eq!(counted(1, "take"), "1 take");
        assert_eq!(pan(-0.3), "L30");
        assert_eq!(pan(0.001), "C");
    }
}
