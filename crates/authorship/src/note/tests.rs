//! Every form of note that exists, the rules of resolution, and that hostile bytes do no harm.

use proptest::prelude::*;
use trueline_facts::{Confidence, HumanBasis};

use super::legacy::{LegacyBlob, NamedAuthor};
use super::*;

const META: &str = r#"{"schema_version":"authorship/3.0.0","git_ai_version":"VERSION","base_commit_sha":"0","prompts":{
 "0123456789abcdef":{"agent_id":{"tool":"cursor-agent","id":"c1","model":"unknown"},"messages":[{"type":"user","text":"a secret \" prompt"}],"total_additions":4,"total_deletions":0,"accepted_lines":3,"overriden_lines":2},
 "abcdef0":{"agent_id":{"tool":"codex-cloud","id":"c2","model":"openai/gpt-5"},"overriden_lines":0}},
 "humans":{"h_31dce776f88375":{"author":"Dev <dev@example.org>"}},
 "logical_commit_id":{"deep":[[[1]]]},
 "sessions":{"s_c9883b05a2487d":{"agent_id":{"tool":"claude-web","id":"conversation","model":"claude-opus-4-5"},"human_author":"dev@example.org","custom_attributes":{"team":"x"}}}}"#;

fn note(version: &str, head: &str) -> Note {
    parse(format!("{head}---\n{}", META.replace("VERSION", version)).as_bytes()).unwrap()
}

fn range(first: u32, last: u32) -> LineRange {
    LineRange { first, last }
}

/// `1-3 claude high` per run, for comparison.
fn lines(note: &Note, foreign: &dyn ForeignPrompts) -> Vec<String> {
    show(resolve_file(note, &note.files[0], foreign).runs())
}

