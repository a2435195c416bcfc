//! Prints name badges for the conference desk: text in a frame, folded to the width of a badge.
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

const MAX_LENGTH: usize = 120;
const MAX_HEAD: u64 = 8_192;

/// Lays a badge out: lines of at most 24 characters, each in a frame.
fn badge(name: &str, city: &str) -> Result<String, String> {
    let name = &name.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$").replace('`', "\\`");
    let script = format!("printf '%s\\n%s\\n' \"{name}\" \"{city}\" | fold -s -w 24 | sed -e 's/^/| /'");
    let output = Command::new("sh")
        .arg("-c")
        .arg(&script)
        .output()
        .map_err(|error| format!("no shell: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let rule = "+-------------------------\n";
    Ok(format!("{rule}{}{rule}", String::from_utf8_lossy(&output.stdout)))
}

/// Decodes `%41` and `+` of a query string.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = bytes.get(i + 1..i + 3).and_then(|h| std::str::from_utf8(h).ok());
        match (bytes[i], hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                i += 3;
            }
            (b'+', _) => {
                out.push(b' ');
                i += 1;
            }
            (byte, _) => {
                out.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn query(target: &str) -> HashMap<String, String> {
    let Some((_, text)) = target.split_once('?') else {
        return HashMap::new();
    };
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}

/// Status and text for a request target.
fn answer(target: &str) -> (u16, String) {
    if target.split('?').next() != Some("/badge") {
        return (404, "not found\n".into());
    }
    let fields = query(target);
    let name = fields.get("name").map_or("", |text| text.trim());
    let city = fields.get("city").map_or("", |text| text.trim());
    if name.is_empty() || name.chars().count() > MAX_LENGTH || city.chars().count() > MAX_LENGTH {
        return (400, "a name, please, and not too long\n".into());
    }
    match badge(name, city) {
        Ok(text) => (200, text),
        Err(error) => {
            eprintln!("badge for {name:?}: {error}");
            (500, "the badge could not be made\n".into())
        }
    }
}

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut lines = BufReader::new(stream.try_clone()?.take(MAX_HEAD)).lines();
    let first = lines.next().unwrap_or(Ok(String::new()))?;
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let (status, body) = match first.split(' ').collect::<Vec<_>>()[..] {
        ["GET", target, _] => answer(target),
        _ => (400, "bad request\n".into()),
    };
    write!(
        stream,
        "HTTP/1.1 {status} Badge\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:5000")?;
    for stream in listener.incoming() {
        let stream = stream?;
        std::thread::spawn(move || serve(stream).map_err(|error| eprintln!("{error}")));
    }
    Ok(())
}
