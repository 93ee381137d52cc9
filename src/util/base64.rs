//! Bytes as text in Base64 (RFC 4648, section 4: the standard alphabet, padded). Only the way out; nothing is read here.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as Base64, four characters for every three bytes that were begun.
pub fn encode(bytes: &[u8]) -> String {
    let digit = |bits: u32, place: u32| {
        let index = (bits >> (18 - 6 * place)) & 63;
        ALPHABET.get(index as usize).map_or('=', |byte| char::from(*byte))
    };
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, i| (bits << 8) | u32::from(*group.get(i).unwrap_or(&0)));
        for place in 0..4 {
            // One byte needs two characters, two bytes need three.
            text.push(if place as usize <= group.len() { digit(bits, place) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_standard_come_out() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (bytes, text) in vectors {
            assert_eq!(encode(bytes.as_bytes()), text);
        }
        assert_eq!(encode(&[0xff, 0xef, 0xbe, 0x00]), "/+++AA==");
    }
}
