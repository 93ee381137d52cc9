//! The `timbre` binary.

fn main() -> std::process::ExitCode {
    timbre::cli::main()
}
