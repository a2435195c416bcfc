//! Places of a machine and variables of its environment that code of models has no business with.

/// A place of a machine where keys are kept, or that later runs what is written there.
pub(super) fn is_sensitive(text: &str) -> bool {
    const PLACES: &[&str] = &[
        "authorized_keys",
        "/etc/passwd",
        "/etc/shadow",
        "/etc/cron",
        "/etc/sudoers",
        "/etc/ld.so",
        ".aws/credentials",
        ".bashrc",
        ".bash_profile",
        ".zshrc",
        ".profile",
        ".netrc",
        "id_rsa",
        "id_ed25519",
        ".kube/config",
        ".docker/config.json",
        ".git-credentials",
        ".pypirc",
        ".npmrc",
        "huggingface/token",
        "/var/spool/cron",
        ".config/autostart",
        "LaunchAgents",
        "sitecustomize.py",
        "usercustomize.py",
        ".ssh/",
    ];
    let is_path = text.len() <= 300 && !text.contains(char::is_whitespace);
    is_path
        && (text == ".ssh"
            || text.ends_with("/.ssh")
            || PLACES.iter().any(|place| text.contains(place)))
}

/// A variable of the environment that changes what other programs load, or whom they talk to.
pub(super) fn steers(variable: &str) -> bool {
    matches!(
        variable,
        "LD_PRELOAD"
            | "LD_LIBRARY_PATH"
            | "LD_AUDIT"
            | "DYLD_INSERT_LIBRARIES"
            | "PATH"
            | "PYTHONPATH"
            | "PYTHONSTARTUP"
            | "PYTHONHOME"
            | "PYTHONWARNINGS"
            | "BASH_ENV"
            | "HF_ENDPOINT"
            | "PIP_INDEX_URL"
            | "PIP_EXTRA_INDEX_URL"
            | "UV_INDEX_URL"
            | "HTTP_PROXY"
            | "HTTPS_PROXY"
            | "http_proxy"
            | "https_proxy"
            | "ALL_PROXY"
            | "SSL_CERT_FILE"
            | "REQUESTS_CA_BUNDLE"
            | "CURL_CA_BUNDLE"
            | "HF_HUB_DISABLE_SSL_VERIFY"
            | "GIT_SSH_COMMAND"
            | "BROWSER"
            | "PAGER"
            | "EDITOR"
    )
}

/// Does a path begin with the letter of a drive?
pub(super) fn is_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}
