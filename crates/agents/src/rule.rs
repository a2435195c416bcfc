//! The rules of this crate: their ids in code, all else as data in `rules/agents`, which are also their pages.
//!
//! Each file carries examples and counterexamples, which run as tests.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde::Deserialize;
use thiserror::Error;
use trueline_facts::{Confidence, Cwe, Severity, Tier};

macro_rules! rules {
    ($($id:ident = $name:literal,)*) => {
        /// What is looked for.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[expect(missing_docs, reason = "each has a page of its own in `docs/rules`")]
        pub enum Id { $($id,)* }

        impl Id {
            /// All of them, in the order in which they are read best.
            pub const ALL: &[Self] = &[$(Self::$id,)*];

            /// The id as it is written.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$id => $name,)* }
            }

            const fn source(self) -> &'static str {
                match self {
                    $(Self::$id => include_str!(concat!("../../../rules/agents/", $name, ".toml")),)*
                }
            }
        }
    };
}

rules! {
    InvisibleInstructions = "invisible-instructions",
    BidirectionalControl = "bidirectional-control",
    ZeroWidthText = "zero-width-text",
    ConfusableName = "confusable-tool-name",
    InstructionOverride = "instruction-override",
    UserConcealment = "user-concealment",
    InstructedExfiltration = "instructed-exfiltration",
    ConcealedInstructions = "concealed-instructions",
    ImageBeacon = "image-beacon",
    PoisonedDescription = "poisoned-tool-description",
    ToolShadowing = "tool-shadowing",
    ToolPreference = "tool-preference",
    ContextHarvesting = "context-harvesting",
    WeakenedSafeguards = "weakened-safeguards",
    WeakenedSecuritySection = "weakened-security-section",
    AutomaticCommand = "automatic-command",
    DownloadAndRun = "download-and-run",
    ModelEndpointOverride = "model-endpoint-override",
    ApprovalBypass = "approval-bypass",
    UnpinnedServer = "unpinned-mcp-server",
    ShellServer = "shell-mcp-server",
    InsecureServerTransport = "insecure-mcp-transport",
    SecretInAgentConfiguration = "secret-in-agent-configuration",
    BroadAgentAccess = "broad-agent-access",
    ToolDefinitionDrift = "tool-definition-drift",
    SkillPayload = "skill-payload",
    HostileServerCode = "hostile-server-code",
    ToxicToolFlow = "toxic-tool-flow",
    UntrustedAgentWorkflow = "untrusted-agent-workflow",
    UnownedAgentConfiguration = "unowned-agent-configuration",
}

/// A rule as its file tells it.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Of the format.
    pub schema: u32,
    /// The id, as the file is named.
    pub id: String,
    /// What it looks for, in one line.
    pub title: String,
    /// How bad a finding is, unless the place says otherwise.
    pub severity: Severity,
    /// How sure a finding is, unless the place says otherwise.
    pub confidence: Confidence,
    /// Whether findings are shown by default.
    pub tier: Tier,
    /// The weaknesses it is an instance of.
    pub cwe: Vec<Cwe>,
    /// Entries of OWASP lists: for LLM applications, for agentic applications.
    pub owasp: Vec<String>,
    /// Techniques of MITRE ATLAS.
    #[serde(default)]
    pub atlas: Vec<String>,
    /// How to mend it.
    pub fix: String,
    /// The page.
    pub docs: Docs,
    /// What it finds.
    pub examples: Vec<Example>,
    /// What it leaves alone.
    pub counterexamples: Vec<Example>,
}

/// The words of a page.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Docs {
    /// What is looked at.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What it does not see.
    #[serde(default)]
    pub problems: String,
    /// Where to read more.
    #[serde(default)]
    pub references: Vec<String>,
}

/// A file that shows a rule.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Its path.
    pub path: String,
    /// Its content. `\u{…}` of TOML writes characters that cannot be seen.
    pub text: String,
    /// More files that belong to it.
    #[serde(default)]
    pub also: Vec<Self>,
}

/// Why the rules cannot be read.
#[derive(Debug, Error)]
#[error("rules/agents/{id}.toml: {source}")]
pub struct RuleError {
    id: &'static str,
    #[source]
    source: toml::de::Error,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    Id::ALL
        .iter()
        .map(|id| read(*id).unwrap_or_else(|_| unread(*id)))
        .collect()
});

