//! The texts on one line, in quotes above all, and which of them must not be shown.
//!
//! Where it is known at which columns a secret stands, the rest of its line is evidence and stays:
//! the name that holds it, the call, other arguments. Hidden is every text that touches the secret,
//! and beside it every text that may be one, by its name or by itself.

use std::borrow::Cow;
use std::ops::Range;

use trueline_taint::may_be_secret;

use super::{MASK, unquoted};

/// A text in quotes.
pub(super) struct Quoted {
    /// Without the quotes.
    pub(super) inner: Range<usize>,
    /// The name of an entry, which is no value of one.
    pub(super) is_name: bool,
    /// It ends on this line.
    is_closed: bool,
}

pub(super) fn parts(line: &str) -> Vec<Quoted> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = line
        .get(from..)
        .and_then(|rest| rest.find(['"', '\'', '`']))
        .map(|at| from + at)
    {
        let quote = line.get(open..=open).unwrap_or_default();
        let inner = line.get(open + 1..).unwrap_or_default();
        let mut end = 0;
        let mut escaped = false;
        for c in inner.chars() {
            if !escaped && quote.starts_with(c) {
                break;
            }
            escaped = c == '\\' && !escaped;
            end += c.len_utf8();
        }
        let end = open + 1 + end;
        let after = line.get(end + 1..).unwrap_or_default();
        let before = line.get(from..open).unwrap_or_default();
        let begins = before.trim_end().chars().next_back();
        let is_name =
            after.trim_start().starts_with(':') && matches!(begins, None | Some('{' | ','));
        found.push(Quoted {
            inner: open + 1..end,
            is_name,
            is_closed: end < line.len(),
        });
        from = (end + 1).min(line.len());
    }
    found
}

/// What is hidden of a line on which secrets stand at these columns (from 1, in characters, the second
/// one past the end), in order and apart from each other.
pub(super) fn hidden(line: &str, columns: &[(u32, u32)]) -> Vec<Range<usize>> {
    let mut hidden = quoted(line, columns);
    hidden.extend(unquoted::suspicious(line));
    apart(hidden)
}

/// What is hidden there and must not be quoted elsewhere: not every word under the name of a secret.
pub(super) fn hidden_values(line: &str, columns: &[(u32, u32)]) -> Vec<String> {
    let quoted = apart(quoted(line, columns)).into_iter();
    let quoted = quoted.filter_map(|range| line.get(range));
    let unquoted = unquoted::suspicious(line).into_iter();
    let unquoted = unquoted.filter_map(|range| line.get(range));
    let unquoted = unquoted.filter(|text| may_be_secret(text));
    quoted.chain(unquoted).map(str::to_owned).collect()
}

/// The secrets themselves, and the texts in quotes that may be others.
fn quoted(line: &str, columns: &[(u32, u32)]) -> Vec<Range<usize>> {
    let byte = |column: u32| {
        let mut places = line.char_indices().map(|(at, _)| at);
        let nth = column.saturating_sub(1) as usize;
        places.nth(nth).unwrap_or(line.len())
    };
    let parts = parts(line);
    let mut hidden = Vec::new();
    let mut in_no_text = false;
    for (from, to) in columns {
        let span = byte(*from)..byte(*to);
        let touched = |part: &&Quoted| part.inner.start < span.end && span.start < part.inner.end;
        // What joins texts is code: `"a" + b"c"`. Anything else of the secret is a part of it.
        let mut rest: Vec<char> = Vec::new();
        for (at, c) in line.get(span.clone()).unwrap_or_default().char_indices() {
            let at = span.start + at;
            let inside = |part: &Quoted| (part.inner.start - 1..=part.inner.end).contains(&at);
            if !parts.iter().any(inside) {
                rest.push(c);
            }
        }
        let joins = |c: &char| c.is_whitespace() || "+()fFrRbBuU".contains(*c);
        let before = hidden.len();
        hidden.extend(parts.iter().filter(touched).map(|part| part.inner.clone()));
        in_no_text |= hidden.len() == before;
        if hidden.len() == before || !rest.iter().all(joins) {
            hidden.push(span);
        }
    }
    let mut last = "";
    for part in &parts {
        let text = line.get(part.inner.clone()).unwrap_or_default();
        let before = line.get(..part.inner.start - 1).unwrap_or_default();
        let suspicious = may_be_secret(text) || is_named_secret(before, last);
        // The secret is in no text of this line: then it is not known where texts begin.
        if in_no_text || !part.is_closed || (suspicious && !part.is_name) {
            hidden.push(part.inner.clone());
        }
        last = text;
    }
    hidden
}

