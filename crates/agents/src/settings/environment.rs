//! Variables that send a model's traffic, and with it code and keys, somewhere else, or switch checks of TLS off.

use crate::document::Node;
use crate::finding::{Draft, Found};
use crate::rule::Id;
use crate::secret;

/// Variables and keys that name where the model is.
const ENDPOINTS: &[&str] = &[
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_API_URL",
    "ANTHROPIC_BEDROCK_BASE_URL",
    "ANTHROPIC_VERTEX_BASE_URL",
    "CLAUDE_CODE_API_BASE_URL",
    "OPENAI_BASE_URL",
    "OPENAI_API_BASE",
    "OPENAI_API_HOST",
    "OPENAI_HOST",
    "GOOGLE_GEMINI_BASE_URL",
    "GEMINI_BASE_URL",
    "GEMINI_API_BASE_URL",
    "CODEX_BASE_URL",
    "COPILOT_API_URL",
    "GH_COPILOT_BASE_URL",
    "MISTRAL_BASE_URL",
    "OLLAMA_HOST",
];
/// The same as keys of settings.
const ENDPOINT_KEYS: &[&str] = &[
    "base_url",
    "baseURL",
    "baseUrl",
    "apiBase",
    "api_base",
    "openai-api-base",
    "openAiBaseUrl",
    "anthropicBaseUrl",
    "chatgpt_base_url",
];
/// Settings of tools with which somebody tries requests by hand: their addresses are no model's.
const REQUEST_TOOLS: &[&str] = &["rest-client.", "thunder-client.", "httpyac.", "postman."];
/// Variables through which traffic goes.
const PROXIES: &[&str] = &[
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "https_proxy",
    "http_proxy",
    "all_proxy",
];
/// Variables that bring other roots of trust.
const ROOTS: &[&str] = &[
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
];
/// Hosts of the vendors themselves.
const OFFICIAL: &[&str] = &[
    "api.anthropic.com",
    "api.openai.com",
    "generativelanguage.googleapis.com",
    "openrouter.ai",
    "api.mistral.ai",
    "api.deepseek.com",
    "api.groq.com",
    "api.x.ai",
    "amazonaws.com",
    "azure.com",
    "googleapis.com",
    "githubcopilot.com",
    "api.z.ai",
    "api.together.xyz",
    "api.fireworks.ai",
    "api.cohere.com",
    "api.moonshot.ai",
    "chatgpt.com",
];

pub(crate) fn check(document: &Node, found: &mut Found<'_>) {
    document.walk(&mut |trail, node| {
        let Some(value) = node.text() else {
            if trail.last() == Some(&"NODE_TLS_REJECT_UNAUTHORIZED") {
                variable(
                    "NODE_TLS_REJECT_UNAUTHORIZED",
                    "0",
                    (node.start, node.end),
                    found,
                );
            }
            return;
        };
        let Some(name) = trail.last() else { return };
        let in_environment = trail.iter().rev().skip(1).take(2).any(|key| {
            matches!(
                *key,
                "env" | "environment" | "containerEnv" | "remoteEnv" | "set"
            ) || key.starts_with("terminal.integrated.env")
        });
        let is_server = trail.iter().any(|key| {
            matches!(
                *key,
                "mcpServers" | "servers" | "mcp_servers" | "context_servers"
            )
        });
        if in_environment {
            variable(name, value, (node.start, node.end), found);
            // Servers look at theirs by themselves.
            if !is_server
                && (secret::is_known(value)
                    || secret::names_secret(name) && secret::is_random(value))
            {
                found.add(
                    Draft::new(
                        Id::SecretInAgentConfiguration,
                        (node.start, node.end),
                        format!("the variable `{name}` holds a secret in plain text"),
                    )
                    .symbol(name),
                );
            }
        } else if ENDPOINT_KEYS.contains(name) && !is_server && !is_for_requests(trail) {
            endpoint(name, value, (node.start, node.end), found);
        }
        if matches!(
            *name,
            "apiKeyHelper" | "awsAuthRefresh" | "otelHeadersHelper" | "awsCredentialExport"
        ) && trail.len() == 1
        {
            for risk in crate::command::Script::read(value).risks() {
                found.add(
                    Draft::new(
                        risk.id,
                        (node.start, node.end),
                        format!("`{name}` {}", risk.message),
                    )
                    .symbol(name),
                );
            }
        }
    });
}

