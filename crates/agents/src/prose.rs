//! Instructions as people write them: rules files, commands, skills. What they order, what they hide, what they run.

use bstr::ByteSlice;

use crate::command;
use crate::discovery::{Kind, is_example};
use crate::encoded;
use crate::finding::{Draft, Found};
use crate::markdown::{Piece, Place, pieces};
use crate::rule::Id;
use crate::settings::is_installer;
use crate::speech::{About, Told, Voice, is_confined, listen, told, told_before};
use crate::text::shown;

/// Headings under which attacks are shown, not made.
const ABOUT_ATTACKS: &[&str] = &[
    "attack",
    "injection",
    "threat",
    "malicious",
    "adversar",
    "jailbreak",
    "red team",
    "red-team",
    "exploit",
    "payload",
    "example",
    "sample",
    "anti-pattern",
    "antipattern",
    "test case",
    "what to look for",
    "red flag",
    "don't",
    "do not",
    "never",
    "bad ",
    "avoid",
];
/// Headings under which words of attacks are to be expected.
const ABOUT_SAFETY: &[&str] = &["vulnerab", "detect", "security"];
/// Blank characters in a row that push text off the screen.
const OFF_SCREEN: usize = 200;

/// Checks a text that a team gives to its agent.
pub(crate) fn check(found: &mut Found<'_>) {
    let text = found.file.text;
    let in_examples = is_example(found.file.path);
    let name = found
        .file
        .path
        .file_name()
        .to_str_lossy()
        .to_ascii_lowercase();
    let about_security = [
        "security",
        "injection",
        "redteam",
        "red-team",
        "attack",
        "pentest",
        "guardrail",
    ]
    .iter()
    .any(|word| name.contains(word));
    let mut before = 0..0;
    for piece in pieces(text) {
        let heads = |words: &[&str]| words.iter().any(|word| piece.heading.contains(word));
        let about = if in_examples || heads(ABOUT_ATTACKS) {
            About::Attacks
        } else if about_security || heads(ABOUT_SAFETY) {
            About::Safety
        } else {
            About::Work
        };
        let words = before.clone();
        before = piece.start..piece.end;
        match piece.place {
            Place::Text => spoken(&piece, about, found),
            Place::Fence => fenced(&piece, about, &text[words], found),
            Place::Hidden => hidden(&piece, in_examples, found),
            Place::FrontMatter => {}
        }
    }
    front_matter(found);
    off_screen(found);
}

fn spoken(piece: &Piece, about: About, found: &mut Found<'_>) {
    let text = &found.file.text[piece.start..piece.end];
    let about_attacks = about != About::Work;
    for heard in listen(text, Voice::Team, about) {
        let draft = Draft::new(
            heard.id,
            (piece.start + heard.start, piece.start + heard.end),
            heard.message,
        );
        found.add(if heard.is_certain {
            draft
        } else {
            draft.uncertain()
        });
    }
    beacons(text, piece.start, about_attacks, found);
    blobs(text, piece.start, about_attacks, found);
    // Commands in backquotes are what an agent runs.
    let mut quoted = text.split('`');
    let mut at = piece.start + quoted.next().map_or(0, str::len) + 1;
    while let Some(code) = quoted.next() {
        commands(
            code,
            at,
            |risk| told(text, at + risk - piece.start, about),
            found,
        );
        at += code.len() + 1 + quoted.next().map_or(0, str::len) + 1;
    }
}

fn fenced(piece: &Piece, about: About, before: &str, found: &mut Found<'_>) {
    let about_attacks = about != About::Work;
    let text = &found.file.text[piece.start..piece.end];
    let is_shell = matches!(
        piece.language.split_whitespace().next(),
        None | Some(
            "sh" | "bash" | "shell" | "zsh" | "console" | "powershell" | "ps1" | "cmd" | "terminal"
        )
    );
    if is_shell {
        // What a task or a skill has in a fence is what is to be run.
        let said = match told_before(before, about) {
            Told::Named if is_task(found) => Told::Ordered,
            said => said,
        };
        commands(text, piece.start, |_| said, found);
        if said != Told::Warned
            && let Some(what) = command::unasked_agent(text)
        {
            let range = (piece.start, piece.end);
            let message = format!("a command that the agent is told to run {what}");
            let draft = Draft::new(Id::ApprovalBypass, range, message);
            found.add(if said == Told::Ordered && !is_confined(before) {
                draft
            } else {
                draft.uncertain()
            });
        }
    }
    // Orders in a fence are a sample, or are meant to look like one.
    for heard in listen(text, Voice::Team, About::Attacks) {
        let range = (piece.start + heard.start, piece.start + heard.end);
        found.add(Draft::new(heard.id, range, heard.message).uncertain());
    }
    blobs(text, piece.start, about_attacks, found);
}

