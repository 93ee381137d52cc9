//! Why sound could not be written or read, each with a next step for the user. Nothing is handled here.

use super::format::{Depth, Format};

/// Everything that can go wrong between a sound and its file.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// The stream underneath failed.
    #[error("the audio stream could not be read or written: {0}")]
    Io(#[from] std::io::Error),
    /// The bytes are no audio file that we know.
    #[error("this is not a WAV, FLAC or MP3 file: {found}")]
    NotAudio {
        /// What the bytes look like instead, in plain words.
        found: String,
    },
    /// A real audio file of a kind that is not read here.
    #[error("{what} is not supported")]
    Unsupported {
        /// What was found, in plain words.
        what: String,
    },
    /// The file stops before its own header says it should.
    #[error("the {format} file is cut short: {detail}")]
    Truncated {
        /// The container.
        format: Format,
        /// How much is missing.
        detail: String,
    },
    /// The file is complete but its contents contradict themselves.
    #[error("the {format} file is damaged: {detail}")]
    Damaged {
        /// The container.
        format: Format,
        /// What does not hold.
        detail: String,
    },
    /// A file of a kind that we only play could not be read.
    #[error("the {kind} file could not be read: {detail}")]
    Foreign {
        /// The container, in plain words.
        kind: &'static str,
        /// The reader's own words.
        detail: String,
    },
    /// A whole and readable file without a single frame in it.
    #[error("there is no sound in this file: its length is zero")]
    NoSound,
    /// A format cannot carry what was asked of it.
    #[error("{format} cannot hold {depth} audio")]
    Depth {
        /// The container asked for.
        format: Format,
        /// The sample form asked for.
        depth: Depth,
    },
    /// A format cannot carry this rate.
    #[error("{format} cannot hold a sample rate of {rate} Hz")]
    Rate {
        /// The container asked for.
        format: Format,
        /// Frames per second asked for.
        rate: u32,
    },
    /// A format cannot carry this number of channels, or a block has another number than its stream.
    #[error("{format} was given {channels} channels; {wanted}")]
    Channels {
        /// The container asked for.
        format: Format,
        /// Channels given.
        channels: usize,
        /// What would have been accepted.
        wanted: String,
    },
    /// Nothing to write.
    #[error("there is no sound to write as {format}")]
    Empty {
        /// The container asked for.
        format: Format,
    },
    /// More than the container's size fields can say.
    #[error("the sound is too long for one {format} file")]
    TooLarge {
        /// The container.
        format: Format,
    },
    /// An encoder library refused.
    #[error("the {format} encoder failed: {detail}")]
    Encoder {
        /// The container.
        format: Format,
        /// The library's own words.
        detail: String,
    },
    /// The tags could not be read.
    #[error("the tags of the {format} file could not be read: {detail}")]
    Tags {
        /// The container.
        format: Format,
        /// The reader's own words.
        detail: String,
    },
    /// The resampler or the loudness meter refused its settings.
    #[error("the sound could not be processed: {detail}")]
    Processing {
        /// The library's own words.
        detail: String,
    },
}

impl AudioError {
    /// What the user can do about it, as one sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io(_) => {
                "Check that the disk is not full and that the file may be read and written."
            }
            Self::NotAudio { .. } => {
                "Give a .wav, .flac or .mp3 file; convert others first, e.g. with ffmpeg."
            }
            Self::Unsupported { .. } => {
                "Convert it to 16 or 24 bit WAV or FLAC at 8 to 192 kHz, e.g. with ffmpeg."
            }
            Self::Truncated { .. } => "Copy or export the file again; the rest of it is not there.",
            Self::Damaged { .. } => {
                "Export the take again from its recipe, or restore the file from a backup."
            }
            Self::Foreign { .. } => {
                "Play it elsewhere to see whether it is whole, or convert it to WAV or FLAC, e.g. with ffmpeg."
            }
            Self::NoSound => {
                "Record or export it again; a file needs at least one frame to be played."
            }
            Self::Depth { .. } => {
                "Use 16, 24 or 32f with WAV, 16 or 24 with FLAC; MP3 has no bit depth."
            }
            Self::Rate { .. } => {
                "Choose another sample rate, e.g. 44100 or 48000, or another format."
            }
            Self::Channels { .. } => "Mix down to stereo, or choose another format.",
            Self::Empty { .. } => {
                "Make the take longer than nothing, or export as WAV, which may be empty."
            }
            Self::TooLarge { .. } => "Export as FLAC, at a lower bit depth, or in parts.",
            Self::Encoder { .. } => {
                "Export as WAV, which needs no encoder, and report this with the message."
            }
            Self::Tags { .. } => {
                "The sound itself may still be fine; write the tags again to repair them."
            }
            Self::Processing { .. } => "Use a common sample rate, 44100 or 48000.",
        }
    }
}
