//! Routes that are open by their nature: how somebody comes in, and what strangers send.

use super::whole::is_attempt;
use crate::analysis::words;
use crate::surface::Route;

/// Words that say so wherever they stand.
const OPEN: &[&str] = &[
    "login",
    "logout",
    "signin",
    "signout",
    "signup",
    "register",
    "registration",
    "webhook",
    "webhooks",
    "hook",
    "callback",
    "health",
    "healthz",
    "ping",
    "status",
    "metrics",
    "contact",
    "subscribe",
    "waitlist",
    "unsubscribe",
    "newsletter",
    "refresh",
    "oauth",
    "oauth2",
    "csp",
    "forgot",
    "reset",
    "verify",
    "confirm",
    "graphql",
    "public",
    "feedback",
    "calculate",
    "convert",
    "preview",
    "validate",
    "demo",
    "auth",
    "captcha",
    "code",
    "heartbeat",
];
/// Words that say so of what has no name yet; `/sessions/:id/activate` acts on something that somebody
/// has.
const OPEN_UNNAMED: &[&str] = &[
    "session", "sessions", "activate", "track", "events", "search", "query", "token",
];
/// Words of parameters that are a secret themselves: whoever has the address may come in.
const SECRETS: &[&str] = &[
    "token",
    "code",
    "key",
    "hash",
    "signature",
    "uid",
    "uidb64",
    "slug",
];
/// Who makes another administrator is asked; who makes the first one cannot be.
const FIRST: &[&str] = &[
    "setup",
    "init",
    "initial",
    "initialize",
    "bootstrap",
    "install",
    "first",
    "seed",
];

/// Whether anybody may call the route.
pub(super) fn is_public(route: &Route) -> bool {
    let says = |list: &[&str]| {
        let mut all = words(&route.path).chain(words(&route.handler));
        all.any(|w| list.contains(&w.as_str()))
    };
    !makes_administrators(route) && (says(OPEN) || (says(OPEN_UNNAMED) && !is_named(&route.path)))
}

/// `POST /admin/register`: not how a visitor signs up.
pub(super) fn makes_administrators(route: &Route) -> bool {
    let own: Vec<String> = words(&route.path).chain(words(&route.handler)).collect();
    let has = |list: &[&str]| own.iter().any(|w| list.contains(&w.as_str()));
    has(&["admin", "admins", "administrator", "administrators"])
        && has(&["register", "signup", "registration"])
        && !has(FIRST)
        && !is_attempt(route)
}

/// Whether a path names one of many by something that is no secret.
fn is_named(path: &str) -> bool {
    let mut parts = path
        .split('/')
        .filter(|p| p.starts_with([':', '{', '<', '[']));
    let secret = parts
        .clone()
        .any(|part| words(part).any(|w| SECRETS.contains(&w.as_str())));
    parts.next().is_some() && !secret
}
