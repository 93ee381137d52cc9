//! The one guard that all realtime code runs in: denormals flushed to zero, and no allocation (checked in debug builds).
//!
//! Flushing is part of the sound, not only of the speed: a sample must not depend on which thread made it. Therefore
//! every thread that runs nodes enters here, the audio callback as well as the workers of the offline driver.

/// Runs realtime code with denormals flushed to zero. In builds with debug assertions, and where the program has
/// installed `assert_no_alloc::AllocDisabler` as its allocator, any allocation inside aborts the program.
/// The floating point mode of the thread is as before afterwards. Thread: any.
pub fn realtime<T>(work: impl FnOnce() -> T) -> T {
    let _mode = FlushToZero::enter();
    if cfg!(debug_assertions) { assert_no_alloc::assert_no_alloc(work) } else { work() }
}

/// Holds the thread's floating point mode at flush-to-zero and restores the mode that was there before.
struct FlushToZero {
    before: control::Word,
}

impl FlushToZero {
    fn enter() -> Self {
        let before = control::read();
        control::write(before | control::FLUSH);
        Self { before }
    }
}

impl Drop for FlushToZero {
    fn drop(&mut self) {
        control::write(self.before);
    }
}

/// MXCSR of x86-64: bit 15 flushes results (FTZ), bit 6 reads denormal operands as zero (DAZ).
/// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, section 10.2.3.
#[cfg(target_arch = "x86_64")]
mod control {
    pub(super) type Word = u32;
    pub(super) const FLUSH: Word = 1 << 15 | 1 << 6;

    #[allow(
        unsafe_code,
        reason = "the mode register has no safe interface in the standard library"
    )]
    pub(super) fn read() -> Word {
        let mut word: Word = 0;
        // SAFETY: stores the thread's own MXCSR into a local of the size that the instruction writes.
        unsafe {
            std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut word, options(nostack, preserves_flags));
        }
        word
    }

    #[allow(
        unsafe_code,
        reason = "the mode register has no safe interface in the standard library"
    )]
    pub(super) fn write(word: Word) {
        // SAFETY: the word was read from MXCSR with at most FTZ and DAZ added, so no reserved bit is set and no
        // exception is unmasked. It changes only how denormals of this thread are treated, until the guard ends.
        unsafe {
            std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const word, options(nostack, preserves_flags, readonly));
        }
    }
}

/// FPCR of AArch64: bit 24 (FZ) flushes operands and results.
/// Source: Arm Architecture Reference Manual for A-profile, FPCR.
#[cfg(target_arch = "aarch64")]
mod control {
    pub(super) type Word = u64;
    pub(super) const FLUSH: Word = 1 << 24;

    #[allow(
        unsafe_code,
        reason = "the mode register has no safe interface in the standard library"
    )]
    pub(super) fn read() -> Word {
        let word: Word;
        // SAFETY: reads the thread's own FPCR, which is accessible from user mode.
        unsafe {
            std::arch::asm!("mrs {}, fpcr", out(reg) word, options(nomem, nostack, preserves_flags));
        }
        word
    }

    #[allow(
        unsafe_code,
        reason = "the mode register has no safe interface in the standard library"
    )]
    pub(super) fn write(word: Word) {
        // SAFETY: the word was read from FPCR with at most FZ added, so rounding and traps stay as they were.
        unsafe {
            std::arch::asm!("msr fpcr, {}", in(reg) word, options(nomem, nostack, preserves_flags));
        }
    }
}

/// Other targets keep their mode; their nodes are only slower on denormals.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod control {
    pub(super) type Word = u32;
    pub(super) const FLUSH: Word = 0;

    pub(super) fn read() -> Word {
        0
    }

    pub(super) fn write(_word: Word) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    fn denormals_are_flushed_inside_and_kept_outside() {
        let halve = || black_box(black_box(f32::MIN_POSITIVE) * black_box(0.5));
        assert!(halve() > 0.0);
        assert_eq!(realtime(halve), 0.0);
        assert!(halve() > 0.0, "the mode must be restored");
    }

    #[test]
    fn a_guard_inside_a_guard_keeps_the_outer_mode() {
        let before = control::read();
        let inner = realtime(|| {
            realtime(|| ());
            control::read()
        });
        assert_eq!(inner & control::FLUSH, control::FLUSH);
        assert_eq!(control::read(), before);
    }
}
