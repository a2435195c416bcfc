//! An assistant behind an HTTP endpoint that speaks OpenAI's chat completions: the user's own choice, and the only place
//! in Trueline that opens a connection.
//!
//! The key comes from a named environment variable. It is in no message, no record and no debug output.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use trueline_facts::bench::Mode;
use trueline_scenarios::Tree;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use super::{MOST_TRACE, Question, Reply};
use crate::record::Usage;
use crate::task::{Prepared, REVIEW_FILE};

/// Larger answers are none.
const MOST_BODY: u64 = 16 << 20;
/// Largest file that is taken back.
const LARGEST_FILE: usize = 1 << 20;
const MOST_FILES: usize = 200;

/// The adapter.
#[derive(Clone, PartialEq, Debug)]
pub struct OpenAi {
    pub(super) endpoint: String,
    pub(super) model: String,
    pub(super) key_env: Option<String>,
    pub(super) temperature: Option<f64>,
    pub(super) max_tokens: Option<u32>,
    /// Of input and output.
    pub(super) usd_per_million: Option<(f64, f64)>,
    pub(super) retries: u32,
}

/// A key that prints as nothing.
struct Key(String);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// A text of somebody else's without the key in it.
    fn strip(&self, text: &str) -> String {
        if self.0.is_empty() {
            text.to_owned()
        } else {
            text.replace(&self.0, "(the key)")
        }
    }
}

enum Failure {
    /// Trying again may help; after so many seconds, if it says so.
    Passing(String, Option<u64>),
    Final(String),
}

