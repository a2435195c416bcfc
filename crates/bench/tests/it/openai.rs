//! An endpoint on this machine that answers as one of OpenAI's kind does.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread::JoinHandle;

use serde_json::{Value, json};
use trueline_bench::adapter::{Adapter, Reply};
use trueline_facts::bench::Mode;

use crate::world::ask;

/// Answers requests in their order; gives what it was asked.
fn endpoint(answers: Vec<(u16, String)>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    let serve = std::thread::spawn(move || {
        answers
            .into_iter()
            .map(|(status, body)| {
                let (mut stream, _) = listener.accept().unwrap();
                let request = read(&mut stream);
                write!(
                    stream,
                    "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nretry-after: 0\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                )
                .unwrap();
                request
            })
            .collect()
    });
    (address, serve)
}

fn read(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length")
                        .then(|| value.trim().parse::<usize>().ok())?
                })
                .unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the request ended early");
        bytes.extend_from_slice(&buffer[..read]);
    }
}

fn says(content: &str) -> String {
    json!({
        "model": "m-2026-01-01",
        "choices": [{"message": {"role": "assistant", "content": content}}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 500},
    })
    .to_string()
}

fn asked(address: &str, keys: &str, mode: Mode) -> Reply {
    let text = format!(
        "name = \"m\"\nkind = \"openai\"\nmodel = \"m\"\nendpoint = \"{address}\"\ntimeout_s = 10\n{keys}"
    );
    let adapter = Adapter::parse(&text, Path::new("m.toml")).unwrap();
    ask(&adapter, mode)
}

#[test]
fn files_model_tokens_and_cost_come_from_the_answer() {
    let (address, serve) = endpoint(vec![(
        200,
        says(
            "Here.\n<file path=\"app.py\">\nx = 1\n</file>\n<file path=\"../../etc/passwd\">\nx\n</file>",
        ),
    )]);
    let keys = "temperature = 0.2\nkey_env = \"CARGO_PKG_NAME\"\nusd_per_million_input = 3.0\nusd_per_million_output = 10.0\n";
    let reply = asked(&address, keys, Mode::Repair);
    assert_eq!(reply.failure, None);
    assert_eq!(reply.files.text("app.py").as_deref(), Some("x = 1\n"));
    assert_eq!(reply.files.iter().count(), 1);
    assert_eq!(reply.outside_edits, 1);
    assert_eq!(reply.model.as_deref(), Some("m-2026-01-01"));
    assert_eq!(reply.usage.output_tokens, Some(500));
    assert!((reply.usage.cost_usd.unwrap() - 0.008).abs() < 1e-12);
    let request = serve.join().unwrap().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /v1/chat/completions "), "{head}");
    assert!(head.contains("Bearer trueline-bench"), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["temperature"], json!(0.2));
    let prompt = body["messages"][0]["content"].as_str().unwrap();
    assert!(
        prompt.contains("<file path=\"app.py\">") && prompt.contains("CWE-89"),
        "{prompt}"
    );
    // Nothing of this machine is in it.
    assert!(!body.to_string().contains(env!("CARGO_MANIFEST_DIR")));
}

#[test]
fn a_busy_endpoint_is_asked_again_and_a_refusal_is_not() {
    let review = says("```json\n{\"findings\": []}\n```");
    let (address, serve) = endpoint(vec![
        (503, "{}".to_owned()),
        (429, "{}".to_owned()),
        (200, review),
    ]);
    let reply = asked(&address, "", Mode::Review);
    assert_eq!(reply.failure, None);
    assert_eq!(
        reply.files.text("review.json").as_deref(),
        Some("{\"findings\":[]}")
    );
    assert_eq!(serve.join().unwrap().len(), 3);

    // An endpoint that repeats the key in its complaint.
    let complaint = "{\"error\": \"bad key trueline-bench\"}".to_owned();
    let (address, serve) = endpoint(vec![(401, complaint)]);
    let reply = asked(&address, "key_env = \"CARGO_PKG_NAME\"\n", Mode::Review);
    let why = reply.failure.unwrap();
    assert!(
        why.contains("401") && !why.contains("trueline-bench"),
        "{why}"
    );
    serve.join().unwrap();
}

#[test]
fn what_is_no_answer_is_told() {
    for (body, told) in [
        ("no json".to_owned(), "no JSON"),
        ("{\"choices\": []}".to_owned(), "no text"),
        (says("I would rather not."), "none of the files"),
        (says("<file path=\"app.py\">\nx = 1\n"), "not closed"),
    ] {
        let (address, serve) = endpoint(vec![(200, body)]);
        let why = asked(&address, "", Mode::Generate).failure.unwrap();
        assert!(why.contains(told), "{why}");
        serve.join().unwrap();
    }
    let gone = asked("http://127.0.0.1:9/v1", "retries = 0\n", Mode::Generate);
    assert!(gone.failure.unwrap().contains("could not be asked"));
    let no_key = asked(
        "http://127.0.0.1:9/v1",
        "key_env = \"NO_SUCH_VARIABLE_HERE\"\n",
        Mode::Generate,
    );
    assert!(no_key.failure.unwrap().contains("`NO_SUCH_VARIABLE_HERE`"));
}
