//! What the source of a server does that no tool needs: it stays after it ended, opens a shell to another machine, hands
//! secrets over, breaks out, covers its tracks.
//!
//! A description does not say it and an answer does not show it; the source does. One function is read at a time: a name of
//! a file counts only beside a call that writes, a command only beside a call that runs. Lists of what is refused, and texts
//! that people read, have neither.

use std::ops::Range;

use super::Reader;
use super::tokens::What;
use crate::command::Script;
use crate::discovery::SourceLanguage;
use crate::finding::{Draft, Found};
use crate::rule::Id;
use crate::skill;

/// Files by which something is started, or somebody is let in.
const STARTING: [&str; 21] = [
    "authorized_keys",
    "/etc/cron",
    "/var/spool/cron",
    "/etc/rc.local",
    "/etc/profile",
    "/etc/systemd/system",
    ".config/systemd/user",
    ".config/autostart",
    "LaunchAgents/",
    "LaunchDaemons/",
    "/etc/sudoers",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/pam.d",
    "/etc/ld.so.preload",
    "/etc/init.d",
    ".bashrc",
    ".bash_profile",
    ".zshrc",
    "Start Menu\\Programs\\Startup",
    "CurrentVersion\\Run",
];

/// Records of what was done on a machine.
const RECORDS: [&str; 11] = [
    "/var/log/auth.log",
    "/var/log/syslog",
    "/var/log/secure",
    "/var/log/messages",
    "/var/log/wtmp",
    "/var/log/btmp",
    "/var/log/lastlog",
    "/var/log/audit",
    ".bash_history",
    ".zsh_history",
    "/var/run/utmp",
];

/// Programs that record or guard, whose end nobody asks a tool for.
const GUARDS: [&str; 10] = [
    "auditd",
    "rsyslog",
    "syslog-ng",
    "falco",
    "fail2ban",
    "apparmor",
    "crowdstrike",
    "falcon-sensor",
    "osqueryd",
    "windefend",
];

/// Files that hold secrets, or what a person typed.
const SECRETS: [&str; 16] = [
    "id_rsa",
    "id_ed25519",
    ".ssh",
    ".git-credentials",
    ".aws/credentials",
    "/etc/shadow",
    ".netrc",
    ".docker/config.json",
    ".kube/config",
    "Login Data",
    "logins.json",
    "cookies.sqlite",
    "wallet.dat",
    ".gnupg",
    "_history",
    ".pgpass",
];

/// Adds what the source of a server does; `text` is the file's.
pub(crate) fn conduct(language: SourceLanguage, found: &mut Found<'_>) {
    let reader = Reader::new(language, found.file.text);
    let lower = found.file.text.to_ascii_lowercase();
    let mut drafts = Vec::new();
    let scopes = scopes(language, found.file.text, &reader);
    let mut secrets = None;
    let mut sends = false;
    for scope in &scopes {
        let unit = Unit::new(&reader, found.file.text, scope);
        for (place, what) in unit.deeds() {
            drafts.push(Draft::new(
                Id::HostileServerCode,
                place,
                format!("a function of the server {what}"),
            ));
        }
        secrets = secrets.or_else(|| unit.collects());
        sends |= unit.sends();
    }
    if let (Some(place), true) = (secrets, sends) {
        drafts.push(Draft::new(
            Id::HostileServerCode,
            place,
            "the server collects secrets and sends to an address of its own".to_owned(),
        ));
    }
    if let Some(place) = skill::decodes_and_runs(&lower) {
        drafts.push(Draft::new(
            Id::HostileServerCode,
            place,
            "the server decodes something and runs it".to_owned(),
        ));
    }
    // One a file and deed: ten ways to do one thing are one finding.
    let mut told: Vec<String> = Vec::new();
    for draft in drafts {
        if !told.contains(&draft.message) {
            told.push(draft.message.clone());
            found.add(draft);
        }
    }
}

/// The bytes of each function, and of the whole file where it has none.
fn scopes(language: SourceLanguage, text: &str, reader: &Reader<'_>) -> Vec<Range<usize>> {
    let mut out = if language == SourceLanguage::Python {
        python_functions(text)
    } else {
        braced_functions(reader)
    };
    if out.is_empty() {
        out.push(0..text.len());
    }
    out
}

