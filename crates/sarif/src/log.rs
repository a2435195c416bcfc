//! The parts of the SARIF 2.1.0 object model that we write (OASIS sarif-v2.1.0, section 3).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// Section 3.13.
#[derive(Debug, Serialize)]
pub(crate) struct Log {
    #[serde(rename = "$schema")]
    pub(crate) schema: &'static str,
    pub(crate) version: &'static str,
    pub(crate) runs: Vec<Run>,
}

/// Section 3.14.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Run {
    pub(crate) tool: Tool,
    pub(crate) automation_details: AutomationDetails,
    pub(crate) invocations: Vec<Invocation>,
    pub(crate) column_kind: &'static str,
    pub(crate) original_uri_base_ids: BTreeMap<&'static str, BaseUri>,
    pub(crate) taxonomies: Vec<ToolComponent>,
    pub(crate) results: Vec<ResultObject>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) properties: BTreeMap<&'static str, Value>,
}

/// Section 3.17.
#[derive(Debug, Serialize)]
pub(crate) struct AutomationDetails {
    pub(crate) id: String,
}

/// Section 3.4: the base has no URI of its own, so that no path of a machine is written.
#[derive(Debug, Serialize)]
pub(crate) struct BaseUri {
    pub(crate) description: Message,
}

/// Section 3.18.
#[derive(Debug, Serialize)]
pub(crate) struct Tool {
    pub(crate) driver: ToolComponent,
}

/// Section 3.19.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToolComponent {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) semantic_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) information_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) organization: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) rules: Vec<ReportingDescriptor>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) taxa: Vec<Taxon>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) supported_taxonomies: Vec<ComponentReference>,
}

/// Section 3.49, as an entry of a taxonomy.
#[derive(Debug, Serialize)]
pub(crate) struct Taxon {
    pub(crate) id: String,
}

/// Section 3.54.
#[derive(Debug, Serialize)]
pub(crate) struct ComponentReference {
    pub(crate) name: &'static str,
}

/// Section 3.49, as a rule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportingDescriptor {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) short_description: Message,
    pub(crate) full_description: Message,
    pub(crate) help: Help,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help_uri: Option<String>,
    pub(crate) default_configuration: Configuration,
    pub(crate) relationships: Vec<Relationship>,
    pub(crate) properties: RuleProperties,
}

/// Section 3.12, with Markdown.
#[derive(Debug, Serialize)]
pub(crate) struct Help {
    pub(crate) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) markdown: Option<String>,
}

/// Section 3.50.
#[derive(Debug, Serialize)]
pub(crate) struct Configuration {
    pub(crate) level: String,
}

/// Section 3.53.
#[derive(Debug, Serialize)]
pub(crate) struct Relationship {
    pub(crate) target: DescriptorReference,
    pub(crate) kinds: [&'static str; 1],
}

/// Section 3.52.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescriptorReference {
    pub(crate) id: String,
    pub(crate) tool_component: ComponentReference,
}

/// The property bag of a rule, as GitHub reads it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct RuleProperties {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) security_severity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) precision: Option<String>,
    #[serde(rename = "problem.severity", skip_serializing_if = "Option::is_none")]
    pub(crate) problem_severity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    pub(crate) tags: Vec<String>,
}

/// Section 3.20.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Invocation {
    pub(crate) execution_successful: bool,
    pub(crate) tool_execution_notifications: Vec<Notification>,
}

/// Section 3.58.
#[derive(Debug, Serialize)]
pub(crate) struct Notification {
    pub(crate) level: &'static str,
    pub(crate) message: Message,
    pub(crate) descriptor: NotificationDescriptor,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) locations: Vec<Location>,
}

/// Section 3.52, by id only.
#[derive(Debug, Serialize)]
pub(crate) struct NotificationDescriptor {
    pub(crate) id: String,
}

/// Section 3.11.
#[derive(Debug, Serialize)]
pub(crate) struct Message {
    pub(crate) text: String,
}

/// Section 3.27.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResultObject {
    pub(crate) rule_id: String,
    pub(crate) rule_index: usize,
    pub(crate) level: String,
    pub(crate) message: Message,
    pub(crate) locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) code_flows: Vec<CodeFlow>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) fingerprints: BTreeMap<String, String>,
    pub(crate) partial_fingerprints: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) suppressions: Vec<Suppression>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) fixes: Vec<Fix>,
    pub(crate) properties: BTreeMap<&'static str, Value>,
}

/// Section 3.55.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fix {
    pub(crate) description: Message,
    pub(crate) artifact_changes: [ArtifactChange; 1],
    pub(crate) properties: BTreeMap<&'static str, Value>,
}

/// Section 3.56.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ArtifactChange {
    pub(crate) artifact_location: ArtifactLocation,
    pub(crate) replacements: Vec<Replacement>,
}

/// Section 3.57.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Replacement {
    pub(crate) deleted_region: Region,
    pub(crate) inserted_content: Message,
}

/// Section 3.35.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Suppression {
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) justification: Option<String>,
}

/// Section 3.36.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CodeFlow {
    pub(crate) thread_flows: [ThreadFlow; 1],
}

/// Section 3.37.
#[derive(Debug, Serialize)]
pub(crate) struct ThreadFlow {
    pub(crate) locations: Vec<ThreadFlowLocation>,
}

/// Section 3.38.
#[derive(Debug, Serialize)]
pub(crate) struct ThreadFlowLocation {
    pub(crate) location: Location,
}

/// Section 3.28.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the standard")]
pub(crate) struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<u32>,
    pub(crate) physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) logical_locations: Vec<LogicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<Message>,
}

/// Section 3.33.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogicalLocation {
    pub(crate) fully_qualified_name: String,
}

/// Section 3.29.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PhysicalLocation {
    pub(crate) artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<Region>,
}

/// Section 3.4.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ArtifactLocation {
    pub(crate) uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uri_base_id: Option<&'static str>,
}

/// Section 3.30.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Region {
    pub(crate) start_line: u32,
    pub(crate) start_column: u32,
    pub(crate) end_line: u32,
    pub(crate) end_column: u32,
    /// With the length the place in bytes, which the standard does not tie to lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) byte_offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) byte_length: Option<u64>,
}
