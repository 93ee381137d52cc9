# What a contributor types. `just` lists it.

default:
    @just --list

# Format, lints, documentation and tests, as the CI runs them.
check:
    .ci/run

# The test suite, or the tests that match.
test *args:
    cargo nextest run {{ args }}

# Timbre itself, with arguments: `just run generate "slow ambient drift"`.
run *args:
    cargo run --release --quiet -- {{ args }}

# A first take from a release build.
demo:
    ./bootstrap.sh demo

# The benchmarks (docs/performance.md), or the one that matches.
bench *args:
    cargo bench {{ args }}

# The load of the audio callback under the reference session, and what each node costs: `just load r32`, `just load nodes`.
load *args:
    cargo bench --bench engine -- {{ args }}

# Instructions of the main nodes, against the run before (needs valgrind, and gungraun-runner 0.20.0 from cargo install).
instructions *args:
    cargo bench --bench instructions -- {{ args }}

# A SoundFont played by the engine and by fluidsynth.
soundfont *args:
    cargo bench --bench soundfont -- {{ args }}

# Review snapshots that changed (needs cargo-insta).
snap:
    cargo insta test --review

# Licences, advisories, duplicates (needs cargo-deny).
deny:
    cargo deny --all-features check

# Write docs/protocol.md from the method table, then build and open the API documentation.
docs:
    TIMBRE_BLESS=1 cargo test --quiet --test protocol
    cargo doc --no-deps --lib --open