/// From each `def` to the next line that is indented no deeper.
fn python_functions(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let closes = trimmed.starts_with(')') || trimmed.starts_with(']');
        if !trimmed.trim_end().is_empty() && !trimmed.starts_with('#') && !closes {
            if let Some((from, depth)) = open
                && indent <= depth
            {
                out.push(from..start);
                open = None;
            }
            let is_def = trimmed.starts_with("def ") || trimmed.starts_with("async def ");
            // A function in a function belongs to it.
            if open.is_none() && is_def {
                open = Some((start, indent));
            }
        }
        start += line.len();
    }
    if let Some((from, _)) = open {
        out.push(from..text.len());
    }
    out
}

/// Bodies in braces after `)` or `=>`, the outermost ones of up to some length.
fn braced_functions(reader: &Reader<'_>) -> Vec<Range<usize>> {
    const LONGEST: usize = 12 << 10;
    let mut out: Vec<Range<usize>> = Vec::new();
    for at in 1..reader.tokens.len() {
        let opens = reader.is_sign(at, '{')
            && (reader.is_sign(at - 1, ')')
                || reader.is_sign(at - 1, '>')
                || reader.name(at - 1).is_some());
        if !opens {
            continue;
        }
        let end = reader.close(at).saturating_sub(1);
        let (Some(first), Some(last)) = (reader.tokens.get(at), reader.tokens.get(end)) else {
            continue;
        };
        let within = out.last().is_some_and(|outer| last.end <= outer.end);
        if !within && last.end - first.start <= LONGEST {
            out.push(first.start..last.end);
        }
    }
    out
}

/// A function: its texts, those that its names stand for too, and its words in lower case.
struct Unit<'u> {
    texts: Vec<(String, (usize, usize))>,
    lower: String,
    text: &'u str,
    start: usize,
}

impl<'u> Unit<'u> {
    fn new(reader: &Reader<'_>, text: &'u str, scope: &Range<usize>) -> Self {
        let mut texts = Vec::new();
        let from = reader
            .tokens
            .partition_point(|token| token.start < scope.start);
        for (at, token) in reader.tokens.iter().enumerate().skip(from) {
            if token.start >= scope.end {
                break;
            }
            match &token.what {
                What::Text(value) => {
                    // A text that stands alone is for people.
                    let raw = text.get(token.start..).unwrap_or_default();
                    let is_said = at > 0
                        && reader.is_sign(at - 1, ':')
                        && (raw.starts_with("\"\"\"") || raw.starts_with("'''"));
                    if !is_said {
                        texts.push((value.clone(), (token.start, token.end)));
                    }
                }
                What::Name(name) => {
                    if let Some((value, _)) = reader.constants.get(name) {
                        texts.push((value.clone(), (token.start, token.end)));
                    }
                    for (value, _) in reader.lists.get(name).into_iter().flatten() {
                        texts.push((value.clone(), (token.start, token.end)));
                    }
                }
                What::Sign(_) => {}
            }
        }
        // Patterns of what is refused are no commands.
        texts.retain(|(value, _)| {
            !["\\s", "\\b", ".*", "\\."]
                .iter()
                .any(|p| value.contains(p))
        });
        let body = text.get(scope.clone()).unwrap_or_default();
        Self {
            texts,
            lower: body.to_ascii_lowercase(),
            text: body,
            start: scope.start,
        }
    }