/// `export NAME=value` of a shell file.
pub(crate) fn exported(found: &mut Found<'_>) {
    let text = found.file.text;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let body = line
            .trim()
            .trim_start_matches("export ")
            .trim_start_matches("set -x ")
            .trim();
        if let Some((name, value)) = body.split_once('=') {
            let from = start + line.find(body).unwrap_or(0);
            variable(
                name.trim(),
                value.trim().trim_matches(['"', '\'']),
                (from, from + body.len()),
                found,
            );
        }
        start += line.len();
    }
}

fn variable(name: &str, value: &str, range: (usize, usize), found: &mut Found<'_>) {
    if ENDPOINTS.contains(&name) {
        endpoint(name, value, range, found);
    } else if PROXIES.contains(&name) {
        let draft = Draft::new(
            Id::ModelEndpointOverride,
            range,
            format!(
                "`{name}` sends all traffic of the agent through {}",
                place(value)
            ),
        )
        .symbol(name);
        if refers(value) {
            return;
        }
        found.add(if is_local(value) {
            draft.uncertain()
        } else {
            draft
        });
    } else if ROOTS.contains(&name) && !refers(value) {
        found.add(
            Draft::new(
                Id::ModelEndpointOverride,
                range,
                format!("`{name}` makes the agent trust other certificate authorities"),
            )
            .uncertain()
            .symbol(name),
        );
    } else if matches!(
        (name, value),
        ("NODE_TLS_REJECT_UNAUTHORIZED" | "PYTHONHTTPSVERIFY", "0")
            | ("GIT_SSL_NO_VERIFY", "1" | "true")
    ) {
        found.add(Draft::new(Id::ModelEndpointOverride, range, format!("`{name}` switches the check of certificates off: anybody on the way can read and change the traffic")).symbol(name));
    }
}

/// Whether a setting is one of a tool with which somebody tries requests.
fn is_for_requests(trail: &[&str]) -> bool {
    let first = trail.first();
    first.is_some_and(|key| REQUEST_TOOLS.iter().any(|tool| key.starts_with(tool)))
}

fn endpoint(name: &str, value: &str, range: (usize, usize), found: &mut Found<'_>) {
    let host = value
        .split("://")
        .nth(1)
        .unwrap_or(value)
        .split(['/', ':'])
        .next()
        .unwrap_or_default();
    if refers(value)
        || value.is_empty()
        || OFFICIAL
            .iter()
            .any(|known| host == *known || host.ends_with(&format!(".{known}")))
    {
        return;
    }
    let draft = Draft::new(
        Id::ModelEndpointOverride,
        range,
        format!(
            "`{name}` sends prompts, code and the key of whoever opens this repository to {}",
            place(value)
        ),
    )
    .symbol(name);
    found.add(if is_local(value) {
        draft.uncertain()
    } else {
        draft
    });
}

fn refers(value: &str) -> bool {
    value.starts_with('$') || value.contains("${") || value.contains("{{") || value.starts_with('<')
}

fn is_local(value: &str) -> bool {
    [
        "localhost",
        "127.0.0.1",
        "0.0.0.0",
        "[::1]",
        "host.docker.internal",
    ]
    .iter()
    .any(|host| value.contains(host))
}

/// An address without what could be a password in it.
fn place(value: &str) -> String {
    let host = value
        .split("://")
        .nth(1)
        .unwrap_or(value)
        .split('/')
        .next()
        .unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or(host);
    crate::text::shown(host)
}
