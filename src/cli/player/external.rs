//! Other people's players, for a machine whose sound cards can't be opened: as an argument vector, never through a shell.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::cli::stop::Stop;
use crate::model::job::{Fault, FaultKind};

/// How often it is looked whether the player has ended.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The words that have `player` play a file in this terminal and then end. The file is an absolute path, so it can't be
/// taken for an option.
pub(in crate::cli) fn words(player: &str, file: &str) -> Vec<String> {
    let name = Path::new(player).file_stem().map(|name| name.to_string_lossy().to_lowercase());
    // Players of films open a window, and some stay when the sound is over.
    let options: &[&str] = match name.as_deref() {
        Some("ffplay") => &["-nodisp", "-autoexit", "-loglevel", "warning"],
        Some("mpv") => &["--no-video"],
        Some("vlc" | "cvlc") => &["--intf", "dummy", "--play-and-exit"],
        _ => &[],
    };
    let mut words = vec![player.to_owned()];
    words.extend(options.iter().map(|&option| option.to_owned()));
    words.push(file.to_owned());
    words
}

/// The words as they would be typed in a shell.
pub(in crate::cli) fn typed(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=+:,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Plays files one after another. Ends its player when it is dropped before that.
///
/// Errors: `Unavailable` where the player is not there, `NotFound` where it does not play a file.
pub(in crate::cli) async fn play(player: &str, files: &[String]) -> Result<(), Stop> {
    for file in files {
        let words = words(player, file);
        let mut running = Running(start(player, &words)?);
        let status = loop {
            match running.0.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) => tokio::time::sleep(LOOK_EVERY).await,
                Err(error) => return Err(absent(player, &error).into()),
            }
        };
        if !status.success() {
            return Err(Fault::new(FaultKind::NotFound, format!("{player} ended with {status}"))
                .with_hint(format!("see what it says when you run it yourself: {}", typed(&words)))
                .into());
        }
    }
    Ok(())
}

fn start(player: &str, words: &[String]) -> Result<Child, Fault> {
    // Its keys and its picture are its own business; stdout is for our results.
    Command::new(player)
        .args(words.iter().skip(1))
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| absent(player, &error))
}

fn absent(player: &str, error: &std::io::Error) -> Fault {
    Fault::new(FaultKind::Unavailable, format!("the player '{player}' can't be run: {error}"))
        .with_hint("install it (ffplay comes with ffmpeg), or name another one as audio.player in the configuration")
}

/// A player that runs.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has mostly ended by itself, and then both calls do nothing.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_players_get_what_keeps_them_from_opening_windows() {
        let ffplay = words("/usr/bin/ffplay", "/music/a b.wav");
        assert_eq!(ffplay[1..3], ["-nodisp", "-autoexit"]);
        assert_eq!(ffplay.last().unwrap(), "/music/a b.wav");
        assert_eq!(words("aplay", "/a.wav"), ["aplay", "/a.wav"]);
    }

    #[test]
    fn what_is_shown_can_be_pasted_into_a_shell() {
        let words = ["mpv".to_owned(), "/m/it's $HOME.wav".to_owned(), String::new()];
        assert_eq!(typed(&words), r"mpv '/m/it'\''s $HOME.wav' ''");
    }

    #[tokio::test]
    async fn a_player_that_is_not_there_or_fails_is_told() {
        let files = ["/nowhere.wav".to_owned()];
        let stop = play("timbre-no-such-player", &files).await.unwrap_err();
        assert_eq!(stop.exit_code(), 3);
    }
}