fn hidden(piece: &Piece, in_examples: bool, found: &mut Found<'_>) {
    let text = &found.file.text[piece.start..piece.end];
    let mut certain = false;
    let mut first = None;
    let about = if in_examples {
        About::Attacks
    } else {
        About::Work
    };
    for heard in listen(text, Voice::Hidden, about) {
        certain |= heard.is_certain;
        // What is said in the open all the same is no find of hidden text.
        if heard.id == Id::WeakenedSafeguards {
            continue;
        }
        first = first.or(Some(heard.message));
    }
    // A command stands by itself, or in backquotes among words.
    let in_quotes = text.split('`').skip(1).step_by(2);
    let runs = std::iter::once(text)
        .chain(in_quotes)
        .find_map(|code| command::Script::read(code).risks().into_iter().next());
    let beacon = first.is_none() && runs.is_none();
    if let Some(risk) = runs {
        found.add(Draft::new(
            Id::ConcealedInstructions,
            (piece.start, piece.end),
            format!(
                "text that no page shows holds a command that {}",
                risk.message
            ),
        ));
    } else if let Some(what) = first {
        let message = format!("text that no page shows: {what}");
        let draft = Draft::new(Id::ConcealedInstructions, (piece.start, piece.end), message);
        found.add(if certain { draft } else { draft.uncertain() });
    }
    if beacon {
        blobs(text, piece.start, in_examples, found);
    }
}

/// Is the file one that is followed step by step, not one that is kept in mind?
fn is_task(found: &Found<'_>) -> bool {
    let path = found.file.path.display().to_ascii_lowercase();
    matches!(found.file.kind, Kind::Skill | Kind::SkillPart)
        || path.ends_with(".prompt.md")
        || [
            "/commands/",
            "/command/",
            "/prompts/",
            "/workflows/",
            "/agents/",
            "/agent/",
        ]
        .iter()
        .any(|folder| path.contains(folder))
}

/// Commands of a text that an agent is told to run; `said` tells how, by the byte of the text.
fn commands(text: &str, start: usize, said: impl Fn(usize) -> Told, found: &mut Found<'_>) {
    for risk in command::Script::read(text).risks() {
        let said = said(risk.start);
        let range = (start + risk.start, start + risk.end);
        let draft = Draft::new(
            risk.id,
            range,
            format!("a command that the agent is told to run {}", risk.message),
        );
        // Installing by a pipe into a shell is how many tools are documented. What decodes a program or opens a shell
        // to another machine has no use even as an example.
        let is_certain = match (risk.id, said) {
            (Id::DownloadAndRun, _) if risk.is_suspicious => true,
            (Id::DownloadAndRun, said) => {
                said == Told::Ordered && !is_installer(&risk.message, &text[risk.start..risk.end])
            }
            (_, said) => said != Told::Warned,
        };
        found.add(if is_certain { draft } else { draft.uncertain() });
    }
}

/// Images and links whose address is to be filled with what the agent knows.
fn beacons(text: &str, start: usize, about_attacks: bool, found: &mut Found<'_>) {
    for (at, _) in text.match_indices("](http") {
        let rest = &text[at + 2..];
        let Some(close) = rest.find([')', '\n']) else {
            continue;
        };
        let address = &rest[..close];
        let Some((_, query)) = address.split_once('?') else {
            continue;
        };
        let is_filled = ["{", "<", "$(", "[", "%7b"]
            .iter()
            .any(|open| query.to_ascii_lowercase().contains(open));
        let asks = [
            "data",
            "content",
            "secret",
            "token",
            "key",
            "context",
            "conversation",
            "history",
            "env",
            "password",
            "leak",
            "exfil",
            "summary",
            "prompt",
            "output",
        ]
        .iter()
        .any(|word| query.to_ascii_lowercase().contains(word));
        let before = &text[..at];
        let is_image = before
            .rfind("![")
            .is_some_and(|open| !before[open..].contains('\n'));
        if is_image && is_filled && asks {
            let draft = Draft::new(
                Id::ImageBeacon,
                (start + at + 2, start + at + 2 + close),
                format!(
                    "an image whose address carries what the agent fills in: \"{}\"",
                    shown(address)
                ),
            );
            found.add(if about_attacks {
                draft.uncertain()
            } else {
                draft
            });
        }
    }
}

