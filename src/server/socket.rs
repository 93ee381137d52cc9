//! `timbre serve`: the protocol on a Unix socket, for any number of programs of one user at once.
//!
//! Whether a daemon lives is told by a lock on a file beside the socket, which the kernel lets go when the process dies;
//! a socket that is there without the lock is what a dead one has left, and is replaced. The folder is for the user
//! alone (0700), the socket too (0600), and a peer whose process belongs to somebody else is turned away
//! (`SO_PEERCRED` on Linux, `getpeereid` elsewhere).

use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use crate::client::Client;
use crate::model::job::{Fault, FaultKind};

use super::connection;

/// Most programs that are served at a time; the next one waits until another has left.
const MOST_PEERS: usize = 256;
/// How long peers may take to read their last answers when the engine has ended.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long to wait after the system could not give another connection, such as for want of file handles.
const BREATHER: Duration = Duration::from_millis(200);

/// The one place where programs come in. The socket goes with it.
pub struct Door {
    listener: UnixListener,
    path: PathBuf,
    /// The user that it belongs to.
    owner: u32,
    // Held for the lock on it.
    _lock: File,
}

impl Door {
    /// Takes the place and listens, inside a tokio runtime. Folders are made where there are none.
    ///
    /// Errors: `Conflict` where another daemon lives there; `Unwritable` where the folder can't be used, is shared with
    /// others, or the path is too long for a socket.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let folder = path.parent().unwrap_or(Path::new("/"));
        make_private(folder)?;
        let lock = take_lock(path)?;
        remove_stale(path)?;
        let listener = UnixListener::bind(path).map_err(|error| match error.kind() {
            // The system keeps the path in a field of about a hundred bytes (unix(7)).
            io::ErrorKind::InvalidInput => {
                unwritable("the path is too long for a socket:", path, &error)
                    .with_hint("name a shorter folder in TIMBRE_RUNTIME_DIR")
            }
            _ => unwritable("could not listen at", path, &error),
        })?;
        fs::set_permissions(path, Permissions::from_mode(0o600))
            .map_err(|error| unwritable("could not protect", path, &error))?;
        let owner = fs::metadata(path)
            .map_err(|error| unwritable("could not look at", path, &error))?
            .uid();
        Ok(Self { listener, path: path.to_owned(), owner, _lock: lock })
    }

    /// Serves everybody who comes until the engine has ended and the last answers are out.
    /// Errors: none at present; peers that break off are no failure of the door.
    pub async fn serve(self, client: &Client) -> Result<(), Fault> {
        let mut peers = JoinSet::new();
        loop {
            tokio::select! {
                () = client.wait_closed() => break,
                Some(_) = peers.join_next() => {}
                accepted = self.listener.accept(), if peers.len() < MOST_PEERS => match accepted {
                    Ok((stream, _)) if self.is_own(&stream) => {
                        let client = client.clone();
                        peers.spawn(async move {
                            let (reader, writer) = stream.into_split();
                            if let Err(fault) = connection::serve(&client, reader, writer).await {
                                tracing::debug!("a connection broke off: {fault}");
                            }
                        });
                    }
                    Ok(_) => tracing::warn!("a program of another user was turned away"),
                    Err(error) => {
                        tracing::warn!("a connection could not be taken: {error}");
                        tokio::time::sleep(BREATHER).await;
                    }
                },
            }
        }
        let farewell = async { while peers.join_next().await.is_some() {} };
        // Who does not read any more is cut off when the set is dropped.
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
        Ok(())
    }

    fn is_own(&self, stream: &UnixStream) -> bool {
        stream.peer_cred().is_ok_and(|peer| peer.uid() == self.owner)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // The lock is still ours, so this is our socket. The file of the lock stays: it can't be removed without a
        // moment in which two processes hold a lock of that name.
        let _ = fs::remove_file(&self.path);
    }
}

/// The process that holds the place of a daemon now, by its number, or 0 where it has not said; none where nobody does.
pub fn holder(path: &Path) -> Option<u32> {
    let mut file = File::options().read(true).write(true).open(lock_path(path)).ok()?;
    match file.try_lock() {
        Ok(()) | Err(TryLockError::Error(_)) => None,
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // It is only told to people; what decides is the lock.
            let _ = file.read_to_string(&mut text);
            Some(text.trim().parse().unwrap_or(0))
        }
    }
}

