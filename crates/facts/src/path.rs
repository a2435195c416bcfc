//! Paths inside a repository: raw bytes with `/` separators, as git stores them.
//!
//! JSON needs text, git does not promise any: a path that is not UTF-8 is written in git's own
//! C-style quoting (`"caf\351"`) and read back from it, so no path is lost or confused.

use std::borrow::Cow;
use std::fmt;

use bstr::{BStr, BString, ByteSlice};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path relative to the repository root, `/`-separated, without leading `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RepoPath(BString);

impl RepoPath {
    /// Takes the bytes as they are.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(BString::from(bytes.into()))
    }

    /// The raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The raw bytes as a byte string.
    #[must_use]
    pub fn as_bstr(&self) -> &BStr {
        self.0.as_bstr()
    }

    /// The text form: the path itself if it is UTF-8 and does not begin with a quote, otherwise
    /// git's C-style quoting.
    #[must_use]
    pub fn display(&self) -> Cow<'_, str> {
        match std::str::from_utf8(&self.0) {
            Ok(text) if !text.starts_with('"') && !text.chars().any(char::is_control) => {
                Cow::Borrowed(text)
            }
            _ => Cow::Owned(quote(&self.0)),
        }
    }

    /// The inverse of [`Self::display`].
    #[must_use]
    pub fn from_display(text: &str) -> Self {
        Self(BString::from(
            unquote(text).unwrap_or_else(|| text.as_bytes().to_vec()),
        ))
    }

    /// Is it that folder or file, or below it? Everything is below the empty path.
    #[must_use]
    pub fn is_below(&self, folder: &Self) -> bool {
        folder.0.is_empty()
            || self
                .0
                .strip_prefix(folder.as_bytes())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }

    /// The last component.
    #[must_use]
    pub fn file_name(&self) -> &BStr {
        match self.0.rfind_byte(b'/') {
            Some(slash) => self.0[slash + 1..].as_bstr(),
            None => self.0.as_bstr(),
        }
    }

    /// The extension of the last component, without the dot; empty if there is none.
    #[must_use]
    pub fn extension(&self) -> &BStr {
        let name = self.file_name();
        match name.rfind_byte(b'.') {
            Some(dot) if dot > 0 => name[dot + 1..].as_bstr(),
            _ => b"".as_bstr(),
        }
    }
}

impl From<&str> for RepoPath {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes())
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display())
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for RepoPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.display())
    }
}

impl<'de> Deserialize<'de> for RepoPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_display(&String::deserialize(deserializer)?))
    }
}

impl JsonSchema for RepoPath {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "RepoPath".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "Path from the repository root; C-style quoted as git does when it is not UTF-8."
        })
    }
}

fn quote(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => {
                    out.push('\\');
                    out.push(c);
                }
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                c if c.is_control() => {
                    let mut buffer = [0; 4];
                    push_octal(&mut out, c.encode_utf8(&mut buffer).as_bytes());
                }
                c => out.push(c),
            }
        }
        push_octal(&mut out, chunk.invalid());
    }
    out.push('"');
    out
}

fn push_octal(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for shift in [6, 3, 0] {
            out.push(char::from(b'0' + (byte >> shift & 7)));
        }
        // The backslash goes before the three digits just written.
        let at = out.len() - 3;
        out.insert(at, '\\');
    }
}

fn unquote(text: &str) -> Option<Vec<u8>> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next()? {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            first @ b'0'..=b'3' => {
                let mut value = first - b'0';
                for _ in 0..2 {
                    let digit = bytes.next().filter(|d| (b'0'..=b'7').contains(d))?;
                    value = value << 3 | (digit - b'0');
                }
                out.push(value);
            }
            other => out.push(other),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_plain_path_is_written_as_it_is() {
        assert_eq!(RepoPath::from("src/a b.rs").display(), "src/a b.rs");
    }

    #[test]
    fn a_path_that_is_not_utf8_is_quoted_as_git_does() {
        assert_eq!(RepoPath::new(*b"caf\xe9.py").display(), r#""caf\351.py""#);
    }

    proptest! {
        #[test]
        fn every_path_survives_its_text_form(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            let path = RepoPath::new(bytes);
            prop_assert_eq!(RepoPath::from_display(&path.display()), path);
        }
    }
}