    fn has(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.lower.contains(word))
    }

    fn runs(&self) -> bool {
        self.has(&[
            "subprocess.",
            "os.system(",
            "os.popen(",
            "os.exec",
            "os.spawn",
            "popen(",
            "pty.spawn",
            "create_subprocess_",
            ".system(",
            "execsync(",
            "execasync(",
            "spawn(",
            "spawnsync(",
            "execfile(",
            "execfilesync(",
            "child_process",
            "exec.command(",
        ])
    }

    fn writes(&self) -> bool {
        const MODES: [&str; 10] = ["w", "a", "wb", "ab", "w+", "a+", "r+", "x", "wt", "at"];
        self.has(&[
            ".write_text(",
            ".write_bytes(",
            "writefile",
            "appendfile",
            "os.symlink(",
            "shutil.copy",
            "shutil.move",
        ]) || (self.has(&["open("])
            && self
                .texts
                .iter()
                .any(|(text, _)| MODES.contains(&text.as_str())))
    }

    /// Where a text of the function has one of these.
    fn names(&self, words: &[&str]) -> Option<(usize, usize)> {
        self.texts
            .iter()
            .find(|(text, _)| words.iter().any(|word| text.contains(word)))
            .map(|(_, place)| *place)
    }

    /// Where the function itself has one of these words.
    fn word(&self, words: &[&str]) -> Option<(usize, usize)> {
        words.iter().find_map(|word| {
            let at = self.text.find(word)? + self.start;
            Some((at, at + word.len()))
        })
    }

    /// What is done, and where.
    fn deeds(&self) -> Vec<((usize, usize), &'static str)> {
        let mut out = Vec::new();
        let mut say = |place: Option<(usize, usize)>, what: &'static str| {
            out.extend(place.map(|place| (place, what)));
        };
        let (runs, writes) = (self.runs(), self.writes());
        say(self.reverse_shell(), "opens a shell to another machine");
        if writes {
            say(
                self.names(&STARTING),
                "writes where programs are started or users are let in",
            );
        }
        if runs || writes {
            say(
                self.names(&["NOPASSWD:", "pam_permit.so"]),
                "gives itself the rights of the administrator",
            );
            say(
                self.names(&["HISTFILE=/dev/null", "unset HISTFILE", "history -c"]),
                "covers its tracks",
            );
        }
        if self.has(&["os.chmod(", "chmodsync(", "fs.chmod("]) {
            say(
                self.word(&["0o4755", "0o4777", "0o6755", "0o4711", "S_ISUID"]),
                "gives itself the rights of the administrator",
            );
        }
        if self.removes() {
            say(self.names(&RECORDS), "covers its tracks");
        }
        if runs {
            say(self.fetched(), "runs what it downloads");
            say(self.scheduled(), "has itself started again by the system");
            say(
                self.escalates(),
                "gives itself the rights of the administrator",
            );
            say(self.escapes(), "breaks out of its container");
            say(self.disarms(), "turns off what watches the machine");
        }
        if self.has(&[
            "requests.",
            "httpx.",
            "urlopen(",
            "fetch(",
            "axios",
            "aiohttp",
            "curl",
        ]) {
            let metadata = |text: &str| {
                [
                    "http://169.254.169.254/",
                    "http://metadata.google.internal/",
                    "http://100.100.100.200/",
                ]
                .iter()
                .any(|host| text.starts_with(host) && text.len() > host.len())
            };
            let place = self.texts.iter().find(|(text, _)| metadata(text));
            say(
                place.map(|(_, place)| *place),
                "asks the cloud for the machine's own credentials",
            );
        }
        if self.has(&["while true", "while 1:", "for _ in range", "for i in range"]) {
            say(self.word(&["os.fork()"]), "multiplies itself without end");
        }
        say(
            self.names(&[":(){ :|:& };:", ":(){:|:&};:"]),
            "multiplies itself without end",
        );
        out
    }

    fn reverse_shell(&self) -> Option<(usize, usize)> {
        let device = self.texts.iter().find(|(text, _)| {
            (text.contains("/dev/tcp/") || text.contains("/dev/udp/"))
                && [">&", "<&", "0<", "exec "]
                    .iter()
                    .any(|sign| text.contains(sign))
        });
        let netcat = self.texts.iter().find(|(text, _)| {
            Script::read(text)
                .risks()
                .iter()
                .any(|risk| risk.message.contains("a shell"))
        });
        let by_hand = self
            .has(&["socket.socket("])
            .then(|| self.word(&["os.dup2("]))
            .flatten()
            .filter(|_| self.has(&["/bin/sh", "/bin/bash", "pty.spawn", "subprocess."]));
        device.or(netcat).map(|(_, place)| *place).or(by_hand)
    }

    fn fetched(&self) -> Option<(usize, usize)> {
        let found = self.texts.iter().find(|(text, _)| {
            Script::read(text)
                .risks()
                .iter()
                .any(|risk| risk.id == Id::DownloadAndRun && !risk.message.contains("a shell"))
        });
        found.map(|(_, place)| *place)
    }

    fn scheduled(&self) -> Option<(usize, usize)> {
        let found = self.texts.iter().find(|(text, _)| {
            text.contains("@reboot")
                || (text.contains("crontab -")
                    && (text.contains("| crontab") || text.contains("echo")))
                || text.contains("schtasks /create")
                || text.contains("launchctl load")
                || ([">>", "> "].iter().any(|sign| text.contains(sign))
                    && STARTING.iter().any(|file| text.contains(file)))
        });
        found.map(|(_, place)| *place)
    }

    fn escalates(&self) -> Option<(usize, usize)> {
        let adds = self.word(&["usermod", "gpasswd"]).filter(|_| {
            let groups = ["sudo", "wheel", "docker", "root"];
            self.texts
                .iter()
                .any(|(text, _)| text.split_whitespace().any(|word| groups.contains(&word)))
        });
        adds.or_else(|| self.names(&["chmod u+s", "chmod 4755", "chmod +s"]))
    }

    fn escapes(&self) -> Option<(usize, usize)> {
        let enters = self.texts.iter().find(|(text, _)| {
            text.contains("nsenter") && (text.contains("-t 1") || text.contains("target 1"))
        });
        enters.map(|(_, place)| *place).or_else(|| {
            self.names(&[
                "/proc/1/root",
                "release_agent",
                "-v /:/",
                "--pid=host --privileged",
            ])
        })
    }

    fn removes(&self) -> bool {
        self.has(&[
            "os.remove(",
            "os.unlink(",
            ".unlink(",
            "os.truncate(",
            "os.utime(",
            "unlinksync(",
            "truncatesync(",
        ]) || (self.has(&["open("]) && self.texts.iter().any(|(text, _)| text == "w"))
            || (self.runs()
                && self.texts.iter().any(|(text, _)| {
                    let first = text.split_whitespace().next().unwrap_or_default();
                    matches!(
                        first,
                        "rm" | "shred" | "truncate" | "touch" | "sed" | ">" | "echo" | "cat"
                    ) && (first != "sed" || text.contains("-i"))
                        && (!matches!(first, "echo" | "cat") || text.contains('>'))
                }))
    }

    fn disarms(&self) -> Option<(usize, usize)> {
        let stops = self.texts.iter().find(|(text, _)| {
            let lower = text.to_ascii_lowercase();
            ["stop", "disable", "kill"]
                .iter()
                .any(|word| lower.contains(word))
                && GUARDS.iter().any(|guard| lower.contains(guard))
        });
        stops.map(|(_, place)| *place).or_else(|| {
            self.names(&[
                "setenforce 0",
                "iptables -F",
                "ufw disable",
                "Set-MpPreference -Disable",
                "netsh advfirewall set allprofiles state off",
            ])
        })
    }

    /// Where secrets are collected: all of the environment, or a file of secrets that is read.
    fn collects(&self) -> Option<(usize, usize)> {
        let all = skill::dumps_environment(&self.lower)
            .map(|(start, end)| (self.start + start, self.start + end));
        let reads = self.has(&["open(", "read_text(", "readfile", ".read()", "glob"]);
        all.or_else(|| reads.then(|| self.names(&SECRETS)).flatten())
    }

    /// Does it send to an address that is written down?
    fn sends(&self) -> bool {
        let sends = self.has(&[
            "requests.post(",
            "requests.put(",
            "httpx.post(",
            ".post(",
            "urlopen(",
            "sendall(",
            "sendto(",
            "method: 'post'",
            "method: \"post\"",
            "curl",
        ]);
        sends
            && self.texts.iter().any(|(text, _)| {
                let rest = text
                    .split_once("://")
                    .filter(|(scheme, _)| {
                        ["http", "https", "ws", "wss", "curl -X POST https"]
                            .iter()
                            .any(|known| scheme.ends_with(known))
                    })
                    .map(|(_, rest)| rest);
                rest.is_some_and(|rest| {
                    !rest.starts_with("localhost")
                        && !rest.starts_with("127.")
                        && rest.starts_with(|c: char| c.is_ascii_alphanumeric())
                })
            })
    }
}
