/// Follows a call's arguments far enough to know when the object is closed, without keeping them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scan {
    depth: u32,
    in_string: bool,
    is_escaped: bool,
    has_begun: bool,
}

impl Scan {
    pub(super) fn push(&mut self, json: &str) {
        for byte in json.bytes() {
            self.byte(byte);
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => {
                self.depth = self.depth.saturating_add(1);
                self.has_begun = true;
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    /// The object has been closed.
    pub(super) const fn is_complete(self) -> bool {
        self.has_begun && self.depth == 0 && !self.in_string
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_whole_when_its_own_brace_is_closed() {
        let whole = r#" {"a":"}\"{","b":[{}]}"#;
        let mut scan = Scan::default();
        for (at, byte) in whole.bytes().enumerate() {
            assert!(!scan.is_complete(), "{at}");
            scan.byte(byte);
        }
        assert!(scan.is_complete());
        assert!(!Scan::default().is_complete());
    }
}
