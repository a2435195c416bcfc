//! `trueline.toml`: what a team writes down about its repository.
//!
//! Every key is known: an unknown one is an error that points at its line and names the nearest
//! key. An absent file is the same as an empty one.

mod guard;

use std::path::{Path, PathBuf};

use thiserror::Error;
use toml_span::value::{Value, ValueInner};
use trueline_authorship::message::{Identity, account_kind, automation};
use trueline_facts::ToolId;
pub(crate) use trueline_policy::document::nearest;
use trueline_policy::document::{self, Section, Wrong, strings, strings_with_spans};
use trueline_policy::{Names, Policy};

pub use self::guard::{Answer, Gate, Guard};
pub use trueline_policy::document::Place;

/// The file's name, at the root of the repository.
pub const FILE_NAME: &str = "trueline.toml";
/// A configuration is small; anything larger is not one.
const MAX_BYTES: u64 = 1 << 20;

/// A parsed `trueline.toml`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Config {
    /// `[tools] approved`: the AI tools that the team lists; `None` when it lists none.
    pub approved_tools: Option<Vec<ToolId>>,
    /// `[scan] exclude`: globs of paths that are not scanned, as in `.gitignore`.
    pub exclude: Vec<String>,
    /// `[[team]]`: who belongs together, for `stats --by team`.
    pub teams: Vec<Team>,
    /// `[artifacts]`: what the team asks of model files.
    pub models: ModelDemands,
    /// `[guard]`: what agents are asked or refused before they act; `None` when the table is absent.
    pub guard: Option<Guard>,
    /// `[skills] individual`: whether anything is recorded of and shown about the skill of one person here.
    pub individual_skills: IndividualSkills,
    /// Zones, gates and what is approved: `[zone.NAME]`, `[gates]`, `[[gate]]`, `[tools]`, `[policy]`,
    /// `[exceptions]`.
    pub policy: Policy,
}

/// Whether the skill of one person is estimated at all. Off is for teams whose works council, or whose own will, wants
/// it so: then there are aggregates of five persons or more, or nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum IndividualSkills {
    /// For the person alone, on their own machine.
    #[default]
    Own,
    /// Not at all.
    Off,
}

/// What a team asks of model files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ModelDemands {
    /// `licences`: those that a model may have, as cards write them; `None` when any will do.
    pub licences: Option<Vec<String>>,
    /// `model-card = "required"`: a `README.md` beside each model.
    pub model_card: bool,
    /// `vetted`: SHA-256 in hexadecimal of files that the team looked at and takes.
    pub vetted: Vec<String>,
}

/// A team.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Team {
    /// Its name.
    pub name: String,
    /// Globs over e-mail addresses: `*@payments.example.org`.
    pub members: Vec<String>,
}

/// What is wrong with the configuration, and where.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is too large to be one.
    #[error("{}: {bytes} bytes; a configuration has at most {MAX_BYTES}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// A place in it is wrong.
    #[error("{}:{place}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line and column.
        place: Place,
        /// What is wrong and what to do.
        message: String,
    },
}

