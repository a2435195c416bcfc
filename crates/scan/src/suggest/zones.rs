//! Sensitive zones by the names of folders and files, with those who know them.

use std::collections::{BTreeMap, BTreeSet};

use bstr::ByteSlice;
use rustc_hash::FxHashMap;
use trueline_authorship::message::{Identity, Role, automation};
use trueline_facts::change::{FileClass, ReviewState};
use trueline_facts::suggestion::{SuggestedZone, ZoneKind};
use trueline_facts::{Pseudonym, RepoPath};
use trueline_history::model::{FileContent, History, PersonIx};

use crate::change::class;
use crate::past::Past;

/// Globs that a zone lists at most.
const MOST_PATHS: usize = 12;
/// Champions that a zone names at most.
const CHAMPIONS: usize = 3;

/// A kind of zone.
struct Kind {
    id: &'static str,
    why: &'static str,
    /// Words of folder and file names, compared word by word.
    words: &'static [&'static str],
    /// Words that name other things as well: sessions of an editor, permissions of an agent. They count where the text
    /// of the file has several of `says`.
    vague: &'static [&'static str],
    says: &'static [&'static str],
    /// Beginnings of paths, and whole names, that are of the zone whatever they are called inside.
    places: &'static [&'static str],
}

const KINDS: [Kind; 6] = [
    Kind {
        id: "auth",
        why: "logins, sessions and permissions",
        words: &[
            "auth",
            "authn",
            "authz",
            "authentication",
            "authorization",
            "authorisation",
            "login",
            "logins",
            "logout",
            "oauth",
            "oauth2",
            "oidc",
            "saml",
            "sso",
            "rbac",
            "jwt",
        ],
        vague: &[
            "session",
            "sessions",
            "permission",
            "permissions",
            "password",
            "passwords",
            "acl",
            "credentials",
        ],
        says: &[
            "login",
            "log in",
            "logout",
            "password",
            "oauth",
            "jwt",
            "cookie",
            "csrf",
            "bcrypt",
            "argon2",
            "authenticat",
            "unauthorized",
        ],
        places: &[],
    },
    Kind {
        id: "crypto",
        why: "keys, signatures and encryption",
        words: &[
            "crypto",
            "cryptography",
            "encryption",
            "encrypt",
            "decrypt",
            "cipher",
            "keystore",
            "keyring",
        ],
        vague: &["signing", "signatures", "certificates", "tls"],
        says: &[
            "public key",
            "public_key",
            "publickey",
            "private key",
            "private_key",
            "privatekey",
            "x509",
            "rsa",
            "ed25519",
            "ecdsa",
            "hmac",
            "sha256",
            "certificate",
            "verify",
        ],
        places: &[],
    },
    Kind {
        id: "payments",
        why: "money",
        words: &[
            "payment",
            "payments",
            "billing",
            "invoice",
            "invoices",
            "invoicing",
            "paypal",
            "refund",
            "refunds",
        ],
        vague: &["stripe"],
        says: &[
            "payment", "charge", "invoice", "customer", "webhook", "price",
        ],
        places: &[],
    },
    Kind {
        id: "ci",
        why: "what builds, tests and releases runs with the keys of the repository",
        words: &[],
        vague: &[],
        says: &[],
        places: &[
            ".github/workflows/",
            ".github/actions/",
            ".gitlab-ci.yml",
            ".gitlab/ci/",
            ".circleci/",
            ".buildkite/",
            "Jenkinsfile",
            "azure-pipelines.yml",
            ".drone.yml",
            ".goreleaser.yaml",
            ".goreleaser.yml",
        ],
    },
    Kind {
        id: "infrastructure",
        why: "where it runs and who may reach it",
        words: &[
            "terraform",
            "helm",
            "kubernetes",
            "k8s",
            "ansible",
            "pulumi",
            "dockerfile",
            "infra",
            "infrastructure",
            "deployment",
            "deploy",
        ],
        vague: &[],
        says: &[],
        places: &[
            "docker-compose.yml",
            "docker-compose.yaml",
            "compose.yaml",
            "fly.toml",
        ],
    },
    Kind {
        id: "agents",
        why: "what steers AI agents",
        words: &[],
        vague: &[],
        says: &[],
        places: &[
            ".claude/",
            ".cursor/",
            ".codex/",
            ".gemini/",
            ".agents/",
            ".github/copilot-instructions.md",
            ".mcp.json",
            "AGENTS.md",
            "CLAUDE.md",
            "GEMINI.md",
            ".cursorrules",
        ],
    },
];

