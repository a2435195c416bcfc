//! The rule and model files inside the binary. A test compares these lists with the folder.

/// A rule file with its text.
macro_rules! rule {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../../rules/", $name)))
    };
}

/// Rule files: name and text.
pub const RULE_FILES: &[(&str, &str)] = &[
    rule!("argument-injection.toml"),
    rule!("bind-all-interfaces.toml"),
    rule!("code-injection.toml"),
    rule!("command-injection.toml"),
    rule!("cross-site-scripting.toml"),
    rule!("csv-injection.toml"),
    rule!("debug-mode.toml"),
    rule!("excessive-agency.toml"),
    rule!("file-race.toml"),
    rule!("hard-coded-secret.toml"),
    rule!("header-injection.toml"),
    rule!("information-exposure.toml"),
    rule!("insecure-cookie.toml"),
    rule!("insecure-permissions.toml"),
    rule!("insecure-temporary-file.toml"),
    rule!("jwt-verification.toml"),
    rule!("ldap-injection.toml"),
    rule!("log-injection.toml"),
    rule!("mass-assignment.toml"),
    rule!("nosql-injection.toml"),
    rule!("open-redirect.toml"),
    rule!("password-storage.toml"),
    rule!("path-traversal.toml"),
    rule!("prompt-injection.toml"),
    rule!("regex-denial-of-service.toml"),
    rule!("server-side-request-forgery.toml"),
    rule!("sql-injection.toml"),
    rule!("template-injection.toml"),
    rule!("timing-unsafe-comparison.toml"),
    rule!("tls-verification-disabled.toml"),
    rule!("trust-boundary.toml"),
    rule!("unbounded-consumption.toml"),
    rule!("unrestricted-upload.toml"),
    rule!("unsafe-deserialization.toml"),
    rule!("unsafe-model-output.toml"),
    rule!("weak-cipher.toml"),
    rule!("weak-hash.toml"),
    rule!("weak-random.toml"),
    rule!("weak-tls.toml"),
    rule!("xml-entity-expansion.toml"),
    rule!("xml-external-entity.toml"),
    rule!("xpath-injection.toml"),
    rule!("zip-slip.toml"),
];

/// Model files: name and text.
pub const MODEL_FILES: &[(&str, &str)] = &[
    rule!("models/go-standard.toml"),
    rule!("models/go-web.toml"),
    rule!("models/java-standard.toml"),
    rule!("models/java-web.toml"),
    rule!("models/javascript-browser.toml"),
    rule!("models/javascript-data.toml"),
    rule!("models/javascript-standard.toml"),
    rule!("models/javascript-web.toml"),
    rule!("models/python-flask.toml"),
    rule!("models/python-standard.toml"),
    rule!("models/python-web.toml"),
];
