//! What no server that knows HTTP would send, byte for byte.

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, HeaderMap};

use super::Fault;

/// An alert as a TLS server sends it to whoever does not speak TLS: `unexpected_message`, RFC 8446 section 6.
const TLS_ALERT: &[u8] = b"\x15\x03\x03\x00\x02\x02\x0a";
const HALF_A_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: applica";
const EARLY_HINTS: &[u8] = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n";
const UPGRADE: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";

/// What is said instead of an answer, before the connection is closed.
pub(super) const fn instead(fault: &Fault) -> Option<Bytes> {
    Some(Bytes::from_static(match fault {
        Fault::NotHttp => TLS_ALERT,
        Fault::CutHead => HALF_A_HEAD,
        Fault::SwitchingProtocols => UPGRADE,
        _ => return None,
    }))
}

/// What is said before the answer.
pub(super) const fn before(fault: &Fault) -> Option<Bytes> {
    match fault {
        Fault::EarlyHints => Some(Bytes::from_static(EARLY_HINTS)),
        _ => None,
    }
}

/// A 200 whose length is not that of its body, by so much.
pub(super) fn with_wrong_length(headers: &HeaderMap, body: &Bytes, by: isize) -> Bytes {
    let mut bytes = BytesMut::from(&b"HTTP/1.1 200 OK\r\n"[..]);
    for (name, value) in headers.iter().filter(|(name, _)| *name != CONTENT_LENGTH) {
        bytes.put_slice(name.as_str().as_bytes());
        bytes.put_slice(b": ");
        bytes.put_slice(value.as_bytes());
        bytes.put_slice(b"\r\n");
    }
    bytes.put_slice(format!("content-length: {}\r\n\r\n", body.len().saturating_add_signed(by)).as_bytes());
    bytes.put_slice(body);
    bytes.freeze()
}

/// A gzip file (RFC 1952) of blocks that are stored and not deflated (RFC 1951 section 3.2.4): compressed in
/// name, and as unreadable to whoever does not expect it.
pub(super) fn gzip(body: &[u8]) -> Bytes {
    const MOST: usize = u16::MAX as usize;
    let mut bytes = BytesMut::from(&b"\x1f\x8b\x08\0\0\0\0\0\0\xff"[..]);
    let blocks = body.len().div_ceil(MOST).max(1);
    for index in 0..blocks {
        let block = &body[index * MOST..body.len().min((index + 1) * MOST)];
        #[allow(clippy::cast_possible_truncation, reason = "no block is longer than `MOST`")]
        let length = block.len() as u16;
        bytes.put_u8(u8::from(index + 1 == blocks));
        bytes.put_u16_le(length);
        bytes.put_u16_le(!length);
        bytes.put_slice(block);
    }
    bytes.put_u32_le(crc32(body));
    #[allow(clippy::cast_possible_truncation, reason = "the format keeps the length modulo 2^32")]
    bytes.put_u32_le(body.len() as u32);
    bytes.freeze()
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gzip_file_is_what_gunzip_takes() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        let expected = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01\x02\0\xfd\xffhi\xac\x2a\x93\xd8\x02\0\0\0";
        assert_eq!(gzip(b"hi"), &expected[..]);
        // Two blocks, each with its head of five bytes.
        assert_eq!(gzip(&[0; 70_000]).len(), 10 + 2 * 5 + 70_000 + 8);
    }

    #[test]
    fn a_length_is_wrong_by_as_much_as_was_asked_for() {
        let mut headers = HeaderMap::new();
        headers.insert("x-a", "b".parse().unwrap());
        let said = with_wrong_length(&headers, &Bytes::from_static(b"body"), -1);
        assert_eq!(said, "HTTP/1.1 200 OK\r\nx-a: b\r\ncontent-length: 3\r\n\r\nbody");
    }
}