/// The zones that have files at the end of the history, with changes of the period and champions.
pub(super) fn sensitive(past: &Past<'_>, names: bool) -> Vec<SuggestedZone> {
    let history = &past.told.0;
    let files: Vec<&RepoPath> = history
        .files
        .iter()
        .filter(|file| file.content != FileContent::NotAFile)
        .map(|file| history.path(file.path))
        .collect();
    KINDS
        .iter()
        .filter_map(|kind| {
            let mut globs: BTreeMap<String, u64> = BTreeMap::new();
            for path in &files {
                match kind.glob(path) {
                    Some((glob, Sure::ByName)) => *globs.entry(glob).or_default() += 1,
                    Some((glob, Sure::IfTextSays)) if kind.is_said_by(past, path) => {
                        *globs.entry(glob).or_default() += 1;
                    }
                    Some(_) | None => {}
                }
            }
            let mut globs: Vec<(String, u64)> = globs.into_iter().collect();
            globs.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
            globs.truncate(MOST_PATHS);
            if globs.is_empty() {
                return None;
            }
            let listed: BTreeSet<&String> = globs.iter().map(|(glob, _)| glob).collect();
            let inside = |path: &RepoPath| {
                let glob = kind.glob(path);
                glob.is_some_and(|(glob, _)| listed.contains(&glob))
            };
            let (changes, champions) = who(past, inside, names);
            let mut paths: Vec<String> = globs.iter().map(|(glob, _)| glob.clone()).collect();
            paths.sort();
            Some(SuggestedZone {
                id: kind.id.to_owned(),
                kind: ZoneKind::Sensitive,
                paths,
                files: globs.iter().map(|(_, files)| files).sum(),
                changes,
                champions,
                why: kind.why.to_owned(),
            })
        })
        .collect()
}

/// How sure a name is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sure {
    ByName,
    IfTextSays,
}

/// Folders whose files are about a thing and do not do it: rules of a linter, texts that tests compare.
const ABOUT: [&str; 8] = [
    "rules",
    "lints",
    "checks",
    "fixtures",
    "snapshots",
    "examples",
    "locales",
    "icons",
];
/// Words that a text has to say for a vague name to count.
const LEAST_SAID: usize = 2;

impl Kind {
    /// Whether the text of a file at the end of the history says what its name leaves open.
    fn is_said_by(&self, past: &Past<'_>, path: &RepoPath) -> bool {
        let tip = past.told.0.commits.first();
        let text = tip.and_then(|tip| past.repository.file_at(tip.id, path).ok().flatten());
        let text = text.unwrap_or_default().to_str_lossy().to_lowercase();
        self.is_said(&text)
    }

    fn is_said(&self, text: &str) -> bool {
        let said = self.says.iter().filter(|word| text.contains(**word));
        said.count() >= LEAST_SAID
    }

    /// The glob by which a path belongs to the zone, and how sure that is.
    fn glob(&self, path: &RepoPath) -> Option<(String, Sure)> {
        let text = path.as_bytes().to_str().ok()?;
        let name = text.rsplit('/').next().unwrap_or(text);
        for place in self.places {
            let is_folder = place.ends_with('/');
            if is_folder && text.starts_with(place) {
                return Some((format!("/{place}**"), Sure::ByName));
            }
            if !is_folder && (text == *place || name == *place) {
                return Some((format!("/{}", escaped(text)), Sure::ByName));
            }
        }
        if self.words.is_empty() || !matches!(class(path), FileClass::Source | FileClass::Other) {
            return None;
        }
        // What is only shown or read is not what decides.
        let ending = name.rsplit('.').next().unwrap_or_default().to_lowercase();
        if matches!(
            &*ending,
            "svg" | "png" | "jpg" | "gif" | "css" | "scss" | "po" | "mo" | "snap"
        ) {
            return None;
        }
        // Hidden folders hold the settings of tools, and they have zones of their own.
        let mut folders = text.split('/').rev().skip(1);
        if folders.any(|folder| folder.starts_with('.') || ABOUT.contains(&folder)) {
            return None;
        }
        let mut vague = None;
        let mut end = 0;
        for part in text.split('/') {
            end += part.len();
            let is_file = end == text.len();
            let stem = if is_file && part.contains('.') {
                part.split('.')
                    .find(|piece| !piece.is_empty())
                    .unwrap_or(part)
            } else {
                part
            };
            let words = words(stem);
            let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
            let prefix = text.get(..end)?;
            let whole = || format!("/{}", escaped(text));
            if has(self.words) {
                let glob = if is_file {
                    whole()
                } else {
                    format!("/{}/**", escaped(prefix))
                };
                return Some((glob, Sure::ByName));
            }
            if has(self.vague) {
                // One file of a folder says nothing of the others.
                vague = Some((whole(), Sure::IfTextSays));
            }
            end += 1;
        }
        vague
    }
}

