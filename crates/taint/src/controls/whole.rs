//! Questions about an application as a whole: headers, forgery of requests, attempts, sizes.

use super::group::Group;
use super::public::is_public;
use super::{Missing, list};
use crate::analysis::words;
use crate::surface::{Control, Route, Trait};

/// Words of paths and handlers at which a secret is guessed.
const ATTEMPTS: &[&[&str]] = &[
    &["login"],
    &["log", "in"],
    &["signin"],
    &["sign", "in"],
    &["authenticate"],
    &["otp"],
    &["totp"],
    &["2fa"],
    &["mfa"],
    &["reset", "password"],
    &["password", "reset"],
    &["forgot", "password"],
    &["verify", "code"],
];

/// Words of names at which it is asked whether a name is taken, not whether a secret fits.
const LOOK_UPS: &[&str] = &[
    "unique",
    "duplicate",
    "duplicated",
    "exist",
    "exists",
    "available",
    "availability",
    "taken",
    // What lists logins.
    "history",
    "histories",
    "sessions",
    "attempts",
    "logs",
    "activity",
    "activities",
    "records",
    "events",
    "stats",
];
/// What is tried there is short: those routes are named first.
const GUESSED_FIRST: &[&str] = &[
    "login",
    "signin",
    "sign",
    "log",
    "authenticate",
    "otp",
    "totp",
    "2fa",
    "mfa",
];

/// Words of routes at which another service has asked for the password: what is sent there is its long
/// token, which nobody guesses.
const ELSEWHERE: &[&str] = &[
    "oauth",
    "oauth2",
    "oidc",
    "sso",
    "saml",
    "social",
    "provider",
    "google",
    "apple",
    "facebook",
    "github",
    "gitlab",
    "microsoft",
    "azure",
    "twitter",
    "linkedin",
    "discord",
    "kakao",
    "naver",
    "wechat",
    "firebase",
];

/// Browsers are told nothing about framing, content types and scripts.
pub(super) fn security_headers<'s>(group: &Group<'s>) -> Option<Missing<'s>> {
    if group.mentions(Control::SecurityHeaders) || group.routes().next().is_none() {
        return None;
    }
    let pages = group.has(Trait::Html);
    Some(Missing {
        rule: "missing-security-headers",
        // An application that only answers programs gains less from them.
        certain: pages,
        message: format!(
            "This {} application sends no security headers (Content-Security-Policy, X-Content-Type-Options, frame protection).",
            group.application.framework
        ),
        place: &group.application.place,
        routes: Vec::new(),
    })
}

/// Another site can make a visitor's browser send requests with its cookie.
pub(super) fn csrf_protection<'s>(group: &Group<'s>) -> Option<Missing<'s>> {
    // Who may come in is asked of every route, where the protection is switched off.
    let off = group.has(Trait::CsrfOff);
    if !group.has(Trait::CookieSession) || (!off && group.mentions(Control::CsrfProtection)) {
        return None;
    }
    // What asks nobody who they are acts in nobody's name; a handler out of sight may ask.
    let acting = group
        .routes()
        .filter(|r| changes_state(r) && !is_attempt(r) && !is_public(r))
        .filter(|r| !r.checks.contains(&Control::CsrfProtection))
        .filter(|r| off || group.asks(r) != Some(false));
    let mut routes: Vec<&Route> = acting.collect();
    if routes.is_empty() {
        return None;
    }
    // Before other methods a browser asks whether the foreign page may use them.
    let foreign = group.lets_sites_in();
    let sent = |r: &&Route| foreign || r.methods.iter().any(|m| m == "POST");
    let certain = |r: &&Route| (off || group.asks(r) == Some(true)) && sent(r);
    let sure: Vec<&Route> = routes.iter().copied().filter(certain).collect();
    let certain = !sure.is_empty();
    if certain {
        routes = sure;
    }
    Some(Missing {
        rule: "missing-csrf-protection",
        certain,
        message: format!(
            "A cookie says who asks, and {} accept requests that another web site makes a visitor's browser send: no token is checked.",
            list(&routes)
        ),
        place: &group.application.place,
        routes,
    })
}

