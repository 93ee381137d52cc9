//! MD5 (RFC 1321), which a FLAC stream header carries of its samples. A checksum against accidents, nothing more.

/// A running MD5.
pub(super) struct Md5 {
    state: [u32; 4],
    sines: [u32; 64],
    pending: Vec<u8>,
    len: u64,
}

impl Md5 {
    pub(super) fn new() -> Self {
        // RFC 1321 defines its table as the integer part of 2^32 |sin(i)|, i in radians from 1.
        let sines = std::array::from_fn(|i| {
            (libm::fabs(libm::sin((i + 1) as f64)) * 4_294_967_296.0) as u32
        });
        let state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
        Self { state, sines, pending: Vec::with_capacity(64), len: 0 }
    }

    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        self.len = self.len.wrapping_add(bytes.len() as u64);
        if !self.pending.is_empty() {
            let (head, rest) = bytes.split_at(bytes.len().min(64 - self.pending.len()));
            self.pending.extend_from_slice(head);
            bytes = rest;
            if let Some(block) = self.pending.first_chunk::<64>() {
                Self::compress(&mut self.state, &self.sines, block);
                self.pending.clear();
            }
        }
        let (blocks, rest) = bytes.as_chunks::<64>();
        for block in blocks {
            Self::compress(&mut self.state, &self.sines, block);
        }
        self.pending.extend_from_slice(rest);
    }

    pub(super) fn finish(mut self) -> [u8; 16] {
        let bits = self.len.wrapping_mul(8);
        let mut tail = vec![0x80];
        while (self.pending.len() + tail.len()) % 64 != 56 {
            tail.push(0);
        }
        tail.extend(bits.to_le_bytes());
        self.update(&tail);
        let mut digest = [0; 16];
        for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(self.state) {
            *bytes = word.to_le_bytes();
        }
        digest
    }

    fn compress(state: &mut [u32; 4], sines: &[u32; 64], block: &[u8; 64]) {
        const SHIFTS: [[u32; 4]; 4] =
            [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
        let mut words = [0_u32; 16];
        for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        let [mut a, mut b, mut c, mut d] = *state;
        for i in 0..64_usize {
            let (mix, word) = match i / 16 {
                0 => ((b & c) | (!b & d), i),
                1 => ((d & b) | (!d & c), 5 * i + 1),
                2 => (b ^ c ^ d, 3 * i + 5),
                _ => (c ^ (b | !d), 7 * i),
            };
            let sum =
                a.wrapping_add(mix).wrapping_add(sines[i & 63]).wrapping_add(words[word & 15]);
            let next = b.wrapping_add(sum.rotate_left(SHIFTS[(i / 16) & 3][i & 3]));
            (a, b, c, d) = (d, next, b, c);
        }
        for (old, new) in state.iter_mut().zip([a, b, c, d]) {
            *old = old.wrapping_add(new);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(parts: &[&[u8]]) -> String {
        let mut md5 = Md5::new();
        parts.iter().for_each(|part| md5.update(part));
        md5.finish().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_vectors_of_rfc_1321_hold() {
        assert_eq!(digest(&[b""]), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(digest(&[b"message digest"]), "f96b697d7cb7938d525a2f31aaf161d0");
        let long = "12345678901234567890".repeat(4);
        assert_eq!(digest(&[long.as_bytes()]), "57edf4a22be3c955ac49da2e2107b67a");
        let (head, tail) = long.as_bytes().split_at(37);
        assert_eq!(digest(&[head, tail]), "57edf4a22be3c955ac49da2e2107b67a");
    }
}
