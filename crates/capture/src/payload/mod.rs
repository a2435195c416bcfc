//! Hook payloads of each tool: JSON in, typed events out; and what each is answered.
//!
//! One module per tool, since each names things its own way. Nothing is demanded: unknown fields
//! are passed over, an unknown event or tool gives no events, and what a payload does not tell is
//! left untold. Vendors rename fields without notice, so a missing one must never stop an agent.

mod answer;
mod claude;
mod codex;
mod copilot;
mod cursor;
mod fields;
mod gemini;
mod generic;
pub mod mcp;
mod opencode;
pub(crate) mod patch;
mod windsurf;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde_json::Value;

use crate::event::Event;

pub(crate) use self::fields::named_files;

pub use self::answer::{Answer, Reply, answer};

/// The largest payload that is read; a larger one is cut off and gives no events.
pub const LARGEST_PAYLOAD: u64 = 16 << 20;

/// Whose payload it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dialect {
    /// Claude Code.
    Claude,
    /// Cursor.
    Cursor,
    /// GitHub Copilot: the command line and VS Code.
    Copilot,
    /// Codex.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// Windsurf.
    Windsurf,
    /// OpenCode, through a small plugin.
    OpenCode,
    /// Any other tool that can start a program: git-ai's `agent-v1` form.
    Generic,
}

impl Dialect {
    /// All of them, in the order of their documentation.
    pub const ALL: [Self; 8] = [
        Self::Claude,
        Self::Cursor,
        Self::Copilot,
        Self::Codex,
        Self::Gemini,
        Self::Windsurf,
        Self::OpenCode,
        Self::Generic,
    ];

    /// As the command line names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Cursor => "cursor",
            Self::Copilot => "copilot",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Windsurf => "windsurf",
            Self::OpenCode => "opencode",
            Self::Generic => "generic",
        }
    }

    /// What must be printed so that the tool goes on. Most take silence for yes; Cursor takes it
    /// for a broken hook.
    #[must_use]
    pub const fn go_on(self) -> &'static str {
        match self {
            Self::Cursor => "{}\n",
            _ => "",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dialect {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.name() == text)
            .ok_or(())
    }
}

/// What a payload tells. `here` is where the hook was started, for tools that do not say.
#[must_use]
pub fn parse(dialect: Dialect, payload: &[u8], here: &Path) -> Vec<Event> {
    let Some(value) = json(payload) else {
        return Vec::new();
    };
    match dialect {
        Dialect::Claude => claude::events(&value, here),
        Dialect::Cursor => cursor::events(&value, here),
        Dialect::Copilot => copilot::events(&value, here),
        Dialect::Codex => codex::events(&value, here),
        Dialect::Gemini => gemini::events(&value, here),
        Dialect::Windsurf => windsurf::events(&value, here),
        Dialect::OpenCode => opencode::events(&value, here),
        Dialect::Generic => generic::events(&value, here),
    }
}

/// Strict first; then with raw control characters in strings put right, which Windsurf sends.
fn json(payload: &[u8]) -> Option<Value> {
    let payload = payload.strip_prefix(b"\xef\xbb\xbf").unwrap_or(payload);
    if let Ok(value) = serde_json::from_slice(payload) {
        return Some(value);
    }
    let mut mended = Vec::with_capacity(payload.len() + 64);
    let (mut inside, mut escaped) = (false, false);
    for &byte in payload {
        if inside && byte < 0x20 {
            mended.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
            escaped = false;
            continue;
        }
        match byte {
            b'"' if !escaped => inside = !inside,
            _ => {}
        }
        escaped = inside && byte == b'\\' && !escaped;
        mended.push(byte);
    }
    serde_json::from_slice(&mended)
        .or_else(|_| serde_json::from_str(&String::from_utf8_lossy(&mended)))
        .ok()
}

#[cfg(test)]
mod tests;
