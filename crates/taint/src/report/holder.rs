//! What holds a secret: the name whose value it is, as the source writes it.
//!
//! Nothing but names and marks is taken over, and the secret itself never: the line is looked at only
//! up to it.

use std::sync::LazyLock;

use regex::Regex;

use crate::secret::may_be_secret;

/// `password=`, `"Authorization": `, `app.config["KEY"] = `, `String password = `, `env.KEY || `, with
/// a type between name and sign or not.
static ENTRY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)
        (?: (?: [\w$][\w$.]* (?: \[ \s* ["'][\w\ .\-]+["'] \s* \] )?
              | ["'][\w\ .\-]+["'] )
          \s* (?: : \s* [\w.\[\]<>]+ \s* )?
          (?: := | => | = | : | \|\| | \?\? ) )
        \s* (?: [fFrRbBuU]{1,2} )? $"#,
    )
    .ok()
});
/// `setPassword(`, `os.environ.get("KEY", `, `jwt.sign(claims, `: what is called, and the arguments before.
static CALL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)
        [\w$][\w$.]* \s* \( \s*
        (?: (?: [\w$.]+ | ["'][\w\ .\-]*["'] ) \s* , \s* ){0,3}
        (?: [fFrRbBuU]{1,2} )? $"#,
    )
    .ok()
});

/// The name and the place of the value, `password="…"`; `None` where there is none on its line. `before`
/// is the line up to the secret, or into the text that it stands in.
pub(crate) fn of(before: &str) -> Option<String> {
    let (before, quote) = up_to_text(before);
    let find = |form: &LazyLock<Option<Regex>>| Some(form.as_ref()?.find(before)?.as_str());
    let (found, end) = match find(&ENTRY) {
        Some(entry) => (entry, ""),
        None => (find(&CALL)?, ")"),
    };
    // What stands in no quotes is code, also where it looks random: `OAUTH2_SECRET`.
    let mut quoted = found.split(['"', '\'']).skip(1).step_by(2);
    let shows_another = quoted.any(may_be_secret);
    (!shows_another).then(|| format!("{}{quote}…{quote}{end}", found.trim_start()))
}

/// What stands before the text that goes on at the end of `line`, and the quote that opens it.
fn up_to_text(line: &str) -> (&str, char) {
    let mut open: Option<(usize, char)> = None;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match open {
            None if matches!(c, '"' | '\'' | '`') => open = Some((at, c)),
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some((_, quote)) if c == quote => open = None,
            None | Some(_) => {}
        }
    }
    match open {
        Some((at, quote)) => (line.get(..at).unwrap_or(line), quote),
        // The secret's place is the text with its quotes.
        None => (line, '"'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_whose_value_is_the_secret_is_told() {
        for (before, told) in [
            (
                r#"return connect(user="admin", password=""#,
                r#"password="…""#,
            ),
            (
                r#"get("https://x", headers={"A": "b", "Authorization": "Bearer "#,
                r#""Authorization": "…""#,
            ),
            (
                r#"const c = f({ user: "admin", password: '"#,
                "password: '…'",
            ),
            (
                r#"private static final String PASSWORD = ""#,
                r#"PASSWORD = "…""#,
            ),
            ("  password: str = \"", r#"password: str = "…""#),
            ("const key: string = ", r#"key: string = "…""#),
            (
                r#"app.config["SECRET_KEY"] = ""#,
                r#"app.config["SECRET_KEY"] = "…""#,
            ),
            ("secret := `", "secret := `…`"),
            (
                r#"k = process.env.JWT_SECRET || ""#,
                r#"process.env.JWT_SECRET || "…""#,
            ),
            (
                r#"k = os.environ.get("SECRET_KEY", ""#,
                r#"os.environ.get("SECRET_KEY", "…")"#,
            ),
            (
                r#"builder.setUser("a").setPassword(""#,
                r#"setPassword("…")"#,
            ),
            (
                r#"config.put("db.password", ""#,
                r#"config.put("db.password", "…")"#,
            ),
            (r#"token = jwt.sign(claims, ""#, r#"jwt.sign(claims, "…")"#),
            (r#"x = f(user="a", token=b""#, r#"token=b"…""#),
            (
                r#"OAUTH2_CLIENT_SECRET = ""#,
                r#"OAUTH2_CLIENT_SECRET = "…""#,
            ),
        ] {
            assert_eq!(of(before).as_deref(), Some(told), "{before}");
        }
    }

    #[test]
    fn nothing_but_names_is_told() {
        for before in [
            "",
            "\"",
            "# use ",
            r#"["a", ""#,
            r#"login("h7!kPq2zz", ""#,
            "+ \"",
        ] {
            assert_eq!(of(before), None, "{before}");
        }
    }
}
