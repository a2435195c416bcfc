//! The rule and model files inside the binary. A test compares these lists with the folder.

/// A rule file with its text.
macro_rules! rule {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../../rules/", $name)))
    };
}

/// Rule files: name and text.
pub const RULE_FILES: &[(&str, &str)] = &[
    rule!("code-injection.toml"),
    rule!("command-injection.toml"),
    rule!("cross-site-scripting.toml"),
    rule!("hard-coded-secret.toml"),
    rule!("insecure-cookie.toml"),
    rule!("ldap-injection.toml"),
    rule!("open-redirect.toml"),
    rule!("path-traversal.toml"),
    rule!("server-side-request-forgery.toml"),
    rule!("sql-injection.toml"),
    rule!("trust-boundary.toml"),
    rule!("unsafe-deserialization.toml"),
    rule!("weak-hash.toml"),
    rule!("weak-random.toml"),
    rule!("xml-external-entity.toml"),
    rule!("xpath-injection.toml"),
];

/// Model files: name and text.
pub const MODEL_FILES: &[(&str, &str)] = &[
    rule!("models/javascript-web.toml"),
    rule!("models/python-flask.toml"),
    rule!("models/python-standard.toml"),
    rule!("models/python-web.toml"),
];
