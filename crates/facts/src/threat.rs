//! The threat model of a repository, as derived from its code: components, flows between them, the
//! boundaries that flows cross, and threats with what speaks for and against each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::surface::ComponentKind;
use crate::{Diagnostic, Location, Severity};

/// Schema of [`ThreatModel`].
pub const SCHEMA: &str = "trueline.threats/1";

/// A threat model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ThreatModel {
    /// [`SCHEMA`].
    pub schema: String,
    /// The program that derived it.
    pub trueline_version: String,
    /// The repository's or folder's name.
    pub name: String,
    /// Components, by zone and name.
    pub components: Vec<Component>,
    /// Flows, by ends.
    pub flows: Vec<Flow>,
    /// Threats, open ones first, the most severe of them first.
    pub threats: Vec<Threat>,
    /// Compared with an earlier model: threats of it that are gone. Absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Vec<ClosedThreat>>,
    /// What could not be read, and decisions that nothing corresponds to any more.
    pub diagnostics: Vec<Diagnostic>,
}

/// How far a component is trusted.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Zone {
    /// Nobody's control: people, pages and documents from outside, agents of others.
    Outside,
    /// The program's own code.
    Application,
    /// Language models, whose answers anybody may have steered.
    Model,
    /// What the program keeps, and what it can make happen.
    Resources,
    /// Services of others.
    Services,
    /// What developers use to write the program.
    Tooling,
}

/// What a component is in a data-flow diagram.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Element {
    /// A person or program outside.
    Actor,
    /// Something that runs.
    Process,
    /// Something that keeps.
    Store,
    /// Something that runs elsewhere.
    External,
}

/// A component.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Component {
    /// Stable: 12 hexadecimal digits over kind and name.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// In a diagram.
    pub element: Element,
    /// By the code; absent for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ComponentKind>,
    /// How far it is trusted.
    pub zone: Zone,
    /// Model ids, hosts, routes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// Places in the code that use it; of many, the first.
    pub evidence: Vec<Location>,
    /// How many there are.
    pub uses: u64,
}

/// Data that goes from one component to another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Flow {
    /// Stable: 12 hexadecimal digits over its ends.
    pub id: String,
    /// From which component.
    pub from: String,
    /// To which.
    pub to: String,
    /// What goes there.
    pub label: String,
    /// It leaves one zone for another.
    pub crosses_boundary: bool,
    /// Places in the code; of many, the first.
    pub evidence: Vec<Location>,
}

/// What an attacker gains (Microsoft's six).
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Stride {
    /// Somebody passes for another.
    Spoofing,
    /// Something is changed.
    Tampering,
    /// Something cannot be shown to have happened.
    Repudiation,
    /// Something becomes known.
    InformationDisclosure,
    /// Something stops working.
    DenialOfService,
    /// Somebody may do more than he should.
    ElevationOfPrivilege,
}

/// Where a threat stands.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ThreatState {
    /// Nothing in the code speaks against it.
    Open,
    /// Controls were found in the code; whether they suffice is for a person to say.
    Mitigated,
    /// A person says that something outside of the code meets it.
    MitigatedElsewhere,
    /// A person accepts it until a day.
    Accepted,
    /// A person says that it does not apply.
    NotApplicable,
}

/// A threat.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Threat {
    /// Stable over edits that move lines: 12 hexadecimal digits over rule and components.
    pub id: String,
    /// What it was derived by.
    pub rule: String,
    /// One line.
    pub title: String,
    /// How it would happen here.
    pub scenario: String,
    /// What to do.
    pub advice: String,
    /// The gain.
    pub stride: Stride,
    /// How bad.
    pub severity: Severity,
    /// Identifiers of standards, each with its edition: `LLM01:2025`, `ASI01:2026`, `AML.T0051.000`,
    /// `CWE-1427`.
    pub references: Vec<String>,
    /// Components that it concerns.
    pub components: Vec<String>,
    /// Flows that it comes by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flows: Vec<String>,
    /// What speaks for it in the code.
    pub evidence: Vec<Location>,
    /// What speaks against it in the code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mitigations: Vec<Mitigation>,
    /// Where it stands.
    pub state: ThreatState,
    /// Who decided so, if a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// A control in the code.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Mitigation {
    /// What it is: `human approval`.
    pub control: String,
    /// Where.
    pub location: Location,
}

/// A person's decision on a threat, kept in `.trueline/threats.toml`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The threat.
    pub threat: String,
    /// `accepted`, `mitigated-elsewhere` or `not-applicable`.
    pub state: DecidedState,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Until when, `YYYY-MM-DD`; an acceptance needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// What a person can decide.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DecidedState {
    /// It is accepted until a day.
    Accepted,
    /// Something outside of the code meets it.
    MitigatedElsewhere,
    /// It does not apply.
    NotApplicable,
}

/// A threat of an earlier model that the code gives no more reason for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClosedThreat {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
}