/// Ranges in order that do not touch.
pub(super) fn apart(mut hidden: Vec<Range<usize>>) -> Vec<Range<usize>> {
    hidden.retain(|range| !range.is_empty());
    hidden.sort_by_key(|range| (range.start, range.end));
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in hidden {
        match apart.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

/// The line without what is hidden of it.
pub(super) fn masked(line: &str, columns: &[(u32, u32)]) -> String {
    without(line, hidden(line, columns))
}

pub(super) fn without(line: &str, hidden: Vec<Range<usize>>) -> String {
    let mut out = String::with_capacity(line.len());
    let mut from = 0;
    for range in hidden {
        out.push_str(line.get(from..range.start).unwrap_or_default());
        out.push_str(MASK);
        from = range.end;
    }
    out.push_str(line.get(from..).unwrap_or_default());
    out
}

/// A line of which no finding speaks, without the values that look like keys and have the name of one.
pub(super) fn guarded(line: &str) -> Cow<'_, str> {
    let mut hidden: Vec<Range<usize>> = Vec::new();
    let mut last = "";
    let parts = parts(line);
    for part in &parts {
        let text = line.get(part.inner.clone()).unwrap_or_default();
        let before = line.get(..part.inner.start - 1).unwrap_or_default();
        if !part.is_name && looks_like_key(text) && is_named_secret(before, last) {
            hidden.push(part.inner.clone());
        }
        last = text;
    }
    // `API_TOKEN=…` of a settings file.
    if parts.is_empty()
        && let Some((name, value)) = line.split_once(['=', ':'])
        && looks_like_key(value.trim())
        && says_secret(name)
    {
        let start = line.len() - value.trim_start().len();
        hidden.push(start..start + value.trim().len());
    }
    hidden.extend(unquoted::assigned(line).filter_map(|assigned| {
        let text = line.get(assigned.value.clone()).unwrap_or_default();
        (assigned.is_named() && looks_like_key(text)).then_some(assigned.value)
    }));
    if hidden.is_empty() {
        return Cow::Borrowed(line);
    }
    Cow::Owned(without(line, apart(hidden)))
}

/// Long, random, and of the characters that keys are written in. Stricter than [`may_be_secret`]: this is
/// asked of all code.
fn looks_like_key(text: &str) -> bool {
    const LONG: usize = 16;
    const DIGITS: usize = 3;
    /// What a key does not become unlikely after.
    const ENOUGH: usize = 1024;
    let text = &text[..text.floor_char_boundary(ENOUGH)];
    let count = |is: fn(&char) -> bool| text.chars().filter(is).count();
    text.len() >= LONG
        && !text.starts_with(['/', '-'])
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-+/=".contains(c))
        && count(char::is_ascii_digit) >= DIGITS
        && count(char::is_ascii_alphabetic) >= DIGITS
        && may_be_secret(text)
}

/// Whether what stands before a text says that it is a secret: `password="`, `put("token", "`.
fn is_named_secret(before: &str, last: &str) -> bool {
    let before = before.trim_end_matches(['f', 'F', 'r', 'R', 'b', 'B', 'u', 'U']);
    let before = before.trim_end();
    let sign = |c: char| matches!(c, '=' | ':' | '>' | ',' | '|' | '?');
    let name = before.trim_end_matches(sign).trim_end();
    if name.len() == before.len() {
        return false;
    }
    if name.ends_with(['"', '\'', '`']) {
        return says_secret(last);
    }
    // After a comma comes another argument.
    let begin = name.rfind(|c: char| !(c.is_alphanumeric() || "_-.$".contains(c)));
    let name = begin.map_or(name, |at| name.get(at..).unwrap_or_default());
    !before.ends_with(',') && says_secret(name)
}

pub(super) fn says_secret(name: &str) -> bool {
    const WORDS: [&str; 9] = [
        "secret",
        "password",
        "passwd",
        "passphrase",
        "apikey",
        "token",
        "credential",
        "privatekey",
        "authorization",
    ];
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    let name: String = letters.flat_map(char::to_lowercase).collect();
    name.len() < 60 && WORDS.iter().any(|word| name.contains(word)) || name == "pwd"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns of a piece of a line.
    fn at(line: &str, piece: &str) -> (u32, u32) {
        let byte = line.find(piece).unwrap();
        let from = line[..byte].chars().count() as u32 + 1;
        (from, from + piece.chars().count() as u32)
    }

    #[test]
    fn the_rest_of_a_line_with_a_secret_stays() {
        for (line, secret, shown) in [
            (
                r#"return connect(user="billing_admin", password="Vq8!kd92", host="db.internal")"#,
                "Vq8!kd92",
                r#"return connect(user="billing_admin", password="[redacted]", host="db.internal")"#,
            ),
            (
                r#"get("https://api.example.com", headers={"X-Team": "payments", "Authorization": "Bearer abc123def"})"#,
                "abc123def",
                r#"get("https://api.example.com", headers={"X-Team": "payments", "Authorization": "[redacted]"})"#,
            ),
            (
                r#"const c = f({ user: "é", password: "Vq8!kd92", host: "db" });"#,
                "Vq8!kd92",
                r#"const c = f({ user: "é", password: "[redacted]", host: "db" });"#,
            ),
            (
                r#"p.setPassword("Vq8!kd92"); p.setUser("app");"#,
                r#""Vq8!kd92""#,
                r#"p.setPassword("[redacted]"); p.setUser("app");"#,
            ),
        ] {
            assert_eq!(masked(line, &[at(line, secret)]), shown);
        }
    }

    #[test]
    fn what_may_be_another_secret_is_hidden_too() {
        for (line, secret, hidden) in [
            (
                r#"a = f(password="Vq8!kd92", token="letmein")"#,
                "Vq8!kd92",
                "letmein",
            ),
            (
                r#"a = f(password="Vq8!kd92", key="9fK2-xw81-QQz")"#,
                "Vq8!kd92",
                "9fK2-xw81-QQz",
            ),
            (
                r#"m.put("password", "Vq8!kd92"); m.put("token", "letmein")"#,
                "Vq8!kd92",
                "letmein",
            ),
            (
                r#"password = "Vq8!kd92" + 'letmein'"#,
                r#""Vq8!kd92" + 'letmein'"#,
                "letmein",
            ),
            // A text that goes on in the next line.
            (
                r#"f(password="Vq8!kd92", x=`letmein"#,
                "Vq8!kd92",
                "letmein",
            ),
            // Where no text is known around the secret.
            (r#"# use Vq8!kd92 with "letmein""#, "Vq8!kd92", "letmein"),
            ("key = Vq8!kd92letmein", "Vq8!kd92letmein", "letmein"),
        ] {
            let shown = masked(line, &[at(line, secret)]);
            assert!(!shown.contains("Vq8!kd92"), "{shown}");
            assert!(!shown.contains(hidden), "{shown}");
        }
    }

    #[test]
    fn a_key_by_name_and_form_is_hidden_where_no_finding_speaks_of_it() {
        let key = "6da9a43058a5d1b9f3353153921fb04d";
        for line in [
            format!("mixpanel_project_token = '{key}'"),
            format!(r#"{{"api_key": "{key}", "n": 1}}"#),
            format!(r#"client.put("secret", "{key}")"#),
            format!("API_TOKEN={key}"),
            format!("  password: {key}"),
            format!("docker run -e DB_PASSWORD={key} -e MODE=fast image"),
        ] {
            assert_eq!(guarded(&line), line.replace(key, MASK));
        }
        // No name of a secret, a word, a path, a model, code.
        for line in [
            format!("checksum = '{key}'"),
            "token = 'the-next-one-please'".to_owned(),
            "token_url = '/oauth2/v10/token100'".to_owned(),
            "tokenizer = 'cl100k_base'".to_owned(),
            "token = read_next_token_2024(a, b)".to_owned(),
            "def token(self): return self.token".to_owned(),
        ] {
            assert_eq!(guarded(&line), line);
        }
    }

    #[test]
    fn columns_past_the_line_hide_every_text() {
        assert_eq!(
            masked(r#"f("a", "b")"#, &[(90, 99)]),
            r#"f("[redacted]", "[redacted]")"#
        );
    }

    /// What a finding says of a line, with another secret there that has no quotes.
    #[test]
    fn a_second_secret_without_quotes_is_hidden_and_the_rest_of_its_line_stays() {
        const FOUND: &str = "AKIAQ3EGRZ7LMNBVCXZA";
        for line in [
            "export DB_PASSWORD={2} AWS_ACCESS_KEY_ID={1}",
            "    run: DB_PASSWORD={2} GITHUB_TOKEN={1} make all",
            "docker run -e DB_PASSWORD={2} -e AWS_ACCESS_KEY_ID={1} image:latest",
            "mysql --host=db.internal --password={2} --key={1}",
            "mysql --password {2} -u admin {1}",
            "{DB_PASSWORD: {2}, KEY: {1}, region: eu-west-1}",
            "DB_PASSWORD={2}\rAWS_ACCESS_KEY_ID={1}\rHOST=localhost",
            "DB_PASSWORD={2}\u{2028}AWS_ACCESS_KEY_ID={1}\u{2028}",
            "AWS_ACCESS_KEY_ID={1},DB_PASSWORD={2},PORT=5432",
            "curl -H Authorization: Bearer {2} https://api.example.org/v1 -u {1}",
            "f(key=\"{1}\", password={2}, timeout=30)",
            "password => {2}, key => {1}, port => 5432",
            "https://api.example.org/v1?page=2&token={2}&key={1}",
            "${DB_PASSWORD:={2}} {1}",
        ] {
            for second in ["Zq8xV2mN7pLr4TbW9sKd", "letmein", "p=a+d/d$w0rd=="] {
                let line = line.replace("{1}", FOUND).replace("{2}", second);
                let shown = masked(&line, &[at(&line, FOUND)]);
                let expected = line.replace(FOUND, MASK).replace(second, MASK);
                let expected = expected.replace("Bearer [redacted]", MASK);
                assert_eq!(shown, expected);
            }
        }
        // Under any name.
        let line = format!("X=Zq8xV2mN7pLr4TbW9sKd Y={FOUND}");
        let shown = masked(&line, &[at(&line, FOUND)]);
        assert_eq!(shown, format!("X={MASK} Y={MASK}"));
    }

    #[test]
    fn a_long_value_without_quotes_is_hidden_whole_and_a_line_of_signs_ends() {
        const FOUND: &str = "AKIAQ3EGRZ7LMNBVCXZA";
        let long = "Zq8xV2mN7pLr4TbW9sKd".repeat(200);
        let line = format!("export DB_PASSWORD={long} KEY={FOUND}");
        let shown = masked(&line, &[at(&line, FOUND)]);
        assert_eq!(shown, format!("export DB_PASSWORD={MASK} KEY={MASK}"));
        assert_eq!(
            guarded(&format!("API_TOKEN={long}")),
            format!("API_TOKEN={MASK}")
        );
        for piece in ["a=", "token=", "=", "a: ", "=>", "x=)", "password = "] {
            let line = format!("KEY={FOUND} {}", piece.repeat(20_000));
            assert!(!masked(&line, &[at(&line, FOUND)]).contains(FOUND));
            let _ = guarded(&line);
        }
    }

    #[test]
    fn what_is_no_value_of_a_secret_stays_beside_one() {
        const FOUND: &str = "AKIAQ3EGRZ7LMNBVCXZA";
        for line in [
            "client = OpenAI(api_key=\"{1}\", max_tokens=4096, timeout=30)",
            "function f(password: string, key = \"{1}\")",
            "docker run -p 8080:80 -v /var/lib/data:/data -e KEY={1} postgres:16",
            "PATH=/usr/local/bin KEY={1} TOKEN=$GITHUB_TOKEN TOKEN=${TOKEN} make",
            "    run: KEY={1} python manage.py migrate",
            "password = os.environ.get(\"PASSWORD\", \"{1}\")",
            "let t = Token::from(\"{1}\");",
            "token_url: https://example.org/oauth/token, key: {1}",
            "12:30:45 level=info msg=started key={1}",
        ] {
            let line = line.replace("{1}", FOUND);
            let shown = masked(&line, &[at(&line, FOUND)]);
            assert_eq!(shown, line.replace(FOUND, MASK));
        }
    }
}