/// Text in base64, hexadecimal or percent signs that reads as an order.
fn blobs(text: &str, start: usize, about_attacks: bool, found: &mut Found<'_>) {
    for blob in encoded::blobs(text) {
        let mut what = listen(&blob.text, Voice::Hidden, About::Work)
            .into_iter()
            .filter(|heard| heard.is_certain)
            .map(|heard| heard.message)
            .next();
        if what.is_none() {
            what = command::Script::read(&blob.text)
                .risks()
                .into_iter()
                .next()
                .map(|risk| format!("a command that {}", risk.message));
        }
        let range = (start + blob.start, start + blob.end);
        match what {
            Some(what) => {
                let draft = Draft::new(
                    Id::ConcealedInstructions,
                    range,
                    format!("{} that decodes to an order: {what}", blob.coding),
                );
                found.add(if about_attacks {
                    draft.uncertain()
                } else {
                    draft
                });
            }
            None if blob.text.split_whitespace().count() >= 4 => {
                found.add(
                    Draft::new(
                        Id::ConcealedInstructions,
                        range,
                        format!(
                            "{} that decodes to text: \"{}\"",
                            blob.coding,
                            shown(&blob.text)
                        ),
                    )
                    .uncertain(),
                );
            }
            None => {}
        }
    }
}

/// Text far to the right of a line, where no editor shows it.
fn off_screen(found: &mut Found<'_>) {
    let text = found.file.text;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let blank_run = line
            .as_bytes()
            .windows(OFF_SCREEN)
            .position(|window| window.iter().all(|b| matches!(b, b' ' | b'\t')));
        if let Some(at) = blank_run
            && !line.trim_start().starts_with('|')
        {
            let rest = line[at..].trim();
            let before = line[..at].trim();
            if rest.split_whitespace().count() >= 3 && !before.is_empty() {
                let from = start + at + line[at..].len() - line[at..].trim_start().len();
                found.add(Draft::new(
                    Id::ConcealedInstructions,
                    (from, from + rest.len()),
                    format!(
                        "text behind {OFF_SCREEN} or more blanks, off the screen: \"{}\"",
                        shown(rest)
                    ),
                ));
            }
        }
        start += line.len();
    }
}

/// Keys at the head of a command, an agent or a skill.
fn front_matter(found: &mut Found<'_>) {
    let text = found.file.text;
    let Some(piece) = pieces(text)
        .into_iter()
        .find(|p| p.place == Place::FrontMatter)
    else {
        return;
    };
    let inner = text[piece.start..piece.end]
        .strip_prefix("---")
        .unwrap_or_default();
    let inner = inner.trim_end().strip_suffix("---").unwrap_or(inner);
    let Ok(head) = crate::document::parse(crate::discovery::Format::Yaml, inner) else {
        return;
    };
    let shift = piece.start + 3;
    for (key, node) in head.entries() {
        let range = (shift + key.start, shift + node.end.max(key.end));
        match key.name.as_str() {
            "permissionMode" | "permission-mode" if node.text() == Some("bypassPermissions") => {
                found.add(
                    Draft::new(
                        Id::ApprovalBypass,
                        range,
                        "this agent runs with every permission prompt off".to_owned(),
                    )
                    .symbol(&key.name),
                );
            }
            "allowed-tools" => {
                let listed = match node.text() {
                    Some(text) => text.to_owned(),
                    None => node
                        .texts()
                        .iter()
                        .filter_map(|n| n.text())
                        .collect::<Vec<_>>()
                        .join(","),
                };
                if listed
                    .split([',', ' '])
                    .any(|tool| matches!(tool.trim(), "Bash(*)" | "Bash(:*)" | "*"))
                {
                    found.add(
                        Draft::new(
                            Id::ApprovalBypass,
                            range,
                            "every shell command is allowed while this is used".to_owned(),
                        )
                        .symbol(&key.name),
                    );
                }
            }
            "description" if found.file.kind == Kind::Skill => {
                if let Some(description) = node.text() {
                    for heard in listen(description, Voice::Tool, About::Work) {
                        let draft = Draft::new(
                            heard.id,
                            range,
                            format!("the skill's description: {}", heard.message),
                        )
                        .symbol(&key.name);
                        found.add(if heard.is_certain {
                            draft
                        } else {
                            draft.uncertain()
                        });
                    }
                }
            }
            _ => {}
        }
    }
}
