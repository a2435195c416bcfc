//! Keys that let in whoever sends them: `API_KEY`, `CRON_SECRET`. A text that stands in for such a setting
//! lets everybody in who has read the source, however little it looks like a key.

use super::names::words;

/// Lines in which what stands at a line's end goes on.
const MAX_REFUSAL: usize = 4;
/// Words that names of such keys consist of.
const OF_DOORS: &[&str] = &[
    "api",
    "key",
    "apikey",
    "secret",
    "token",
    "admin",
    "cron",
    "internal",
    "master",
    "service",
    "app",
    "server",
    "backend",
    "job",
    "jobs",
    "worker",
    "access",
    "auth",
    "webhook",
    "callback",
    "default",
    "shared",
    "static",
    "x",
    "bearer",
    "agent",
    "sync",
    "task",
    "scheduler",
    "ingest",
];
/// Of them, those of a key that only the program itself asks for.
const OF_OWN: &[&str] = &["admin", "cron", "internal", "master"];
/// How a request is asked for what it sends.
const ASKS_REQUEST: &[&str] = &[
    "headers",
    "getheader",
    "header.get",
    "header(",
    "request.args",
    "authorization",
    "x-api-key",
    "query.",
    "c.get(",
];
/// How two texts are compared.
const COMPARES: &[&str] = &[
    "==",
    "!=",
    "compare_digest(",
    "ConstantTimeCompare(",
    "timingSafeEqual(",
    ".equals(",
    "isEqual(",
];
/// What a program does that will not run so.
const STOPS: &[&str] = &[
    "exit(",
    "fatal",
    "Fatal",
    "panic(",
    "abort(",
    "raise RuntimeError",
    "raise ValueError",
    "throw new Error",
    "IllegalStateException",
];

/// Whether a name may be that of a key that opens a door.
pub(super) fn names_door(name: &str) -> bool {
    let own: Vec<String> = words(name).collect();
    let pair = own
        .windows(2)
        .any(|w| matches!(w, [a, b] if a == "api" && b == "key"));
    let says = pair
        || own
            .iter()
            .any(|w| matches!(w.as_str(), "apikey" | "secret" | "token"));
    says && own.len() > 1 && own.iter().all(|w| OF_DOORS.contains(&w.as_str())) || own == ["apikey"]
}

/// Whether a name is that of a key that nobody but the program gives out.
pub(super) fn is_own_door(name: &str) -> bool {
    names_door(name) && words(name).any(|w| OF_OWN.contains(&w.as_str()))
}

/// Whether code lets a request in by what is called so, and does not stop where it is the text itself.
pub(super) fn opens_door(code: &str, name: &str, text: &str) -> bool {
    let lower = code.to_lowercase();
    if !ASKS_REQUEST.iter().any(|asks| lower.contains(asks)) {
        return false;
    }
    let wanted = plain(name);
    code.lines().any(|line| {
        let code = line.trim_start();
        !code.starts_with(['#', '*', '/'])
            && COMPARES.iter().any(|c| line.contains(c))
            && mentions(line, &wanted)
            && !is_constant(line, &wanted, text)
    })
}

/// Whether the program stops where the key is missing or is the text.
pub(super) fn stops_without(code: &str, name: &str, text: &str) -> bool {
    let wanted = plain(name);
    let lines: Vec<&str> = code.lines().collect();
    lines.iter().enumerate().any(|(at, line)| {
        let asks =
            words(line).any(|w| matches!(w.as_str(), "if" | "assert" | "unless" | "validator"));
        let about =
            line.contains(text) || (mentions(line, &wanted) && is_constant(line, &wanted, text));
        let mut after = lines.iter().skip(at).take(MAX_REFUSAL + 1);
        asks && about && after.any(|l| STOPS.iter().any(|s| l.contains(s)))
    })
}

/// Whether a line names the key.
fn mentions(line: &str, wanted: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|name| plain(name) == wanted)
}

/// Whether the key is only compared with a text of the program, or asked whether it is there.
fn is_constant(line: &str, wanted: &str, text: &str) -> bool {
    if line.contains(text) {
        return true;
    }
    let compact: String = line.chars().filter(|c| !c.is_whitespace()).collect();
    let lower: String = compact
        .chars()
        .filter(|c| *c != '_')
        .flat_map(char::to_lowercase)
        .collect();
    ["==", "===", "!=", "!==", "isnot", "is"].iter().any(|op| {
        ["\"\"", "''", "null", "undefined", "nil", "none"]
            .iter()
            .any(|nothing| lower.contains(&format!("{wanted}{op}{nothing}")))
    }) || lower.contains(&format!("if(!{wanted})"))
        || lower.contains(&format!("ifnot{wanted}:"))
}

/// A name without marks and capitals.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_services_are_no_doors() {
        for name in [
            "API_KEY",
            "apiKey",
            "ADMIN_API_KEY",
            "CRON_SECRET",
            "INTERNAL_TOKEN",
        ] {
            assert!(names_door(name), "{name}");
        }
        for name in ["OPENAI_API_KEY", "TOKEN", "STRIPE_SECRET", "GITHUB_TOKEN"] {
            assert!(!names_door(name), "{name}");
        }
    }

    #[test]
    fn only_a_comparison_with_a_request_opens_a_door() {
        let opens = |line: &str| {
            let code = format!("const k = req.headers['x-api-key'];\n{line}");
            opens_door(&code, "API_KEY", "dev-key-1")
        };
        assert!(opens("if (k !== API_KEY) return deny();"));
        assert!(opens("if (k !== `Bearer ${API_KEY}`) return deny();"));
        assert!(!opens("if (API_KEY === 'dev-key-1') warn();"));
        assert!(!opens("if (API_KEY === undefined) warn();"));
        assert!(!opens("send({ key: API_KEY });"));
    }
}