/// The words of a name: `loginForm`, `login_form` and `login-form` have `login`.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase() || c.is_numeric();
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// A path as a glob of itself.
pub(super) fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\' | '!' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// How many changes of the period touched such paths, and who made or reviewed most of them: persons,
/// no agents and no bots, in alphabetical order.
fn who(past: &Past<'_>, inside: impl Fn(&RepoPath) -> bool, names: bool) -> (u64, Vec<String>) {
    let (history, origins) = &*past.told;
    let wanted: Vec<bool> = history.paths.iter().map(inside).collect();
    let mut of_person: FxHashMap<PersonIx, u64> = FxHashMap::default();
    let mut of_account: BTreeMap<String, u64> = BTreeMap::new();
    let mut changes = 0;
    for (step, _) in past.whole_steps() {
        let mut authors: BTreeSet<PersonIx> = BTreeSet::new();
        let mut touches = false;
        for ix in &step.commits {
            let from = history
                .changes
                .partition_point(|change| change.commit < *ix);
            let of_commit = history.changes.iter().skip(from);
            let mut of_commit = of_commit.take_while(|change| change.commit == *ix);
            if !of_commit.any(|change| wanted.get(change.path.0 as usize) == Some(&true)) {
                continue;
            }
            touches = true;
            let commit = history.commit(*ix);
            let identity = Identity {
                name: &commit.author.name,
                email: &commit.author.email,
            };
            let is_agent = origins
                .commit(*ix)
                .signs
                .iter()
                .any(|sign| sign.role == Role::Author);
            if !is_agent && automation(&identity).is_none() {
                authors.insert(commit.person);
            }
        }
        if !touches {
            continue;
        }
        changes += 1;
        for person in authors {
            *of_person.entry(person).or_default() += 1;
        }
        let ids: Vec<String> = step
            .commits
            .iter()
            .map(|ix| history.commit(*ix).id.to_string())
            .collect();
        let tip = history.commit(step.tip).id.to_string();
        let request = past.reviews.of(&tip, &ids);
        for given in request.into_iter().flat_map(|request| &request.reviews) {
            if given.state == ReviewState::Approved && !given.by.bot {
                *of_account.entry(given.by.login.clone()).or_default() += 1;
            }
        }
    }
    (changes, champions(history, of_person, of_account, names))
}

fn champions(
    history: &History,
    of_person: FxHashMap<PersonIx, u64>,
    of_account: BTreeMap<String, u64>,
    names: bool,
) -> Vec<String> {
    let root = history
        .root()
        .map(|root| root.id.to_string())
        .unwrap_or_default();
    let shown = |name: &str| {
        if names {
            name.to_owned()
        } else {
            Pseudonym::derive(&root, name).as_str().to_owned()
        }
    };
    let persons = of_person.into_iter().filter_map(|(ix, times)| {
        let person = history.persons.get(ix.0 as usize)?;
        Some((times, shown(&person.email.to_str_lossy())))
    });
    let accounts = of_account.into_iter().map(|(login, times)| {
        let name = if names {
            format!("@{login}")
        } else {
            shown(&login)
        };
        (times, name)
    });
    let mut all: Vec<(u64, String)> = persons.chain(accounts).collect();
    all.sort_by(|a, b| (b.0, &a.1).cmp(&(a.0, &b.1)));
    let mut chosen: Vec<String> = all
        .into_iter()
        .map(|(_, name)| name)
        .take(CHAMPIONS)
        .collect();
    chosen.sort();
    chosen.dedup();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(path: &str) -> Option<(&'static str, String)> {
        KINDS.iter().find_map(|kind| {
            let (glob, sure) = kind.glob(&RepoPath::from(path))?;
            let mark = if sure == Sure::ByName { "" } else { "?" };
            Some((kind.id, format!("{glob}{mark}")))
        })
    }

    #[test]
    fn a_vague_name_needs_a_text_that_says_so() {
        let auth = &KINDS[0];
        assert!(auth.is_said("def login(user):\n    if not check(user.password):"));
        assert!(!auth.is_said("/// a session of the language server, by workspace"));
        let crypto = &KINDS[1];
        assert!(!crypto.is_said("pub struct signatures { parameters: vec<type> }"));
        assert!(crypto.is_said("hmac.new(key, digestmod=sha256)"));
    }

    #[test]
    fn rules_about_a_thing_and_settings_of_tools_are_not_the_thing() {
        for path in [
            "crates/linter/src/rules/flake8_bandit/rules/hardcoded_password_default.rs",
            ".claude/hooks/permission.py",
            ".claude/hooks/login.py",
        ] {
            let zone = zone(path).filter(|(id, _)| *id == "auth");
            assert_eq!(zone, None, "{path}");
        }
    }

    #[test]
    fn zones_are_told_by_whole_words_of_names() {
        let of = |path: &str| zone(path).map(|(id, glob)| format!("{id} {glob}"));
        assert_eq!(
            of("src/auth/login.py").as_deref(),
            Some("auth /src/auth/**")
        );
        assert_eq!(
            of("src/userSession.ts").as_deref(),
            Some("auth /src/userSession.ts?")
        );
        assert_eq!(
            of("app/[id]/login.tsx").as_deref(),
            Some(r"auth /app/\[id\]/login.tsx")
        );
        assert_eq!(of("src/author.py"), None);
        assert_eq!(of("tests/test_login.py"), None);
        assert_eq!(of("docs/login.md"), None);
        assert_eq!(of("img/login.svg"), None);
        assert_eq!(
            of(".github/workflows/ci.yml").as_deref(),
            Some("ci /.github/workflows/**")
        );
        assert_eq!(
            of("infra/main.tf").as_deref(),
            Some("infrastructure /infra/**")
        );
        assert_eq!(
            of("sub/CLAUDE.md").as_deref(),
            Some("agents /sub/CLAUDE.md")
        );
        assert_eq!(of("src/checkout.rs"), None);
    }
}
