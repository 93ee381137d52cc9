//! L2: what stays: the SQLite library with its durable job queue, and artifact files that appear whole or not at all.

pub mod library;

pub mod job;
pub mod session;
pub mod take;
pub mod timing;
pub mod transcript;
pub mod verdict;

pub mod artifact;
pub mod runner;
pub mod search;

pub mod error;

pub use error::StoreError;
pub use library::Library;
