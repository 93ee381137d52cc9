//! The set-up script with everything it calls replaced by stand-ins: what it installs, when it asks, how it fails.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A machine that has only what is put on it. Every stand-in writes its command line to a log.
struct Machine {
    folder: TempDir,
}

/// All that a build needs, as long as `pkg-config` knows ALSA.
const WHOLE: &[&str] = &["cc", "c++", "make", "pkg-config", "jackd", "jack_lsp", "jack-record"];

impl Machine {
    fn new(tools: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let machine = Self { folder };
        fs::create_dir(machine.bin()).unwrap();
        fs::create_dir(machine.clang()).unwrap();
        fs::write(machine.clang().join("libclang-14.so.1"), "").unwrap();
        // What the script itself is made of.
        for tool in ["sh", "dirname", "sed", "awk", "env"] {
            let real = ["/usr/bin", "/bin"].iter().map(|dir| Path::new(dir).join(tool));
            let real = real.into_iter().find(|path| path.exists()).unwrap();
            symlink(real, machine.bin().join(tool)).unwrap();
        }
        for tool in tools {
            machine.stand_in(tool, "");
        }
        machine.stand_in("id", "echo 0");
        machine.stand_in("uname", "case $1 in -s) echo Linux ;; *) echo x86_64 ;; esac");
        machine.stand_in("cargo", "");
        machine.stand_in("rustc", "echo 'rustc 1.95.0 (abc 2026-01-01)'");
        machine
    }

    fn bin(&self) -> std::path::PathBuf {
        self.folder.path().join("bin")
    }

    /// Where the build looks for libclang.
    fn clang(&self) -> std::path::PathBuf {
        self.folder.path().join("clang")
    }

    /// A whole machine but for one tool.
    fn without(tool: &str) -> Self {
        Self::new(&WHOLE.iter().copied().filter(|other| *other != tool).collect::<Vec<_>>())
    }