impl Config {
    /// Reads the file at a repository's root; an absent one is the default.
    pub fn load(root: &Path) -> Result<Self, ConfigError> {
        let path = root.join(FILE_NAME);
        let unreadable = |source| ConfigError::Unreadable {
            path: path.clone(),
            source,
        };
        match std::fs::symlink_metadata(&path) {
            Ok(meta) if meta.len() > MAX_BYTES => {
                return Err(ConfigError::TooLarge {
                    path,
                    bytes: meta.len(),
                });
            }
            Ok(meta) if meta.is_file() => {}
            Ok(_) => {
                return Err(unreadable(std::io::Error::other(
                    "not a regular file; links are not followed",
                )));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(unreadable(error)),
        }
        let text = std::fs::read_to_string(&path).map_err(unreadable)?;
        Self::parse(&text, &path)
    }

    /// Parses the text; `path` is for messages.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let invalid = |wrong: Wrong| ConfigError::Invalid {
            path: path.to_owned(),
            place: Place::of(text, wrong.span.start),
            message: wrong.message,
        };
        let mut document = document::parse(text).map_err(invalid)?;
        Self::from_value(&mut document, text).map_err(invalid)
    }

    fn from_value(document: &mut Value<'_>, text: &str) -> Result<Self, Wrong> {
        let mut root = Section::new("", document)?;
        if let Some((_, mut schema)) = root.take("schema") {
            let span = schema.span;
            if !matches!(schema.take(), ValueInner::Integer(1)) {
                return Err(Wrong::new(
                    span,
                    "`schema` must be 1; a newer file needs a newer trueline",
                ));
            }
        }
        let policy = Policy::take(&mut root, text, &KnownNames)?;
        let mut config = Self {
            approved_tools: policy.approved.tools.clone(),
            policy,
            ..Self::default()
        };
        if let Some((_, mut value)) = root.take("scan") {
            let mut scan = Section::new("scan", &mut value)?;
            if let Some((_, exclude)) = scan.take("exclude") {
                config.exclude = strings(exclude, "scan.exclude")?;
            }
            scan.end(&["exclude"])?;
        }
        if let Some((_, mut value)) = root.take("artifacts") {
            config.models = Self::models(&mut value)?;
        }
        if let Some((_, mut value)) = root.take("team") {
            let span = value.span;
            let ValueInner::Array(teams) = value.take() else {
                return Err(Wrong::new(span, "`team` must be written as `[[team]]`"));
            };
            for mut team in teams {
                config.teams.push(Self::team(&mut team)?);
            }
        }
        if let Some((_, mut value)) = root.take("capture") {
            Self::capture(&mut value)?;
        }
        if let Some((_, mut value)) = root.take("guard") {
            config.guard = Some(guard::read(&mut value)?);
        }
        if let Some((_, mut value)) = root.take("skills") {
            config.individual_skills = Self::skills(&mut value)?;
        }
        let mut known = vec![
            "schema",
            "scan",
            "artifacts",
            "capture",
            "guard",
            "team",
            "skills",
        ];
        known.extend(trueline_policy::SECTIONS);
        root.end(&known)?;
        Ok(config)
    }

    /// `[capture.classes]`: globs by class of data. Hooks read them; here they are only checked.
    fn capture(value: &mut Value<'_>) -> Result<(), Wrong> {
        let mut capture = Section::new("capture", value)?;
        if let Some((_, mut classes)) = capture.take("classes") {
            let span = classes.span;
            let ValueInner::Table(classes) = classes.take() else {
                return Err(Wrong::new(
                    span,
                    "`capture.classes` must be a table of lists: name = [\"glob\"]",
                ));
            };
            for (name, globs) in classes {
                strings(globs, &format!("capture.classes.{}", name.name))?;
            }
        }
        capture.end(&["classes"])
    }

    fn skills(value: &mut Value<'_>) -> Result<IndividualSkills, Wrong> {
        let mut section = Section::new("skills", value)?;
        let mut individual = IndividualSkills::default();
        if let Some((_, mut word)) = section.take("individual") {
            let span = word.span;
            individual = match word.take() {
                ValueInner::String(text) if text == "own" => IndividualSkills::Own,
                ValueInner::String(text) if text == "off" => IndividualSkills::Off,
                _ => {
                    return Err(Wrong::new(
                        span,
                        "`skills.individual` must be \"own\" (each person their own, on their machine) or \"off\"",
                    ));
                }
            };
        }
        section.end(&["individual"])?;
        Ok(individual)
    }

    fn models(value: &mut Value<'_>) -> Result<ModelDemands, Wrong> {
        let mut section = Section::new("artifacts", value)?;
        let mut asked = ModelDemands::default();
        if let Some((_, licences)) = section.take("licences") {
            asked.licences = Some(strings(licences, "artifacts.licences")?);
        }
        if let Some((_, mut card)) = section.take("model-card") {
            let span = card.span;
            asked.model_card = match card.take() {
                ValueInner::String(text) if text == "required" => true,
                ValueInner::String(text) if text == "optional" => false,
                _ => {
                    return Err(Wrong::new(
                        span,
                        "`artifacts.model-card` must be \"required\" or \"optional\"",
                    ));
                }
            };
        }
        if let Some((_, vetted)) = section.take("vetted") {
            for (hash, span) in strings_with_spans(vetted, "artifacts.vetted")? {
                let digits = hash.strip_prefix("sha256:").unwrap_or_default();
                if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return Err(Wrong::new(
                        span,
                        "`artifacts.vetted` lists hashes as `sha256:` and 64 hexadecimal digits",
                    ));
                }
                asked.vetted.push(digits.to_ascii_lowercase());
            }
        }
        section.end(&["licences", "model-card", "vetted"])?;
        Ok(asked)
    }

    fn team(value: &mut Value<'_>) -> Result<Team, Wrong> {
        let span = value.span;
        let mut section = Section::new("team", value)?;
        let missing = |key: &str| Wrong::new(span, format!("a `[[team]]` needs `{key}`"));
        let (_, mut name) = section.take("name").ok_or_else(|| missing("name"))?;
        let name_span = name.span;
        let name = match name.take() {
            ValueInner::String(text) if !text.trim().is_empty() => text.into_owned(),
            _ => return Err(Wrong::new(name_span, "`team.name` must be text")),
        };
        let (_, members) = section.take("members").ok_or_else(|| missing("members"))?;
        let members = strings(members, "team.members")?;
        section.end(&["name", "members"])?;
        Ok(Team { name, members })
    }
}