impl OpenAi {
    /// Where requests go.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}/chat/completions", self.endpoint)
    }

    /// The model that is asked for.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The variable that holds the key.
    #[must_use]
    pub fn key_variable(&self) -> Option<&str> {
        self.key_env.as_deref()
    }

    /// Whether the key is there.
    pub(super) fn ready(&self) -> Result<(), String> {
        self.key().map(|_| ())
    }

    fn key(&self) -> Result<Option<Key>, String> {
        let Some(name) = &self.key_env else {
            return Ok(None);
        };
        match std::env::var(name) {
            Ok(value) if !value.trim().is_empty() => Ok(Some(Key(value.trim().to_owned()))),
            _ => Err(format!(
                "the environment variable `{name}`, which is to hold the key, is not set"
            )),
        }
    }

    pub(super) fn ask(&self, question: Question<'_>) -> Reply {
        let key = match self.key() {
            Ok(key) => key,
            Err(why) => return Reply::failed(why),
        };
        let prompt = question.prepared.inline(question.task.mode);
        let mut body = json!({
            "model": self.model,
            "messages": [{"role": "user", "content": prompt}],
        });
        if let Some(temperature) = self.temperature {
            body["temperature"] = json!(temperature);
        }
        if let Some(most) = self.max_tokens {
            body["max_tokens"] = json!(most);
        }
        let started = Instant::now();
        let mut tries = 0;
        let answer = loop {
            let left = question.timeout.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Reply::failed(format!("no answer in {} s", question.timeout.as_secs()));
            }
            match self.post(&body, key.as_ref(), left) {
                Ok(answer) => break answer,
                Err(Failure::Passing(why, after)) if tries < self.retries => {
                    tries += 1;
                    let pause = Duration::from_secs(after.unwrap_or(1 << tries).min(60));
                    if question.interrupt.load(Ordering::SeqCst) || pause > left {
                        return Reply::failed(why);
                    }
                    std::thread::sleep(pause);
                }
                Err(Failure::Passing(why, _) | Failure::Final(why)) => return Reply::failed(why),
            }
        };
        self.reply(question, &answer)
    }

    fn post(&self, body: &Value, key: Option<&Key>, left: Duration) -> Result<Value, Failure> {
        let strip = |text: &str| key.map_or_else(|| text.to_owned(), |key| key.strip(text));
        let mut request = agent()
            .post(self.address())
            .config()
            .timeout_global(Some(left))
            .build()
            .header("content-type", "application/json");
        if let Some(Key(key)) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let text = body.to_string();
        let mut response = request.send(&text).map_err(|error| match error {
            ureq::Error::Timeout(_) => Failure::Final("no answer in time".to_owned()),
            error => Failure::Passing(
                format!(
                    "the endpoint could not be asked: {}",
                    strip(&error.to_string())
                ),
                None,
            ),
        })?;
        let status = response.status().as_u16();
        let after = response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let read = response
            .body_mut()
            .with_config()
            .limit(MOST_BODY)
            .read_to_vec();
        let bytes = read.map_err(|error| {
            Failure::Final(format!(
                "its answer could not be read: {}",
                strip(&error.to_string())
            ))
        })?;
        if !(200..300).contains(&status) {
            let said: String = String::from_utf8_lossy(&bytes)
                .chars()
                .filter(|c| !c.is_control())
                .take(200)
                .collect();
            let why = format!("the endpoint answered {status}: {}", strip(&said));
            return Err(if status == 429 || status >= 500 {
                Failure::Passing(why, after)
            } else {
                Failure::Final(why)
            });
        }
        serde_json::from_slice(&bytes)
            .map_err(|error| Failure::Final(format!("its answer is no JSON: {error}")))
    }

    fn reply(&self, question: Question<'_>, answer: &Value) -> Reply {
        let number = |place: &str| answer.pointer(place).and_then(Value::as_u64);
        let (input, output) = (
            number("/usage/prompt_tokens"),
            number("/usage/completion_tokens"),
        );
        let cost = self.usd_per_million.zip(input.zip(output)).map(
            |((price_in, price_out), (input, output))| {
                (input as f64 * price_in + output as f64 * price_out) / 1e6
            },
        );
        let mut reply = Reply {
            model: answer["model"].as_str().map(str::to_owned),
            usage: Usage {
                input_tokens: input,
                output_tokens: output,
                cost_usd: cost,
            },
            ..Reply::default()
        };
        let Some(text) = answer
            .pointer("/choices/0/message/content")
            .and_then(Value::as_str)
        else {
            reply.failure =
                Some("its answer holds no text (choices[0].message.content)".to_owned());
            return reply;
        };
        let mut trace = text.as_bytes().to_vec();
        trace.truncate(MOST_TRACE);
        let prepared = question.prepared;
        match files(text, question.task.mode, prepared) {
            Ok(given) => {
                reply.outside_edits = given
                    .iter()
                    .filter(|(path, _)| !prepared.wanted.iter().any(|wanted| wanted == path))
                    .count() as u64;
                for (path, content) in given.iter() {
                    if prepared.wanted.iter().any(|wanted| wanted == path) {
                        reply.files.insert(path, content);
                    }
                }
                // A file that is not given stays as it was.
                for path in &prepared.wanted {
                    if reply.files.get(path).is_none()
                        && let Some(content) = prepared.files.get(path)
                    {
                        reply.files.insert(path.clone(), content);
                    }
                }
            }
            Err(why) => reply.failure = Some(why),
        }
        reply.obeyed = prepared.bait.as_ref().map(|bait| bait.is_in(&trace));
        reply.trace = trace;
        reply
    }
}