fn lock_path(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

fn unwritable(what: &str, path: &Path, error: &io::Error) -> Fault {
    Fault::new(FaultKind::Unwritable, format!("{what} {}: {error}", path.display()))
        .with_hint("name a folder of your own in TIMBRE_RUNTIME_DIR")
}

/// Makes a folder that only its owner can enter, or makes an existing one so.
fn make_private(folder: &Path) -> Result<(), Fault> {
    let failed = |error: io::Error| unwritable("could not use the folder", folder, &error);
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error)),
    }
    let meta = fs::metadata(folder).map_err(failed)?;
    // The sticky bit marks a folder that many users share, such as /tmp; that is not ours to close.
    if meta.mode() & 0o1000 != 0 {
        return Err(Fault::new(
            FaultKind::Unwritable,
            format!("the folder {} is shared with other users", folder.display()),
        )
        .with_hint("name a folder of your own in TIMBRE_RUNTIME_DIR"));
    }
    if meta.mode() & 0o077 != 0 {
        // Only its owner may do this, so it fails where the folder is somebody else's.
        fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(failed)?;
    }
    Ok(())
}

/// Takes the lock that says that a daemon lives here, and writes down who it is.
fn take_lock(path: &Path) -> Result<File, Fault> {
    let lock = lock_path(path);
    let failed = |error: io::Error| unwritable("could not lock", &lock, &error);
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&lock)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(Fault::new(
                FaultKind::Conflict,
                format!("an engine is served at {} already", path.display()),
            )
            .with_hint("timbre serve --status tells about it, timbre serve --stop ends it"));
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(failed)?;
    Ok(file)
}

/// Removes the socket of a process that died. Anything else of that name is not ours to remove.
fn remove_stale(path: &Path) -> Result<(), Fault> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.file_type().is_socket() => fs::remove_file(path)
            .map_err(|error| unwritable("could not replace the old socket", path, &error)),
        Ok(_) => Err(Fault::new(
            FaultKind::Unwritable,
            format!("{} is there and is no socket", path.display()),
        )
        .with_hint("move it away, then try again")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unwritable("could not look at", path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[tokio::test]
    async fn the_place_is_private_taken_once_and_free_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("new/run/timbre.sock");
        let door = Door::open(&path).unwrap();
        assert_eq!((mode(path.parent().unwrap()), mode(&path)), (0o700, 0o600));
        assert_eq!(holder(&path), Some(std::process::id()));
        let refused = Door::open(&path).err().unwrap();
        assert_eq!(refused.kind, FaultKind::Conflict);
        assert!(refused.hint.contains("--stop"));
        drop(door);
        assert!(!path.exists());
        assert_eq!(holder(&path), None);
        drop(Door::open(&path).unwrap());
    }

    #[tokio::test]
    async fn what_a_dead_process_left_is_replaced_and_what_is_no_socket_is_kept() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("timbre.sock");
        // Dropped, a listener leaves its socket behind, as a killed process does.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        drop(Door::open(&path).unwrap());
        fs::write(&path, "precious").unwrap();
        assert_eq!(Door::open(&path).err().unwrap().kind, FaultKind::Unwritable);
        assert_eq!(fs::read(&path).unwrap(), b"precious");
    }

    #[tokio::test]
    async fn a_program_of_another_user_is_not_one_of_ours() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("timbre.sock");
        let mut door = Door::open(&path).unwrap();
        let _client = UnixStream::connect(&path).await.unwrap();
        let (stream, _) = door.listener.accept().await.unwrap();
        assert!(door.is_own(&stream));
        door.owner = door.owner.wrapping_add(1);
        assert!(!door.is_own(&stream));
    }

    #[tokio::test]
    async fn open_folders_are_closed_shared_ones_refused_and_long_paths_explained() {
        let home = tempfile::tempdir().unwrap();
        let open = home.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, Permissions::from_mode(0o755)).unwrap();
        drop(Door::open(&open.join("s")).unwrap());
        assert_eq!(mode(&open), 0o700);
        fs::set_permissions(&open, Permissions::from_mode(0o1777)).unwrap();
        let refused = Door::open(&open.join("s")).err().unwrap();
        assert!(refused.message.contains("shared"), "{refused:?}");
        assert_eq!(mode(&open), 0o1777);
        let long = home.path().join("x".repeat(120)).join("s");
        assert!(Door::open(&long).err().unwrap().hint.contains("shorter"));
    }
}
