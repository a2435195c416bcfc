//! Paths as URIs and back (RFC 3986): what SARIF calls `artifactLocation.uri`.

use trueline_facts::RepoPath;

/// A repository path as a relative URI reference.
pub(crate) fn from_path(path: &RepoPath) -> String {
    let mut out = String::new();
    for byte in path.as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(*byte));
            }
            _ => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    out
}

/// A URI as a path below `root` (an absolute path, or empty). `None` for other schemes and for
/// places outside of `root`.
///
/// A raw backslash is no character of a URI: outside of `file:` it was written by a tool on Windows
/// that meant a slash. One that came as `%5C` is part of a name.
pub(crate) fn to_path(uri: &str, root: &[u8]) -> Option<RepoPath> {
    let decoded = match uri.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => {
            let rest = rest.strip_prefix("//").unwrap_or(rest);
            // `file://host/path`: the host is dropped, the path starts at the slash.
            decode(&rest[rest.find('/')?..])
        }
        Some((scheme, _))
            if scheme.len() > 1 && scheme.bytes().all(|b| b.is_ascii_alphabetic()) =>
        {
            return None;
        }
        _ => decode(&uri.replace('\\', "/")),
    };
    let relative = if decoded.starts_with(b"/") {
        let below = decoded.strip_prefix(strip_end(root))?;
        if root.is_empty() {
            return None;
        }
        below.strip_prefix(b"/")?.to_vec()
    } else {
        decoded
    };
    normalise(&relative).map(RepoPath::new)
}

fn strip_end(root: &[u8]) -> &[u8] {
    root.strip_suffix(b"/").unwrap_or(root)
}

/// Whether a part of a path is the folder of git, by any name that a file system takes for it:
/// credentials and hooks stand there, and no source.
fn is_git_folder(part: &[u8]) -> bool {
    let name = part.split(|b| *b == b':').next().unwrap_or_default();
    let end = name.iter().rposition(|b| !matches!(b, b'.' | b' '));
    let name = &name[..end.map_or(0, |end| end + 1)];
    name.eq_ignore_ascii_case(b".git") || name.eq_ignore_ascii_case(b"git~1")
}

/// Resolves `.` and `..`; `None` when the path leaves the root, enters the folder of git or is empty.
fn normalise(path: &[u8]) -> Option<Vec<u8>> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    if parts.is_empty() || parts.iter().any(|part| is_git_folder(part)) {
        return None;
    }
    Some(parts.join(&b'/'))
}

fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte == b'%'
            && let Some(value) = text
                .get(at + 1..at + 3)
                .and_then(|hex| u8::from_str_radix(hex, 16).ok())
        {
            out.push(value);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn absolute_uris_are_cut_at_the_root() {
        let path = |uri| to_path(uri, b"/home/dev/app").map(|p| p.to_string());
        assert_eq!(
            path("file:///home/dev/app/src/a%20b.py").as_deref(),
            Some("src/a b.py")
        );
        assert_eq!(path("/home/dev/app/x.py").as_deref(), Some("x.py"));
        assert_eq!(path("./src/../x.py").as_deref(), Some("x.py"));
        assert_eq!(path("src\\x.cs").as_deref(), Some("src/x.cs"));
    }

    #[test]
    fn places_outside_of_the_root_are_refused() {
        assert_eq!(to_path("file:///etc/passwd", b"/home/dev/app"), None);
        assert_eq!(to_path("/home/dev/application/x", b"/home/dev/app"), None);
        assert_eq!(to_path("../../etc/passwd", b"/home/dev/app"), None);
        assert_eq!(to_path("https://example.org/x.py", b"/home/dev/app"), None);
    }

    #[test]
    fn an_encoded_backslash_is_part_of_a_name() {
        let path = |uri| to_path(uri, b"/app").map(|p| p.to_string());
        assert_eq!(path("a%5Cb.py").as_deref(), Some("a\\b.py"));
        assert_eq!(path("%2E%2E%5Cb.py").as_deref(), Some("..\\b.py"));
        assert_eq!(path("file:///app/a%5cb.py").as_deref(), Some("a\\b.py"));
        assert_eq!(path("..\\b.py"), None);
    }

    proptest! {
        #[test]
        fn every_path_survives_its_uri(parts in proptest::collection::vec("[^/\\x00]{1,8}", 1..4)) {
            prop_assume!(parts.iter().all(|p| p != "." && p != ".."));
            let path = RepoPath::from(parts.join("/").as_str());
            prop_assert_eq!(to_path(&from_path(&path), b""), Some(path.clone()));
            let absolute = format!("file:///app/{}", from_path(&path));
            prop_assert_eq!(to_path(&absolute, b"/app"), Some(path));
        }
    }
}