/// Secrets can be guessed as fast as the server answers.
pub(super) fn rate_limit<'s>(group: &Group<'s>) -> Option<Missing<'s>> {
    // Who is known already tries no secret of somebody else.
    let mut routes: Vec<&Route> = group
        .routes()
        .filter(|r| is_attempt(r) && accepts_body(r) && !is_asked_elsewhere(r))
        .filter(|r| !r.guarded_by.contains(&Control::Authentication))
        .filter(|r| is_guessed_first(r) || !group.asks_before(r))
        .collect();
    routes.sort_by_key(|r| !is_guessed_first(r));
    // Where a secret is tried, nobody needs to be told where one is asked for by mail.
    if routes.first().is_some_and(|r| is_guessed_first(r)) {
        routes.retain(|r| is_guessed_first(r) || !is_asked_for(r));
    }
    routes.first()?;
    let limits = |r: &Route| {
        r.guarded_by.contains(&Control::RateLimit) || r.checks.contains(&Control::RateLimit)
    };
    if group.mentions(Control::RateLimit) {
        // Somebody thought of it: only a route left out beside guarded ones is certain.
        let elsewhere = group
            .routes()
            .any(|r| r.guarded_by.contains(&Control::RateLimit));
        let for_all = group.installs(Control::RateLimit).next().is_some();
        let open: Vec<&Route> = routes.iter().copied().filter(|r| !limits(r)).collect();
        let first = *open.first()?;
        if !elsewhere || for_all {
            return None;
        }
        return Some(rate_limit_missing(first, open));
    }
    let first = *routes.first()?;
    Some(rate_limit_missing(first, routes))
}

fn rate_limit_missing<'s>(first: &'s Route, routes: Vec<&'s Route>) -> Missing<'s> {
    Missing {
        rule: "missing-rate-limit",
        // The token of a reset is mostly too long to be guessed, and whether it is cannot be seen here.
        certain: routes.iter().any(|r| is_guessed_first(r) || is_short(r)),
        message: format!(
            "Passwords or codes can be guessed without limit at {}: nothing counts the attempts.",
            list(&routes)
        ),
        place: &first.place,
        routes,
    }
}

/// Whatever is sent is read.
pub(super) fn size_limit<'s>(group: &Group<'s>) -> Option<Missing<'s>> {
    if !group.has(Trait::Upload) || group.mentions(Control::SizeLimit) {
        return None;
    }
    // Spring Boot takes 1 MB a file and 10 MB a request unless it is told otherwise.
    if group.application.framework == "Spring" {
        return None;
    }
    group.routes().next()?;
    Some(Missing {
        rule: "missing-size-limit",
        certain: true,
        message: format!(
            "This {} application takes in files or raw bodies of any size: one request can fill its memory or disk.",
            group.application.framework
        ),
        place: &group.application.place,
        routes: Vec::new(),
    })
}

pub(super) fn changes_state(route: &Route) -> bool {
    route
        .methods
        .iter()
        .any(|m| matches!(m.as_str(), "POST" | "PUT" | "PATCH" | "DELETE"))
}

fn accepts_body(route: &Route) -> bool {
    changes_state(route) || route.methods.is_empty()
}

/// A password or code is tried there.
pub(super) fn is_attempt(route: &Route) -> bool {
    let last = last_segment(&route.path);
    // `/reset-password/<token>`: the address itself is the secret, and long.
    if last.starts_with(['<', ':', '{', '[']) && words(last).any(|w| w == "token") {
        return false;
    }
    let names = [last, route.handler.as_str()];
    names.iter().any(|name| {
        let own: Vec<String> = words(name).collect();
        if own.iter().any(|w| LOOK_UPS.contains(&w.as_str())) {
            return false;
        }
        ATTEMPTS
            .iter()
            .any(|phrase| own.windows(phrase.len()).any(|w| w == *phrase))
    })
}

/// A mail with a secret is asked for there, and none is tried.
fn is_asked_for(route: &Route) -> bool {
    words(last_segment(&route.path))
        .any(|w| matches!(w.as_str(), "forgot" | "forgotten" | "request"))
}

/// What is tried there is a code that a person types.
fn is_short(route: &Route) -> bool {
    [last_segment(&route.path), route.handler.as_str()]
        .iter()
        .any(|name| words(name).any(|w| matches!(w.as_str(), "code" | "codes" | "pin" | "sms")))
}

fn is_asked_elsewhere(route: &Route) -> bool {
    [last_segment(&route.path), route.handler.as_str()]
        .iter()
        .any(|name| words(name).any(|w| ELSEWHERE.contains(&w.as_str())))
}

fn is_guessed_first(route: &Route) -> bool {
    [last_segment(&route.path), route.handler.as_str()]
        .iter()
        .any(|name| words(name).any(|w| GUESSED_FIRST.contains(&w.as_str())))
}

pub(super) fn last_segment(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or("")
}