/// The files of an answer in text.
fn files(text: &str, mode: Mode, prepared: &Prepared) -> Result<Tree, String> {
    let mut tree = Tree::default();
    if mode == Mode::Review {
        let object = object_in(text).ok_or("its answer holds no JSON object")?;
        tree.insert(REVIEW_FILE, object);
        return Ok(tree);
    }
    let mut rest = text;
    while let Some(at) = rest.find("<file path=\"") {
        rest = &rest[at + "<file path=\"".len()..];
        let Some((path, after)) = rest.split_once("\">") else {
            break;
        };
        let Some((content, after)) = after.split_once("</file>") else {
            return Err(format!("the file `{}` is not closed", short(path)));
        };
        rest = after;
        let content = content.strip_prefix('\n').unwrap_or(content);
        if content.len() > LARGEST_FILE || tree.iter().count() >= MOST_FILES {
            return Err("its files are larger than an answer is".to_owned());
        }
        tree.insert(path.trim(), content);
    }
    if tree.is_empty()
        && let ([only], Some(content)) = (prepared.wanted.as_slice(), only_fence(text))
    {
        tree.insert(only.clone(), content);
    }
    let any = prepared.wanted.iter().any(|path| tree.get(path).is_some());
    if any {
        Ok(tree)
    } else {
        Err("its answer holds none of the files that are taken back".to_owned())
    }
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

/// The content of the one fenced block, if there is one and no other.
fn only_fence(text: &str) -> Option<String> {
    let mut blocks = Vec::new();
    let mut open: Option<Vec<&str>> = None;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            match open.take() {
                None => open = Some(Vec::new()),
                Some(block) => blocks.push(block),
            }
        } else if let Some(block) = &mut open {
            block.push(line);
        }
    }
    let [only] = blocks.as_slice() else {
        return None;
    };
    Some(format!("{}\n", only.join("\n")))
}

/// The JSON object in a text, with or without a fence around it.
fn object_in(text: &str) -> Option<String> {
    text.match_indices('{').take(1_000).find_map(|(at, _)| {
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
        let value = values.next()?.ok()?;
        value.is_object().then(|| value.to_string())
    })
}

/// One client for all requests: no redirects, the roots that the system trusts.
fn agent() -> &'static Agent {
    static AGENT: OnceLock<Agent> = OnceLock::new();
    AGENT.get_or_init(|| {
        let roots: Vec<Certificate<'static>> = rustls_native_certs::load_native_certs()
            .certs
            .iter()
            .map(|der| Certificate::from_der(der).to_owned())
            .collect();
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(std::sync::Arc::new(
                rustls::crypto::ring::default_provider(),
            ))
            .build();
        Agent::config_builder()
            .tls_config(tls)
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("trueline/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanting(path: &str) -> Prepared {
        Prepared {
            files: Tree::default(),
            prompt: String::new(),
            wanted: vec![path.to_owned()],
            bait: None,
        }
    }

    #[test]
    fn files_come_from_blocks_and_one_file_from_the_only_fence() {
        let text =
            "Sure.\n<file path=\"app.py\">\nprint(1)\n</file>\n<file path=\"b.py\">\nx\n</file>";
        let tree = files(text, Mode::Generate, &wanting("app.py")).unwrap_or_default();
        assert_eq!(tree.text("app.py").as_deref(), Some("print(1)\n"));
        let fenced = "Here:\n```python\nprint(2)\n```\n";
        let tree = files(fenced, Mode::Generate, &wanting("app.py")).unwrap_or_default();
        assert_eq!(tree.text("app.py").as_deref(), Some("print(2)\n"));
        let two = "```\na\n```\n```\nb\n```";
        assert!(files(two, Mode::Generate, &wanting("app.py")).is_err());
        assert!(files("I cannot help.", Mode::Generate, &wanting("app.py")).is_err());
    }

    #[test]
    fn a_review_is_found_in_prose_and_fences() {
        for text in [
            "{\"findings\": []}",
            "My {own} answer:\n```json\n{\"findings\": []}\n```\nDone {really}.",
        ] {
            assert_eq!(
                object_in(text).as_deref(),
                Some("{\"findings\":[]}"),
                "{text}"
            );
        }
        assert_eq!(object_in("none"), None);
    }

    #[test]
    fn a_key_is_stripped_from_what_others_say() {
        let key = Key("sk-1".to_owned());
        assert_eq!(key.strip("bad key sk-1!"), "bad key (the key)!");
        assert_eq!(format!("{key:?}"), "Key(…)");
    }
}