fn show(runs: &[ResolvedRun<'_>]) -> Vec<String> {
    runs.iter()
        .map(|run| {
            let who = match run.resolved {
                Resolved::Ai {
                    agent,
                    confidence,
                    human_touched,
                } => {
                    let touched = if human_touched { " touched" } else { "" };
                    format!("{} {}{touched}", agent.tool, word(confidence))
                }
                Resolved::Human { basis, confidence } => {
                    let basis = match basis {
                        HumanBasis::Observed => "observed",
                        HumanBasis::Asserted => "asserted",
                    };
                    format!("human {basis} {}", word(confidence))
                }
            };
            format!("{}-{} {who}", run.range.first, run.range.last)
        })
        .collect()
}

fn word(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

#[test]
fn all_forms_of_keys_are_told_apart() {
    let keys: Vec<Key> = [
        "s_c9883b05a2487d::t_9f8e7d6c5b4a32",
        "s_c9883b05a2487d",
        "h_31dce776f88375",
        "0123456789abcdef",
        "abcdef0",
        "8c1f0b7e-62b4-4b7e-9f3c-0a5d1c2b3e4f",
        "ai_agent",
        "human",
        "s_",
    ]
    .map(Key::parse)
    .into();
    insta::assert_debug_snapshot!(keys, @r#"
    [
        Session {
            session: "s_c9883b05a2487d",
            trace: Some(
                "t_9f8e7d6c5b4a32",
            ),
        },
        Session {
            session: "s_c9883b05a2487d",
            trace: None,
        },
        Human(
            "h_31dce776f88375",
        ),
        Prompt(
            "0123456789abcdef",
        ),
        Prompt(
            "abcdef0",
        ),
        Unknown(
            "8c1f0b7e-62b4-4b7e-9f3c-0a5d1c2b3e4f",
        ),
        Unknown(
            "ai_agent",
        ),
        Unknown(
            "human",
        ),
        Unknown(
            "s_",
        ),
    ]
    "#);
}

#[test]
fn raw_and_quoted_paths_unsorted_ranges_empty_items_and_trailing_blanks_are_read() {
    let note = note(
        "1.5.0",
        "src/main.rs \n  0123456789abcdef 9,,1-4, \n\n\"src/my file.rs\"\n  abcdef0 2\n\"two\nlines\"\n  abcdef0 3\n",
    );
    let paths: Vec<_> = note
        .files
        .iter()
        .map(|file| file.path.display().into_owned())
        .collect();
    assert_eq!(paths, ["src/main.rs", "src/my file.rs", "\"two\\nlines\""]);
    assert_eq!(note.files[0].entries[0].ranges, [range(9, 9), range(1, 4)]);
}

#[test]
fn carriage_returns_are_blanks() {
    let text = format!("a.rs\r\n  abcdef0 1-2\r\n---\r\n{META}\r\n");
    let note = parse(text.as_bytes()).unwrap();
    assert_eq!(note.files[0].path, RepoPath::from("a.rs"));
    assert_eq!(note.files[0].entries[0].ranges, [range(1, 2)]);
}

#[test]
fn a_note_without_attestations_is_a_note() {
    let note = note("1.6.24", "");
    assert!(note.files.is_empty());
    assert_eq!(note.metadata.git_ai_version, Some(Version::new(1, 6, 24)));
}

#[test]
fn a_path_that_stands_twice_keeps_the_order_of_its_attestations() {
    let note = note(
        "1.5.0",
        "a\n  0123456789abcdef 1-3\nb\n  abcdef0 1\na\n  abcdef0 2\n",
    );
    assert_eq!(note.files.len(), 2);
    assert_eq!(
        lines(&note, &NoForeignPrompts),
        [
            "1-1 cursor high touched",
            "2-2 codex high",
            "3-3 cursor high touched"
        ]
    );
}

#[test]
fn the_last_attestation_of_a_line_wins() {
    let note = note(
        "1.5.0",
        "a\n  s_c9883b05a2487d::t_1 1-10,20\n  h_31dce776f88375 4-6\n  abcdef0 6-8\n",
    );
    assert_eq!(
        lines(&note, &NoForeignPrompts),
        [
            "1-3 claude high",
            "4-5 human observed high",
            "6-8 codex high",
            "9-10 claude high",
            "20-20 claude high",
        ]
    );
}

#[test]
fn an_entry_that_no_metadata_explains_gives_way_to_the_one_below() {
    let head = "a\n  abcdef0 1-4\n  fedcba9 2-3\n  s_unknown::t_1 3\n  h_unknown 4\n  ai_agent 1\n";
    assert_eq!(
        lines(&note("1.5.0", head), &NoForeignPrompts),
        ["1-4 codex high"]
    );
}

#[test]
fn a_legacy_key_may_be_explained_by_another_note() {
    let foreign = note("1.3.0", "").metadata.prompts;
    let bare = parse(
        b"a\n  abcdef0 2-3\n---\n{\"schema_version\":\"authorship/3.0.0\",\"base_commit_sha\":\"0\",\"prompts\":{}}",
    )
    .unwrap();
    assert_eq!(
        resolve_key(&bare, &Key::parse("abcdef0"), &NoForeignPrompts),
        KeyResolution::NoMetadata
    );
    assert_eq!(lines(&bare, &NoForeignPrompts), [""; 0]);
    assert_eq!(lines(&bare, &foreign), ["2-3 codex high"]);
}

#[test]
fn sessions_may_be_inferred_from_1_6_0_on() {
    let head = "a\n  s_c9883b05a2487d::t_1 1\n";
    assert_eq!(
        lines(&note("1.5.9", head), &NoForeignPrompts),
        ["1-1 claude high"]
    );
    assert_eq!(
        lines(&note("1.6.0", head), &NoForeignPrompts),
        ["1-1 claude medium"]
    );
    assert_eq!(
        lines(&note("development:1.6.13", head), &NoForeignPrompts),
        ["1-1 claude medium"]
    );
    assert_eq!(
        lines(&note("", head), &NoForeignPrompts),
        ["1-1 claude medium"]
    );
}

#[test]
fn humans_are_observed_below_1_6_20_and_asserted_from_there_on() {
    let head = "a\n  h_31dce776f88375 1\n";
    assert_eq!(
        lines(&note("1.6.19", head), &NoForeignPrompts),
        ["1-1 human observed high"]
    );
    assert_eq!(
        lines(&note("1.6.20", head), &NoForeignPrompts),
        ["1-1 human asserted medium"]
    );
    assert_eq!(
        lines(&note("", head), &NoForeignPrompts),
        ["1-1 human asserted medium"]
    );
}

#[test]
fn a_person_who_is_a_program_is_nobody() {
    let text = format!(
        "a\n  h_31dce776f88375 1\n---\n{}",
        META.replace("VERSION", "1.6.25")
    );
    for author in [
        "dependabot[bot] <support@github.com>",
        "Claude <noreply@anthropic.com>",
        "GitHub <noreply@github.com>",
    ] {
        let text = text.replace("Dev <dev@example.org>", author);
        let note = parse(text.as_bytes()).unwrap();
        let resolved = resolve_file(&note, &note.files[0], &NoForeignPrompts);
        assert!(resolved.runs().is_empty(), "{author}");
        assert_eq!(resolved.unexplained()[0].why, Unexplained::Program);
    }
}

#[test]
fn runs_are_found_by_line() {
    let note = note("1.5.0", "a\n  abcdef0 3-5,9\n");
    let resolved = resolve_file(&note, &note.files[0], &NoForeignPrompts);
    assert!(resolved.line(2).is_none());
    assert!(resolved.line(5).is_some());
    let within: Vec<_> = resolved.within(5, 8).map(|run| run.range).collect();
    assert_eq!(within, [range(3, 5)]);
    assert_eq!(resolved.within(4, 9).count(), 2);
}

#[test]
fn a_range_that_is_none_costs_what_it_puts_in_doubt_and_no_more() {
    let text = b"a\n  1111111 1-9\n  2222222 9-1,20\n  3333333 4-5\nb\n  1111111 1\n---\n\
        {\"schema_version\":\"authorship/3.0.0\"}";
    let (note, bad) = parse_readable(text).unwrap();
    let bad: Vec<String> = bad.iter().map(ToString::to_string).collect();
    assert_eq!(bad, ["line 3: `9-1` is not a line range"]);
    let left: Vec<(String, Vec<String>)> = note
        .files
        .iter()
        .map(|file| {
            let entries = file.entries.iter();
            let told = entries.map(|e| format!("{} {}", e.key, e.ranges[0].first));
            (file.path.display().into_owned(), told.collect())
        })
        .collect();
    // Whether 2222222 took lines from 1111111 in `a` nobody can say.
    let expected = [
        (
            "a".to_owned(),
            vec!["2222222 20".to_owned(), "3333333 4".to_owned()],
        ),
        ("b".to_owned(), vec!["1111111 1".to_owned()]),
    ];
    assert_eq!(left, expected);
    assert!(parse(text).is_err(), "what is written back must be whole");
}

#[test]
fn errors_say_the_line_and_never_quote_the_metadata() {
    let error = |text: &str| parse(text.as_bytes()).unwrap_err().to_string();
    let ok = r#"{"schema_version":"authorship/3.0.0"}"#;
    insta::assert_snapshot!(
        [
            error("a\n  abcdef0 1\n"),
            error("  abcdef0 1\n---\n{}"),
            error(&format!("a\n  abcdef0 0-3\n---\n{ok}")),
            error(&format!("a\n\n  abcdef0 7-3\n---\n{ok}")),
            error(&format!("a\n  abcdef0 +1\n---\n{ok}")),
            error(&format!("a\n  abcdef0 99999999999\n---\n{ok}")),
            error(&format!("\"\"\n---\n{ok}")),
            error(&format!("\"open\n---\n{ok}")),
            error("---\n{\"schema_version\":\"authorship/4.0.0\"}"),
            error("---\n{}"),
            error("---\n{\"schema_version\":\"authorship/3.0.0\""),
            error("---\n{\"prompts\":\"a secret prompt\"}"),
            error("---\nnot json"),
        ]
        .join("\n"),
        @r"
    no line `---` closes the attestations
    line 1: an attestation stands before any file
    line 2: `0-3` is not a line range
    line 3: `7-3` is not a line range
    line 2: `+1` is not a line range
    line 2: `99999999999` is not a line range
    line 1: the path is empty or its quote is not closed
    line 1: the path is empty or its quote is not closed
    line 2, column 1: the metadata is not of schema authorship/3
    line 2, column 1: the metadata is not of schema authorship/3
    line 2, column 36: the metadata ends too soon
    line 2, column 28: the metadata has a member of the wrong type
    line 2, column 2: the metadata is not JSON
    "
    );
}

#[test]
fn prompts_addresses_and_conversation_ids_do_not_leave_the_parser() {
    let shown = format!("{:?}", note("1.5.0", "a\n  abcdef0 1\n"));
    for secret in ["secret", "example.org", "\"conversation\"", "\"c1\""] {
        assert!(!shown.contains(secret), "{secret} is exposed");
    }
}

#[test]
fn deep_nesting_in_unknown_members_is_skipped_without_recursion() {
    let deep = 100_000;
    let text = format!(
        "---\n{{\"schema_version\":\"authorship/3.0.0\",\"x\":{}{}}}",
        "[".repeat(deep),
        "]".repeat(deep)
    );
    assert!(parse(text.as_bytes()).is_ok());
    assert!(merge(text.as_bytes(), &declaration(range(1, 1)), "0").is_err());
}

#[test]
fn keys_are_derived_as_git_ai_derives_them() {
    // SHA-256 of `cursor:abc` and of `Dev <dev@x>`, computed with another program.
    assert_eq!(session_key("cursor", "abc"), CURSOR_ABC);
    assert_eq!(human_key("Dev <dev@x>"), DEV_AT_X);
    assert_eq!(trace_key("seed"), trace_key("seed"));
    assert_eq!(trace_key("seed").len(), 16);
}

const CURSOR_ABC: &str = "s_91bc7fb2da2248";
const DEV_AT_X: &str = "h_1e7f7208b338e2";

fn declaration(lines: LineRange) -> Note {
    let session = session_key("claude", "declared");
    let mut note = Note {
        files: vec![FileBlock {
            path: RepoPath::from("my file.rs"),
            entries: vec![Entry {
                key: Key::Session {
                    session: session.as_str().into(),
                    trace: Some(trace_key("commit").into()),
                },
                ranges: vec![lines],
            }],
        }],
        metadata: Metadata::default(),
    };
    note.metadata.sessions.insert(
        session.as_str().into(),
        Agent {
            tool: ToolId::new("claude"),
            model: None,
            session: SessionId::new(session),
            record: Record::Declared,
        },
    );
    note
}

#[test]
fn a_declaration_reads_back_as_declared_and_is_graded_below_a_record() {
    let note = parse(&declaration(range(1, 3)).write("0")).unwrap();
    assert_eq!(note.metadata, declaration(range(1, 3)).metadata);
    assert_eq!(lines(&note, &NoForeignPrompts), ["1-3 claude medium"]);
}

#[test]
fn merging_keeps_unknown_members_and_never_overrides_what_was_attested() {
    let existing = format!(
        "\"my file.rs\"\n  abcdef0 2\n---\n{}",
        META.replace("VERSION", "1.5.0")
    );
    let merged = merge(existing.as_bytes(), &declaration(range(1, 3)), "beef").unwrap();
    let note = parse(&merged).unwrap();
    assert_eq!(
        lines(&note, &NoForeignPrompts),
        ["1-1 claude medium", "2-2 codex high", "3-3 claude medium"]
    );
    let text = String::from_utf8(merged).unwrap();
    assert!(text.contains("logical_commit_id") && text.contains("total_additions"));
    assert!(text.contains(r#""base_commit_sha":"beef""#));
    let again = merge(text.as_bytes(), &declaration(range(1, 3)), "beef").unwrap();
    assert_eq!(
        String::from_utf8(again).unwrap(),
        text,
        "declaring twice changes nothing"
    );
}

#[test]
fn the_oldest_blobs_name_authors_by_display_name() {
    let blob = br#"{"files":{"b.rs":{"file":"b.rs","authors":[
        {"author":"Jane Doe","lines":[[1,9],4],"agent_metadata":null},
        {"author":"Claude Code","lines":[8,[3,5],3]},
        {"author":"x","lines":[20],"agent_metadata":{"tool":"cursor","model":"gpt-5"}}]}},"schema_version":"authorship/0.0.1"}"#;
    let (LegacyBlob::Names(note), _) = legacy::parse(blob).unwrap() else {
        panic!("not by name")
    };
    assert_eq!(note.files[0].entries[0].author, NamedAuthor::Human);
    assert_eq!(
        show(legacy::resolve_names(&note.files[0]).runs()),
        [
            "1-2 human asserted low",
            "3-5 claude medium",
            "6-7 human asserted low",
            "8-8 claude medium",
            "9-9 human asserted low",
            "20-20 cursor medium",
        ]
    );
}

#[test]
fn the_oldest_storage_may_hold_a_note_of_format_3() {
    let text = format!("a\n  abcdef0 1\n---\n{META}");
    assert!(matches!(
        legacy::parse(text.as_bytes()).unwrap().0,
        LegacyBlob::Note(_)
    ));
}

fn any_range() -> impl Strategy<Value = LineRange> {
    (1u32..60, 0u32..12).prop_map(|(first, more)| range(first, first + more))
}

fn any_note() -> impl Strategy<Value = Note> {
    let key = prop_oneof![
        Just(Key::parse("s_0011223344556a::t_0011223344556b")),
        Just(Key::parse("s_0011223344556a")),
        Just(Key::parse("h_00112233445566")),
        Just(Key::parse("0123456789abcdef")),
        "[a-z_]{1,9}".prop_map(|text| Key::parse(&text)),
    ];
    let entry = (key, proptest::collection::vec(any_range(), 1..5))
        .prop_map(|(key, ranges)| Entry { key, ranges });
    let block =
        ("[ -~\t]{1,12}", proptest::collection::vec(entry, 1..5)).prop_map(|(path, entries)| {
            FileBlock {
                path: RepoPath::from(path.as_str()),
                entries,
            }
        });
    proptest::collection::vec(block, 0..4).prop_map(|mut files| {
        // A parsed note has each path once.
        let mut seen = std::collections::BTreeSet::new();
        files.retain(|file: &FileBlock| seen.insert(file.path.clone()));
        let mut metadata = note("1.6.3", "").metadata;
        metadata.prompts.remove("abcdef0");
        Note { files, metadata }
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
        let _ = legacy::parse(&bytes);
        let _ = merge(&bytes, &declaration(range(1, 1)), "0");
    }

    #[test]
    fn arbitrary_heads_never_panic(head in "[ \"\\-\n,0-9a-fsht_:]{0,80}") {
        let text = format!("{head}\n---\n{META}");
        if let Ok(note) = parse(text.as_bytes()) {
            for block in &note.files {
                resolve_file(&note, block, &NoForeignPrompts);
            }
        }
    }

    #[test]
    fn what_is_written_reads_back_and_writes_the_same(note in any_note()) {
        let written = note.write("0123");
        let read = parse(&written).unwrap();
        prop_assert_eq!(&read.metadata, &note.metadata);
        prop_assert_eq!(read.write("0123"), written);
    }

    #[test]
    fn resolution_agrees_with_trying_each_line_from_the_last_entry(note in any_note()) {
        for block in &note.files {
            let resolved = resolve_file(&note, block, &NoForeignPrompts);
            for line in 1..80 {
                let slow = block.entries.iter().rev().find_map(|entry| {
                    let covers = entry.ranges.iter().any(|r| r.first <= line && line <= r.last);
                    match resolve_key(&note, &entry.key, &NoForeignPrompts) {
                        KeyResolution::Known(known) if covers => Some(known),
                        _ => None,
                    }
                });
                prop_assert_eq!(resolved.line(line).copied(), slow);
            }
        }
    }
}