/// Names as authorship knows them. A tool that nobody knows yet is taken as it is, unless it looks
/// like a typing error.
#[derive(Clone, Copy, Debug)]
pub struct KnownNames;

impl Names for KnownNames {
    fn tool(&self, name: &str) -> Result<ToolId, String> {
        crate::declare::tool(name).map_err(|error| error.to_string())
    }

    fn is_agent(&self, name: &str) -> bool {
        // A name, an account, an address, or `Name <address>`.
        let (shown, email) = trueline_policy::exceptions::mailbox(name);
        let identity = Identity {
            name: shown.as_bytes(),
            email: email.as_bytes(),
        };
        let text = trueline_authorship::message::CommitText {
            author: identity,
            committer: identity,
            message: &[],
            time: 0,
        };
        let local = email.split('@').next().unwrap_or_default();
        // An address that ends in `.bot` is of a domain, not of a bot.
        (!shown.contains('@') && !account_kind(shown).is_person())
            || !account_kind(local).is_person()
            || automation(&identity).is_some()
            || !trueline_authorship::message::signs(&text).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new(FILE_NAME)).map_err(|e| e.to_string())
    }

    #[test]
    fn every_key_is_read() {
        let config = parse(
            "schema = 1\n[tools]\napproved = [\"claude\"]\n[scan]\nexclude = [\"gen/**\"]\n\
             [artifacts]\nlicences = [\"mit\"]\nmodel-card = \"required\"\n\
             [[team]]\nname = \"core\"\nmembers = [\"*@core.example.org\"]\n",
        )
        .unwrap();
        assert_eq!(config.models.licences, Some(vec!["mit".to_owned()]));
        assert!(config.models.model_card);
        assert_eq!(config.approved_tools, Some(vec![ToolId::new("claude")]));
        assert_eq!(config.exclude, ["gen/**"]);
        assert_eq!(config.teams[0].name, "core");
    }

    #[test]
    fn tools_are_known_by_any_of_their_names() {
        let config = parse("[tools]\napproved = [\"Claude Code\", \"brand-new-agent\"]\n").unwrap();
        let expected = ["claude", "brand-new-agent"].map(ToolId::new);
        assert_eq!(config.approved_tools, Some(expected.to_vec()));
        let message = parse("[tools]\napproved = [\"cluade\"]\n").unwrap_err();
        insta::assert_snapshot!(message, @"trueline.toml:2:14: no tool `cluade`; did you mean `claude`?");
    }

    #[test]
    fn an_unknown_key_points_at_its_line_and_names_the_nearest() {
        let message = parse("schema = 1\n\n[tools]\naproved = []\n").unwrap_err();
        insta::assert_snapshot!(message, @"trueline.toml:4:1: unknown key `tools.aproved`; did you mean `approved`?");
    }

    #[test]
    fn a_key_like_no_other_lists_what_is_known() {
        let message = parse("wombat = 1\n").unwrap_err();
        insta::assert_snapshot!(message, @"trueline.toml:1:1: unknown key `wombat`; known here: schema, scan, artifacts, capture, guard, team, skills, policy, zone, gates, gate, tools, exceptions");
    }

    #[test]
    fn individual_skills_are_own_or_off() {
        assert_eq!(parse("").unwrap().individual_skills, IndividualSkills::Own);
        let off = parse("[skills]\nindividual = \"off\"\n").unwrap();
        assert_eq!(off.individual_skills, IndividualSkills::Off);
        let message = parse("[skills]\nindividual = false\n").unwrap_err();
        insta::assert_snapshot!(message, @r#"trueline.toml:2:14: `skills.individual` must be "own" (each person their own, on their machine) or "off""#);
    }

    #[test]
    fn a_vetted_hash_that_is_none_is_told() {
        let message = parse("[artifacts]\nvetted = [\"sha256:12\"]\n").unwrap_err();
        insta::assert_snapshot!(message, @"trueline.toml:2:12: `artifacts.vetted` lists hashes as `sha256:` and 64 hexadecimal digits");
    }

    #[test]
    fn broken_toml_and_wrong_types_are_told_with_their_place() {
        assert!(
            parse("schema = \n")
                .unwrap_err()
                .starts_with("trueline.toml:1:")
        );
        assert!(
            parse("schema = 2\n")
                .unwrap_err()
                .contains("newer trueline")
        );
        assert!(
            parse("[scan]\nexclude = [1]\n")
                .unwrap_err()
                .starts_with("trueline.toml:2:12")
        );
    }
}