    fn stand_in(&self, tool: &str, body: &str) {
        let log = self.folder.path().join("log");
        let script = format!("#!/bin/sh\necho \"{tool} $*\" >> '{}'\n{body}\n", log.display());
        let file = self.bin().join(tool);
        let _ = fs::remove_file(&file);
        fs::write(&file, script).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn run(&self, words: &[&str]) -> Output {
        Command::new("/bin/sh")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("bootstrap.sh"))
            .args(words)
            .env_clear()
            .env("PATH", self.bin())
            .env("HOME", self.folder.path())
            .env("LIBCLANG_PATH", self.clang())
            .env("CARGO_TARGET_DIR", self.folder.path())
            .env("TIMBRE_DEMO_OUT", "first.flac")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn nothing_is_installed_where_nothing_is_missing() {
    let machine = Machine::new(&[WHOLE, &["apt-get"]].concat());
    let output = machine.run(&["test"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!machine.log().contains("apt-get"), "{}", machine.log());
    assert!(machine.log().contains("cargo nextest run"), "{}", machine.log());
}

#[test]
fn what_is_missing_is_said_and_then_installed() {
    let machine = Machine::without("cc");
    let cc = machine.bin().join("cc");
    let install =
        format!("case \"$*\" in *install*) ln -s /usr/bin/true '{}' ;; esac", cc.display());
    machine.stand_in("apt-get", &install);
    symlink("/bin/ln", machine.bin().join("ln")).unwrap();
    let output = machine.run(&["test"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let told = stderr(&output);
    assert!(told.contains("will install with apt-get: gcc libc6-dev"), "{told}");
    assert!(machine.log().contains("install -y"), "{}", machine.log());
}

#[test]
fn each_package_manager_is_asked_in_its_own_words() {
    for (manager, words) in
        [("dnf", "dnf install -y"), ("pacman", "pacman -S --needed"), ("brew", "brew install")]
    {
        let machine = Machine::new(&[manager]);
        let output = machine.run(&["test"]);
        // The stand-in installs nothing, so the script must notice that tools are still missing.
        assert_eq!(output.status.code(), Some(1));
        assert!(machine.log().contains(words), "{}", machine.log());
        assert!(stderr(&output).contains("still missing"), "{}", stderr(&output));
    }
}

#[test]
fn every_package_is_found_missing_by_a_look_and_named_for_each_system() {
    let names = |tool: &str| match tool {
        "cc" => ["gcc libc6-dev", "gcc", "gcc", "gcc"],
        "c++" => ["g++", "gcc-c++", "gcc", "gcc"],
        "make" => ["make", "make", "make", "make"],
        "pkg-config" => [
            "pkg-config libasound2-dev libjack-jackd2-dev",
            "pkgconf-pkg-config alsa-lib-devel pipewire-jack-audio-connection-kit-devel",
            "pkgconf alsa-lib jack2",
            "pkgconf alsa-lib jack",
        ],
        "alsa" => ["libasound2-dev", "alsa-lib-devel", "alsa-lib", "alsa-lib"],
        _ => ["libclang-dev", "clang-devel", "clang", "llvm"],
    };
    for tool in ["cc", "c++", "make", "pkg-config", "alsa", "libclang"] {
        for (manager, package) in ["apt-get", "dnf", "pacman", "brew"].iter().zip(names(tool)) {
            let machine = Machine::without(tool);
            machine.stand_in(manager, "exit 1");
            match tool {
                "alsa" => machine.stand_in("pkg-config", "[ \"$*\" != '--exists alsa' ]"),
                "libclang" => fs::remove_file(machine.clang().join("libclang-14.so.1")).unwrap(),
                _ => {}
            }
            let output = machine.run(&["demo"]);
            let wanted = format!("will install with {manager}: {package}\n");
            assert!(stderr(&output).contains(&wanted), "{tool}: {}", stderr(&output));
            assert!(!machine.log().contains("cargo build"), "{tool}: {}", machine.log());
        }
    }
}

#[test]
fn a_sound_server_is_installed_for_the_tests_only_and_on_debian_only() {
    let machine = Machine::without("jackd");
    machine.stand_in("apt-get", "");
    let told = stderr(&machine.run(&["test"]));
    assert!(told.contains("will install with apt-get: jackd2\n"), "{told}");
    let told = stderr(&machine.run(&["demo"]));
    assert!(!told.contains("will install"), "{told}");
    fs::remove_file(machine.bin().join("apt-get")).unwrap();
    machine.stand_in("dnf", "");
    let told = stderr(&machine.run(&["test"]));
    assert!(!told.contains("will install"), "{told}");
}

#[test]
fn where_there_is_no_alsa_none_is_asked_for() {
    let machine = Machine::without("pkg-config");
    machine.stand_in("uname", "case $1 in -s) echo FreeBSD ;; *) echo x86_64 ;; esac");
    let output = machine.run(&["test"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_failed_installation_says_what_to_do() {
    let machine = Machine::new(&[]);
    machine.stand_in("apt-get", "exit 100");
    let output = machine.run(&["test"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("hint: check the network"), "{}", stderr(&output));
}

#[test]
fn sudo_is_used_where_the_user_is_not_root_and_never_asks_without_a_terminal() {
    let machine = Machine::new(&["apt-get"]);
    machine.stand_in("id", "echo 1000");
    machine.stand_in("sudo", "");
    machine.run(&["test"]);
    assert!(machine.log().contains("sudo -n env"), "{}", machine.log());
    fs::remove_file(machine.bin().join("sudo")).unwrap();
    let output = machine.run(&["test"]);
    assert!(stderr(&output).contains("needs root"), "{}", stderr(&output));
}

#[test]
fn an_old_or_missing_rust_is_refused_with_advice() {
    let machine = Machine::new(WHOLE);
    for (version, fine) in
        [("1.93.1", false), ("1.94.0", true), ("2.0.0", true), ("1.100.0-nightly", true)]
    {
        machine.stand_in("rustc", &format!("echo 'rustc {version} (abc 2026-01-01)'"));
        let output = machine.run(&["test"]);
        assert_eq!(output.status.success(), fine, "{version}: {}", stderr(&output));
    }
    machine.stand_in("rustc", "echo 'rustc 1.80.0 (abc)'");
    assert!(stderr(&machine.run(&["demo"])).contains("rustup update"));
    fs::remove_file(machine.bin().join("cargo")).unwrap();
    assert!(stderr(&machine.run(&["demo"])).contains("rustup.rs"));
}

#[test]
fn without_nextest_the_plain_runner_does() {
    let machine = Machine::new(WHOLE);
    machine.stand_in("cargo", "[ \"$1\" != nextest ]");
    assert!(machine.run(&["test"]).status.success());
    assert!(machine.log().contains("cargo test --locked\n"), "{}", machine.log());
}

#[test]
fn the_demo_builds_a_release_and_renders_a_take() {
    let machine = Machine::new(WHOLE);
    fs::create_dir(machine.folder.path().join("release")).unwrap();
    machine.stand_in("timbre", "");
    let built = machine.folder.path().join("release/timbre");
    fs::rename(machine.bin().join("timbre"), &built).unwrap();
    let output = machine.run(&["demo", "slow drift"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let log = machine.log();
    assert!(log.contains("cargo build --release --locked"), "{log}");
    assert!(log.contains("timbre generate slow drift --seed 42 --force -o first.flac"), "{log}");
    fs::write(&built, "#!/bin/sh\nexit 5\n").unwrap();
    assert_eq!(machine.run(&["demo"]).status.code(), Some(5), "a failure is passed on");
}

#[test]
fn tools_alone_builds_nothing() {
    let machine = Machine::new(WHOLE);
    let output = machine.run(&["tools"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!machine.log().contains("cargo build") && !machine.log().contains("cargo test"));
}

#[test]
fn words_it_does_not_know_get_the_usage() {
    let machine = Machine::new(WHOLE);
    for words in [&[][..], &["tests"]] {
        let output = machine.run(words);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("./bootstrap.sh demo"), "{}", stderr(&output));
    }
}