fn read(id: Id) -> Result<Rule, RuleError> {
    toml::from_str(id.source()).map_err(|source| RuleError {
        id: id.as_str(),
        source,
    })
}

/// Stands for a rule whose file cannot be read, which a test forbids: a finding is never lost for its page.
fn unread(id: Id) -> Rule {
    Rule {
        schema: 1,
        id: id.as_str().to_owned(),
        title: id.as_str().to_owned(),
        severity: Severity::High,
        confidence: Confidence::Medium,
        tier: Tier::Shown,
        cwe: Vec::new(),
        owasp: Vec::new(),
        atlas: Vec::new(),
        fix: String::new(),
        docs: Docs {
            what: String::new(),
            why: String::new(),
            problems: String::new(),
            references: Vec::new(),
        },
        examples: Vec::new(),
        counterexamples: Vec::new(),
    }
}

/// All rules, in the order of [`Id::ALL`].
#[must_use]
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// One rule.
#[must_use]
pub fn rule(id: Id) -> &'static Rule {
    &RULES[id as usize]
}

impl Rule {
    /// The rule's page, Markdown.
    #[must_use]
    pub fn docs_markdown(&self) -> String {
        let word = |text: String| text.to_lowercase();
        let cwe: Vec<String> = self.cwe.iter().map(ToString::to_string).collect();
        let mut facts = vec![
            format!("severity {}", word(format!("{:?}", self.severity))),
            format!("confidence {}", word(format!("{:?}", self.confidence))),
            cwe.join(", "),
            format!("OWASP {}", self.owasp.join(", ")),
        ];
        if !self.atlas.is_empty() {
            facts.push(format!("ATLAS {}", self.atlas.join(", ")));
        }
        let mut page = format!("# {}\n\n{}\n\n{}\n", self.id, self.title, facts.join(" · "));
        for (title, text) in [
            ("What it does", &self.docs.what),
            ("Why is this bad?", &self.docs.why),
            ("Known problems", &self.docs.problems),
        ] {
            section(&mut page, title, text);
        }
        for example in self.examples.iter().take(1) {
            page.push_str("\n## Example\n");
            example.write(&mut page);
        }
        section(&mut page, "How to fix it", &self.fix);
        for example in self.counterexamples.iter().take(1) {
            page.push_str("\n## Use instead\n");
            example.write(&mut page);
        }
        if !self.docs.references.is_empty() {
            page.push_str("\n## References\n\n");
            for reference in &self.docs.references {
                let _ = writeln!(page, "- {reference}");
            }
        }
        page
    }
}

/// A text in which what cannot be seen is written out: what shows it must not be what it warns of.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if crate::unicode::is_invisible(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

fn section(page: &mut String, title: &str, text: &str) {
    if !text.is_empty() {
        let _ = write!(page, "\n## {title}\n\n{}\n", text.trim());
    }
}

impl Example {
    fn write(&self, page: &mut String) {
        let language = match self.path.rsplit_once('.').map_or("", |(_, e)| e) {
            "md" | "mdc" => "markdown",
            "py" => "python",
            "ts" => "typescript",
            "json" | "lock" => "json",
            "toml" => "toml",
            "yml" | "yaml" => "yaml",
            _ => "text",
        };
        let visible = visible(&self.text);
        let fence = if visible.contains("```") {
            "````"
        } else {
            "```"
        };
        let _ = write!(
            page,
            "\n`{}`\n\n{fence}{language}\n{}\n{fence}\n",
            self.path,
            visible.trim_end()
        );
        for more in &self.also {
            more.write(page);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_can_be_read_and_says_all_that_a_page_needs() {
        for id in Id::ALL {
            let rule = read(*id).unwrap();
            assert_eq!(rule.id, id.as_str());
            assert_eq!(rule.schema, 1, "{}", rule.id);
            assert!(
                !rule.cwe.is_empty() && !rule.owasp.is_empty() && !rule.fix.is_empty(),
                "{}",
                rule.id
            );
            assert!(
                !rule.docs.what.is_empty() && !rule.docs.why.is_empty(),
                "{}",
                rule.id
            );
            assert!(
                !rule.examples.is_empty() && !rule.counterexamples.is_empty(),
                "{}",
                rule.id
            );
        }
    }
}
