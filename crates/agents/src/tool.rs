//! A tool that a server declares, wherever it was read, and what its own words order.

use sha2::{Digest, Sha256};

use crate::command::{Risk, Script};
use crate::finding::{Draft, Found, hexadecimal};
use crate::rule::Id;
use crate::settings::is_installer;
use crate::speech::{About, Told, Voice, harvests, listen, praises_itself, restates, told};
use crate::unicode::mixed_scripts;

/// A declared tool; places are bytes of its file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) name_place: (usize, usize),
    pub(crate) description: String,
    pub(crate) description_place: (usize, usize),
    pub(crate) parameters: Vec<Parameter>,
}

/// A parameter of a tool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) place: (usize, usize),
}

/// Names of parameters by which a tool asks for what is not its business.
const HARVESTING: &[&str] = &[
    "llm_model_name",
    "llm_name",
    "assistant_model",
    "calling_model",
    "system_prompt_content",
    "conversation_history",
    "chat_history",
    "full_conversation",
    "chain_of_thought",
    "available_tools",
    "tools_list",
    "list_of_tools",
    "other_tools",
    "sidenote",
    "side_note",
    "conversation_id_and_history",
    "previous_messages",
    "all_messages",
    "model_instructions",
    "hidden_context",
    "environment_variables",
    "env_vars_dump",
];

impl Tool {
    /// What an approval speaks of.
    pub(crate) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        hash.update(self.name.as_bytes());
        hash.update([0]);
        hash.update(words(&self.description).as_bytes());
        let mut parameters: Vec<String> = self
            .parameters
            .iter()
            .map(|p| format!("{}\0{}", p.name, words(&p.description)))
            .collect();
        parameters.sort();
        for parameter in parameters {
            hash.update([1]);
            hash.update(parameter.as_bytes());
        }
        hexadecimal(&hash.finalize())
    }
}

/// Checks what a tool says.
pub(crate) fn check(tool: &Tool, found: &mut Found<'_>) {
    let mut add = |draft: Draft| found.add(draft.symbol(&tool.name));
    for heard in listen(&tool.description, Voice::Tool, About::Work) {
        let draft = Draft::new(
            heard.id,
            tool.description_place,
            format!(
                "the description of the tool `{}`: {}",
                tool.name, heard.message
            ),
        );
        add(if heard.is_certain {
            draft
        } else {
            draft.uncertain()
        });
    }
    // Commands in backquotes, in words to whoever calls it.
    let mut quoted = tool.description.split('`');
    let mut at = quoted.next().map_or(0, str::len) + 1;
    while let Some(code) = quoted.next() {
        let said = || told(&tool.description, at, About::Work) == Told::Ordered;
        let is_usual = |risk: &Risk| {
            risk.id == Id::DownloadAndRun
                && !risk.is_suspicious
                && is_installer(&risk.message, &code[risk.start..risk.end])
        };
        let mut risks = Script::read(code).risks().into_iter();
        if let Some(risk) = risks.find(|risk| !is_usual(risk))
            && said()
        {
            add(Draft::new(
                Id::PoisonedDescription,
                tool.description_place,
                format!(
                    "the description of the tool `{}` orders a command that {}",
                    tool.name, risk.message
                ),
            ));
        }
        at += code.len() + 1 + quoted.next().map_or(0, str::len) + 1;
    }
    if praises_itself(&tool.name, &tool.description) {
        add(Draft::new(
            Id::ToolPreference,
            tool.name_place,
            format!(
                "the tool `{}` praises itself in its name and its description",
                tool.name
            ),
        ));
    }
    for (start, end) in restates(&tool.description) {
        let words = &tool.description[start..end];
        // A tool may say of itself that it changed.
        if !words
            .to_ascii_lowercase()
            .contains(&tool.name.to_ascii_lowercase())
        {
            add(Draft::new(
                Id::ToolShadowing,
                tool.description_place,
                format!(
                    "the description of the tool `{}` changes how another tool is used: \"{}\"",
                    tool.name,
                    crate::text::shown(words)
                ),
            ));
        }
    }
    for blob in crate::encoded::blobs(&tool.description) {
        let orders = listen(&blob.text, Voice::Hidden, About::Work)
            .iter()
            .any(|heard| heard.is_certain);
        let draft = Draft::new(
            Id::ConcealedInstructions,
            tool.description_place,
            format!(
                "the description of the tool `{}` holds {} that decodes to \"{}\"",
                tool.name,
                blob.coding,
                crate::text::shown(&blob.text)
            ),
        );
        add(if orders { draft } else { draft.uncertain() });
    }
    for parameter in &tool.parameters {
        let named = HARVESTING.contains(&parameter.name.to_ascii_lowercase().as_str());
        if named || harvests(&parameter.description) {
            add(Draft::new(
                Id::ContextHarvesting,
                parameter.place,
                format!(
                    "the tool `{}` asks for `{}`: what the agent knows, not what the tool needs",
                    tool.name, parameter.name
                ),
            ));
        }
        for heard in listen(&parameter.description, Voice::Tool, About::Work) {
            if heard.id != Id::ContextHarvesting && heard.is_certain {
                add(Draft::new(
                    heard.id,
                    parameter.place,
                    format!(
                        "the parameter `{}` of the tool `{}`: {}",
                        parameter.name, tool.name, heard.message
                    ),
                ));
            }
        }
    }
    if let Some(letter) = mixed_scripts(&tool.name) {
        add(Draft::new(
            Id::ConfusableName,
            tool.name_place,
            format!(
                "the tool's name holds \"{letter}\", which is no Latin letter and looks like one"
            ),
        ));
    }
}

/// Tools in an answer to `tools/list`, or any list of the same shape.
pub(crate) fn listed(text: &str) -> Vec<Tool> {
    if !text.contains("\"description\"")
        || !(text.contains("\"inputSchema\"")
            || text.contains("\"input_schema\"")
            || text.contains("\"parameters\""))
    {
        return Vec::new();
    }
    let Ok(document) = crate::document::parse(crate::discovery::Format::Json, text) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    document.walk(&mut |_, node| {
        let schema = ["inputSchema", "input_schema", "parameters"]
            .iter()
            .find_map(|key| node.get(key));
        let (Some(name), Some(description), Some(schema)) =
            (node.get("name"), node.get("description"), schema)
        else {
            return;
        };
        let (Some(name_text), Some(description_text)) = (name.text(), description.text()) else {
            return;
        };
        let parameters = schema
            .get("properties")
            .map(crate::document::Node::entries)
            .unwrap_or_default()
            .iter()
            .map(|(key, body)| Parameter {
                name: key.name.clone(),
                description: body
                    .get("description")
                    .and_then(|d| d.text())
                    .unwrap_or_default()
                    .to_owned(),
                place: (key.start, body.end),
            })
            .collect();
        out.push(Tool {
            name: name_text.to_owned(),
            name_place: (name.start, name.end),
            description: description_text.to_owned(),
            description_place: (description.start, description.end),
            parameters,
        });
    });
    out
}
