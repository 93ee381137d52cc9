//! The user's editor on the text of the composer.

use std::process::Command;

/// Lets `$VISUAL`, `$EDITOR` or a usual editor work on a text. The terminal must have been given back before.
///
/// Errors: what went wrong, in plain words; the text stays as it was then.
pub(super) async fn edit(text: &str) -> Result<String, String> {
    let text = text.to_owned();
    let worked = tokio::task::spawn_blocking(move || edit_now(&text)).await;
    worked.unwrap_or_else(|error| Err(format!("The editor broke off: {error}")))
}

fn edit_now(text: &str) -> Result<String, String> {
    let named = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| std::env::var(name).ok());
    let editor =
        named.into_iter().find(|value| !value.trim().is_empty()).unwrap_or_else(|| "vi".to_owned());
    let folder = std::env::temp_dir().join(format!("timbre-{}", uuid::Uuid::new_v4()));
    make_private(&folder).map_err(|error| format!("No file for the editor: {error}"))?;
    let file = folder.join("prompt.txt");
    let result = std::fs::write(&file, text)
        .map_err(|error| format!("No file for the editor: {error}"))
        .and_then(|()| {
            // An editor may be named with options, such as `code --wait`.
            let mut words = editor.split_whitespace();
            let program = words.next().unwrap_or("vi");
            let status = Command::new(program).args(words).arg(&file).status();
            match status {
                Ok(status) if status.success() => Ok(()),
                Ok(status) => {
                    Err(format!("{program} ended with {status}; the text stays as it was"))
                }
                Err(error) => Err(format!("{program} can't be started: {error}")),
            }
        })
        .and_then(|()| {
            std::fs::read_to_string(&file)
                .map_err(|error| format!("The text can't be read: {error}"))
        });
    let _ = std::fs::remove_dir_all(&folder);
    result
}

/// A folder that nobody else may look into.
fn make_private(folder: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}
