//! L1: pure signal code, prepared off the audio thread and free of allocation after that.
