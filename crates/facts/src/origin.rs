//! Who wrote a line, how that is known, and how far it can be trusted.
//!
//! Three states: AI, human, unknown. Nothing known is `unknown`, never `human`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Confidence;
use crate::{CommitId, ModelId, SessionId, ToolId};

/// The origin of a line, with the evidence it rests on.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// Who wrote it.
    #[serde(flatten)]
    pub author: Author,
    /// How far the headline can be trusted; `low` for unknown.
    pub confidence: Confidence,
    /// Everything known about the line, best first. Empty exactly when nothing is known.
    pub evidence: Vec<Evidence>,
}

/// Who wrote a line.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Author {
    /// An AI assistant or agent.
    Ai {
        /// Which one.
        tool: ToolId,
        /// Its model, where the evidence says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<ModelId>,
        /// The session, where the evidence says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<SessionId>,
        /// A person is known to have edited the same passage.
        human_touched: bool,
    },
    /// A person.
    Human {
        /// Seen typing, or only claimed to be.
        basis: HumanBasis,
    },
    /// Nothing is known.
    Unknown,
}

/// How a human origin is known.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum HumanBasis {
    /// A tool recorded the edit as it happened.
    Observed,
    /// Somebody or some default said so afterwards.
    Asserted,
}

/// One witness.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What kind of witness.
    pub class: EvidenceClass,
    /// Lines or a whole commit.
    pub grain: Grain,
    /// How the evidence reached the line.
    pub reach: Reach,
    /// How far this witness can be trusted.
    pub confidence: Confidence,
    /// Where it stands, in a few words: `refs/notes/ai`, `Co-authored-by`, `author`. Never a
    /// prompt, never an address of a person.
    pub source: String,
    /// The commit it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// Whom it names, where that is somebody else than the origin has: the two disagree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Named>,
}

/// Whom one witness names.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Named {
    /// An AI assistant or agent.
    Ai {
        /// Which one.
        tool: ToolId,
    },
    /// A person.
    Human,
}

/// Kinds of evidence, strongest first; the order is the order of fusion.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceClass {
    /// Our own hook log.
    HookLog,
    /// A git-ai authorship note.
    Note,
    /// An Agent Trace record.
    Trace,
    /// An agent's transcript on this machine, read with consent.
    LocalSession,
    /// An identity or trailer that the tool writes itself.
    Identity,
    /// An entire.io checkpoint.
    Checkpoint,
    /// A convention that people write: `Assisted-by`, aider's names, disclosure lines.
    Convention,
    /// A branch prefix, pull-request text, or another weak sign.
    Hint,
    /// An entry of a note about the line whose key nothing explains: somebody recorded something,
    /// but it does not say who wrote the line. Listed, and never counted as evidence.
    Unexplained,
    /// The line is not part of HEAD, so nothing can speak of it yet; the source says why
    /// (`not committed yet`). Listed, and never counted as evidence.
    NotAtHead,
}

/// What the evidence speaks of.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Grain {
    /// These very lines.
    Line,
    /// A whole commit: an upper bound for its lines.
    Commit,
}

/// How evidence reached a line.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// It names the line in the commit that added it.
    Direct,
    /// It was moved along git's own diffs.
    Carried,
    /// It was matched by content (squash, rewrite, transcript). Never written back as attested.
    Inferred,
}

impl Origin {
    /// The origin of a line about which nothing is known.
    #[must_use]
    pub const fn unknown() -> Self {
        Self {
            author: Author::Unknown,
            confidence: Confidence::Low,
            evidence: Vec::new(),
        }
    }

    /// The origin of a line that HEAD does not have.
    #[must_use]
    pub fn not_at_head(why: &str) -> Self {
        Self {
            evidence: vec![Evidence {
                class: EvidenceClass::NotAtHead,
                grain: Grain::Line,
                reach: Reach::Direct,
                confidence: Confidence::High,
                source: why.to_owned(),
                commit: None,
                names: None,
            }],
            ..Self::unknown()
        }
    }

    /// Is an author named? Of those, evidence coverage leaves out the [upper bounds](Self::is_upper_bound).
    #[must_use]
    pub const fn is_known(&self) -> bool {
        !matches!(self.author, Author::Unknown)
    }

    /// Is it known to come from an AI tool?
    #[must_use]
    pub const fn is_ai(&self) -> bool {
        matches!(self.author, Author::Ai { .. })
    }

    /// The tool, if it is known to come from one.
    #[must_use]
    pub const fn tool(&self) -> Option<&ToolId> {
        match &self.author {
            Author::Ai { tool, .. } => Some(tool),
            _ => None,
        }
    }

    /// The first witness that names somebody else than the headline, and whom.
    #[must_use]
    pub fn disagreement(&self) -> Option<(&Evidence, &Named)> {
        let mut all = self.evidence.iter();
        all.find_map(|evidence| Some((evidence, evidence.names.as_ref()?)))
    }

    /// Is there any witness, be it one that names no author? What nothing explains is none.
    #[must_use]
    pub fn has_evidence(&self) -> bool {
        let mut classes = self.evidence.iter().map(|e| e.class);
        classes.any(|class| class < EvidenceClass::Unexplained)
    }

    /// Whether the headline is an AI tool that a whole squash names, or a commit to which it gave a few
    /// lines: it wrote some of these lines, perhaps all, and perhaps not this one.
    #[must_use]
    pub fn is_upper_bound(&self) -> bool {
        self.is_ai() && !self.is_line_level() && self.confidence == Confidence::Low
    }

    /// Whether the headline is an AI tool by evidence about these very lines or about one commit: what comparisons with
    /// others count as AI.
    #[must_use]
    pub fn is_known_ai(&self) -> bool {
        self.is_ai() && !self.is_upper_bound()
    }

    /// Whether the headline is an AI tool that only a transcript of this machine names, matched by content.
    #[must_use]
    pub fn is_of_transcript(&self) -> bool {
        let mut first = self.evidence.first().into_iter();
        self.is_ai() && first.any(|e| e.class == EvidenceClass::LocalSession)
    }

    /// Whether the headline is an AI tool that is the author of the commit. A trailer only says that a tool took part, and who
    /// committed may have rebased the work of others.
    #[must_use]
    pub fn is_tool_authored(&self) -> bool {
        let mut first = self.evidence.first().into_iter();
        self.is_known_ai()
            && first.any(|e| e.class == EvidenceClass::Identity && e.source == "author")
    }

    /// Whether the headline rests on evidence about lines rather than whole commits.
    #[must_use]
    pub fn is_line_level(&self) -> bool {
        self.evidence
            .first()
            .is_some_and(|e| e.grain == Grain::Line)
    }
}
