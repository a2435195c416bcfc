//! Every row of the tables against its examples and counterexamples, and every trap that is known.

use proptest::prelude::*;

use super::identity::{IDENTITIES, split};
use super::*;
use crate::tools;

fn commit<'a>(author: &'a str, message: &'a str) -> CommitText<'a> {
    let author = split(author.as_bytes());
    CommitText {
        author,
        committer: author,
        message: message.as_bytes(),
        time: 1_767_225_600,
    }
}

const PERSON: &str = "Jane Doe <jane@example.org>";

fn show(signs: &[Sign]) -> Vec<String> {
    signs
        .iter()
        .map(|sign| {
            let model = sign
                .model
                .as_ref()
                .map(|m| format!(" [{m}]"))
                .unwrap_or_default();
            let partial = if sign.partial { " partial" } else { "" };
            let session = if sign.session.is_some() {
                " session"
            } else {
                ""
            };
            format!(
                "{}{model} {:?} {:?} {} {:?}{partial}{session}",
                sign.tool, sign.class, sign.confidence, sign.source, sign.role
            )
        })
        .collect()
}

fn of(author: &str, message: &str) -> Vec<String> {
    show(&signs(&commit(author, message)))
}

#[test]
fn every_identity_row_loads_matches_its_examples_and_spares_its_counterexamples() {
    let table: identity::Table = toml::from_str(identity::SOURCE).unwrap();
    for row in &table.identity {
        assert!(
            tools::known(&row.tool).is_some(),
            "{} is not in tools.toml",
            row.tool
        );
        assert!(
            !row.examples.is_empty() && !row.counterexamples.is_empty(),
            "{}",
            row.tool
        );
        for example in &row.examples {
            let found = IDENTITIES.find(&split(example.as_bytes()));
            let found = found.map(|found| (&found.tool, found.class, found.confidence, found.part));
            assert_eq!(
                found,
                Some((&row.tool, row.class, row.confidence, row.part)),
                "{example}"
            );
        }
        for example in &row.counterexamples {
            let found = IDENTITIES.find(&split(example.as_bytes()));
            assert!(found.is_none(), "{example} is taken for {}", row.tool);
        }
    }
}

#[test]
fn every_automation_row_loads_matches_its_examples_and_spares_its_counterexamples() {
    let table: automation::Table = toml::from_str(automation::SOURCE).unwrap();
    for row in &table.automation {
        assert!(
            !row.examples.is_empty() && !row.counterexamples.is_empty(),
            "{}",
            row.name
        );
        for example in &row.examples {
            let name = match automation(&split(example.as_bytes())) {
                Some(
                    Automation::DependencyBot(name)
                    | Automation::CiBot(name)
                    | Automation::ReviewBot(name),
                ) => name,
                other => panic!("{example}: {other:?}"),
            };
            assert_eq!(name, &*row.name, "{example}");
        }
        for example in &row.counterexamples {
            let found = automation(&split(example.as_bytes()));
            assert!(
                matches!(found, None | Some(Automation::OtherBot)),
                "{example}: {found:?}"
            );
        }
    }
}

#[test]
fn every_message_row_loads_matches_its_examples_and_spares_its_counterexamples() {
    let table: signs::Table = toml::from_str(signs::SOURCE).unwrap();
    let check = |examples: &[Box<str>], counterexamples: &[Box<str>]| {
        assert!(
            !examples.is_empty() && !counterexamples.is_empty(),
            "{examples:?}"
        );
        for example in examples {
            let found = of(PERSON, &format!("subject\n\nbody\n{example}\n\nmore"));
            assert!(!found.is_empty(), "{example} gives no sign");
        }
        for example in counterexamples {
            let found = of(PERSON, &format!("subject\n\nbody\n{example}\n\nmore"));
            assert!(found.is_empty(), "{example} gives {found:?}");
        }
    };
    for row in &table.trailer {
        check(&row.examples, &row.counterexamples);
    }
    for row in &table.line {
        check(&row.examples, &row.counterexamples);
    }
}

#[test]
fn every_branch_row_loads_matches_its_examples_and_spares_its_counterexamples() {
    let table: signs::Table = toml::from_str(signs::SOURCE).unwrap();
    for row in &table.branch {
        for example in &row.examples {
            let found = branch_signs(example.as_bytes());
            assert_eq!(
                found.first().map(|sign| sign.tool.as_str()),
                Some(&*row.tool),
                "{example}"
            );
            assert_eq!(found[0].class, EvidenceClass::Hint);
        }
        for example in &row.counterexamples {
            assert!(branch_signs(example.as_bytes()).is_empty(), "{example}");
        }
    }
}

#[test]
fn the_model_is_read_out_of_the_name() {
    let message = "s\n\nCo-Authored-By: Claude Opus 4.6 (1M context) <noreply@anthropic.com>\n\
        Co-Authored-By: Claude Code 2.1.133 / Claude Opus 4.7 (1M context) <noreply@anthropic.com>\n\
        Co-Authored-By: Claude (claude-opus-4-6) <noreply@anthropic.com>\n\
        Co-Authored-By: Claude Fable 5 <noreply@anthropic.com>\n\
        Co-authored-by: Claude <noreply@anthropic.com>\n\
        Co-authored-by: OpenAI GPT 5.5 <noreply@openai.com>\n\
        Co-authored-by: aider (openrouter/anthropic/claude-3.5-sonnet) <noreply@aider.chat>";
    insta::assert_snapshot!(of(PERSON, message).join("\n"), @r"
    claude [claude-opus-4-6] Identity High Co-authored-by CoAuthor
    claude [claude-opus-4-7] Identity High Co-authored-by CoAuthor
    claude [claude-fable-5] Identity High Co-authored-by CoAuthor
    claude Identity High Co-authored-by CoAuthor
    codex [gpt-5.5] Identity High Co-authored-by CoAuthor
    aider [claude-3-5-sonnet] Convention High Co-authored-by CoAuthor
    ");
}

/// Looking for the end of the paragraph from each line anew took minutes for this one.
#[test]
fn a_message_of_very_many_trailers_is_read_line_by_line() {
    let trailers = "Co-authored-by: Claude <noreply@anthropic.com>\n".repeat(200_000);
    let found = of("Ann <ann@example.org>", &format!("add\n\n{trailers}"));
    assert_eq!(found.len(), 1, "{found:?}");
    let sessions: Vec<String> = (0..2_000)
        .map(|nth| format!("Claude-Session: https://claude.ai/code/session_{nth:020}"))
        .collect();
    let sessions = sessions.join("\n");
    let found = of("Ann <ann@example.org>", &format!("add\n\n{sessions}"));
    assert_eq!(found.len(), 1_000);
}

#[test]
fn trailers_in_the_middle_of_a_squash_message_count() {
    let message = "Add thing (#12)\n\n* first\n\nCo-authored-by: Codex <noreply@openai.com>\n\n* second\n\n---------\n\nCo-authored-by: Jane <j@example.org>";
    assert_eq!(
        of(PERSON, message),
        ["codex Identity High Co-authored-by CoAuthor"]
    );
}

#[test]
fn disclosures_are_read_with_agent_and_model() {
    let message = "s\n\nAssisted-by: Claude:claude-3-opus coccinelle sparse\nGenerated-by: ChatGPTv5\nMade-with: Cursor";
    insta::assert_snapshot!(of(PERSON, message).join("\n"), @r"
    claude [claude-3-opus] Convention Medium Assisted-by Disclosure
    chatgpt Convention Medium Generated-by Disclosure
    cursor Convention Medium Made-with Disclosure
    ");
}

#[test]
fn a_bare_flag_beside_a_named_tool_is_the_same_witness() {
    let both = "s\n\nCo-authored-by: Claude <noreply@anthropic.com>\nAi-assisted: true";
    assert_eq!(
        of(PERSON, both),
        ["claude Identity High Co-authored-by CoAuthor"]
    );
    assert_eq!(
        of(PERSON, "s\n\nAi-assisted: true"),
        ["unspecified Convention Medium AI-assisted Disclosure"]
    );
}

#[test]
fn the_stamp_of_an_editor_never_stands_alone() {
    let message = "s\n\nCo-authored-by: Copilot <copilot@github.com>";
    for (time, source) in [
        (1_775_001_600, "Co-authored-by (editor default)"),
        (1_782_863_999, "Co-authored-by (editor default)"),
        (1_782_864_000, "Co-authored-by"),
    ] {
        let found = signs(&CommitText {
            time,
            ..commit(PERSON, message)
        });
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].confidence, found[0].source),
            (Confidence::Low, source)
        );
        assert_eq!(found[0].class, EvidenceClass::Hint);
        assert!(!found[0].stands_alone());
    }
}

#[test]
fn people_who_work_for_a_vendor_are_people() {
    for name in [
        "A B <ab@openai.com>",
        "A B <a@anthropic.com>",
        "A B <ab@cursor.com>",
        "A B <ab@devin.ai>",
        "A B <ab@google.com>",
    ] {
        assert_eq!(
            of(name, &format!("s\n\nCo-authored-by: {name}")),
            [""; 0],
            "{name}"
        );
        assert_eq!(automation(&split(name.as_bytes())), None, "{name}");
    }
}

#[test]
fn shared_addresses_need_the_name() {
    assert_eq!(of("GitHub <noreply@github.com>", "s"), [""; 0]);
    assert_eq!(of("Somebody <noreply@amazon.com>", "s"), [""; 0]);
    assert_eq!(
        of("Amazon Q Developer <noreply@amazon.com>", "s"),
        ["amazon-q Convention Medium author Author"]
    );
}

#[test]
fn prose_about_ai_is_no_sign() {
    for text in [
        "the numbers were generated with Claude -- see below",
        "Support aider, codex-cli and cursor",
        "the <!--cursor--> marker",
        "[Cursor] moves",
        "see devin.ai and app.devin.ai/review",
        "Fix Co-authored-by: Claude <noreply@anthropic.com> parsing",
        "Claude: a new theme",
        "docs: add AGENTS.md for Claude Code",
        "\"Co-authored-by: Claude <noreply@anthropic.com>\"",
    ] {
        assert_eq!(
            of(PERSON, &format!("{text}\n\n{text}\n\n{text}")),
            [""; 0],
            "{text}"
        );
    }
}

#[test]
fn who_only_carried_a_commit_of_a_person_over_did_not_write_it() {
    let identity = |name, email| Identity { name, email };
    let of = |author, committer| {
        let commit = CommitText {
            author,
            committer,
            message: b"Add a parser",
            time: 0,
        };
        let stands = signs(&commit).iter().map(Sign::stands_alone).collect();
        let stands: Vec<bool> = stands;
        stands
    };
    let ada = identity(b"Ada", b"ada@example.org");
    for (name, email) in [
        (
            &b"devin-ai-integration[bot]"[..],
            &b"158243242+devin-ai-integration[bot]@users.noreply.github.com"[..],
        ),
        (b"Claude", b"noreply@anthropic.com"),
        (b"Cursor Agent", b"cursoragent@cursor.com"),
    ] {
        assert_eq!(of(ada, identity(name, email)), [false]);
        assert_eq!(
            of(identity(name, email), ada),
            [true],
            "the author wrote it"
        );
    }
    assert_eq!(
        of(ada, identity(b"Ada (aider)", b"ada@example.org")),
        [true]
    );
}

#[test]
fn quoted_trailers_do_not_count() {
    let message = "Parse trailers\n\n    Co-authored-by: Claude <noreply@anthropic.com>\n\n```\nCo-authored-by: Codex <noreply@openai.com>\n```\n\nlast";
    assert_eq!(of(PERSON, message), [""; 0]);
}

#[test]
fn an_open_fence_does_not_swallow_the_closing_trailers() {
    let message = "s\n\n```\ncode\n\nCo-authored-by: Codex <noreply@openai.com>";
    assert_eq!(of(PERSON, message).len(), 1);
}

#[test]
fn release_notes_quoted_by_a_dependency_bot_do_not_count() {
    let bot = "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>";
    let message = "Bump x\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n\nSigned-off-by: dependabot[bot] <support@github.com>";
    assert_eq!(of(bot, message), [""; 0]);
    assert_eq!(of(PERSON, message).len(), 1);
}

#[test]
fn reviewers_are_not_authors_unless_they_are_the_author() {
    let rabbit = "coderabbitai[bot] <136622811+coderabbitai[bot]@users.noreply.github.com>";
    assert_eq!(
        of(PERSON, &format!("s\n\nCo-authored-by: {rabbit}")),
        ["coderabbit Identity High Co-authored-by Reviewer"]
    );
    assert_eq!(of(rabbit, "s"), ["coderabbit Identity High author Author"]);
    let gemini =
        "gemini-code-assist[bot] <176961590+gemini-code-assist[bot]@users.noreply.github.com>";
    let found = signs(&commit(
        PERSON,
        "s\n\nReviewed-by: Claude <noreply@anthropic.com>",
    ));
    assert!(
        found
            .iter()
            .all(|sign| sign.role == Role::Reviewer && !sign.stands_alone())
    );
    assert_eq!(
        of(PERSON, &format!("s\n\nCo-authored-by: {gemini}"))[0],
        "gemini Convention Medium Co-authored-by Reviewer"
    );
}

#[test]
fn an_accepted_review_suggestion_marks_few_lines() {
    assert_eq!(
        of(
            PERSON,
            "s\n\nCo-authored-by: Copilot <175728472+Copilot@users.noreply.github.com>"
        ),
        ["github-copilot Identity High Co-authored-by CoAuthor partial"]
    );
    assert_eq!(
        of(
            PERSON,
            "s\n\nCo-authored-by: Copilot <223556219+Copilot@users.noreply.github.com>"
        ),
        ["github-copilot Identity High Co-authored-by CoAuthor"]
    );
}

#[test]
fn a_session_is_keyed_as_a_note_keys_it_and_its_link_is_not_kept() {
    let found = signs(&commit(
        PERSON,
        "s\n\nClaude-Session: https://claude.ai/code/session_01Ab",
    ));
    let key = crate::note::session_key("claude", "session_01Ab");
    assert_eq!(found[0].session.as_ref().unwrap().as_str(), key);
    let bare = signs(&commit(PERSON, "s\n\nhttps://claude.ai/code/session_01Ab"));
    assert_eq!(bare[0].session, found[0].session);
}

#[test]
fn aider_is_known_by_its_names_and_its_subject() {
    insta::assert_snapshot!(
        [of("Jane Doe (aider) <jane@example.org>", "s"), of(PERSON, "aider: add thing")].concat().join("\n"),
        @r"
    aider Convention High author Author
    aider Convention High subject Author
    "
    );
}

#[test]
fn trailers_of_entire_io_are_one_witness() {
    let message = "s\n\nEntire-Checkpoint: a3b2c4d5e6f7\nEntire-Agent: Claude Code\nEntire-Attribution: 73% agent (146/200 lines)";
    assert_eq!(
        of(PERSON, message),
        ["claude Checkpoint High Entire-Checkpoint CoAuthor"]
    );
    assert_eq!(
        of(PERSON, "s\n\nEntire-Attribution: 0% agent (0/20 lines)"),
        [""; 0]
    );
    // Others wrote most of it: no author of the whole.
    for share in ["0% agent (0/20 lines)", "10% agent (2/20 lines)"] {
        let message = format!("s\n\nEntire-Checkpoint: a3b2c4d5e6f7\nEntire-Attribution: {share}");
        assert_eq!(
            of(PERSON, &message),
            ["unspecified Checkpoint Low Entire-Checkpoint CoAuthor"]
        );
    }
}

#[test]
fn sentences_and_examples_about_signatures_are_none() {
    for message in [
        "s\n\nGenerated with Claude Code lines are gone.",
        "s\n\n```\nCo-Authored-By: Claude <noreply@anthropic.com>\n```",
    ] {
        assert_eq!(of(PERSON, message), [""; 0], "{message}");
    }
    // A fence that nothing closes hides no trailer.
    let open = "s\n\n```\nx\n\nCo-Authored-By: Claude <noreply@anthropic.com>";
    assert_eq!(of(PERSON, open).len(), 1);
}

#[test]
fn commits_that_git_folded_into_one_are_read_with_their_authors() {
    let list = "Squashed commit of the following:\n\n\
        commit 0123456789012345678901234567890123456789\n\
        Author: Devin AI <158243242+devin-ai-integration[bot]@users.noreply.github.com>\n\
        Date:   Mon Nov 2 10:00:00 2026 +0000\n\n    feat\n    \n    ```\n    open\n\n\
        commit abcdefabcdefabcdefabcdefabcdefabcdefabcd\nMerge: 1234567 89abcde\n\
        Author: Jane Doe <jane@example.org>\nDate:   Sun Nov 1 10:00:00 2026 +0000\n\n    fix\n    \n\
        \x20   Co-Authored-By: Claude <noreply@anthropic.com>\n";
    let both = [
        "devin Identity High author of a squashed commit CoAuthor",
        "claude Identity High Co-authored-by CoAuthor",
    ];
    assert_eq!(of(PERSON, list), both);
    let titled = format!("Add the reader\n\nIt was slow.\n\n{list}");
    assert_eq!(of(PERSON, &titled), both);
    let ids: Vec<&[u8]> = folded(titled.as_bytes()).iter().map(|f| f.id).collect();
    assert_eq!(
        ids,
        [
            &b"0123456789012345678901234567890123456789"[..],
            b"abcdefabcdefabcdefabcdefabcdefabcdefabcd"
        ]
    );
    for none in [
        "Squashed commit of the following:\n\n* feat\n",
        "s\n\ncommit 0123456789012345678901234567890123456789",
        "Read `Squashed commit of the following:`\n\ncommit 0123456789012345678901234567890123456789",
    ] {
        assert_eq!(folded(none.as_bytes()), [], "{none}");
    }
}

#[test]
fn bots_are_not_persons_and_surnames_are_not_bots() {
    let other = |text: &str| automation(&split(text.as_bytes()));
    assert_eq!(other("typeshedbot <>"), None);
    assert_eq!(
        other("my-release-bot <x@example.org>"),
        Some(Automation::OtherBot)
    );
    assert_eq!(
        other("some[bot] <1+some[bot]@users.noreply.github.com>"),
        Some(Automation::OtherBot)
    );
    assert_eq!(other("Anna Botha <botha@example.org>"), None);
    assert_eq!(other("Abbot <abbot@example.org>"), None);
    assert_eq!(
        other(
            "devin-ai-integration[bot] <158243242+devin-ai-integration[bot]@users.noreply.github.com>"
        ),
        None
    );
}

#[test]
fn review_is_seen_only_in_somebody_else() {
    let review = |message: &str| review_signs(&commit(PERSON, message));
    assert!(!review("s\n\nReviewed-by: Jane Doe <jane@example.org>").is_reviewed());
    assert!(!review("s\n\nReviewed-by: Claude <noreply@anthropic.com>").is_reviewed());
    assert!(!review("s\n\nTested-by: some[bot] <b@example.org>").is_reviewed());
    assert!(!review("s (#1a)\n\nsee (#12)").is_reviewed());
    insta::assert_debug_snapshot!(
        [
            review("s (#123)\n\nReviewed-by: John <john@example.org>\nacked-by: Ann <a@example.org>"),
            review("Merge pull request #7 from x/y"),
            review("s\n\nSee merge request group/project!45"),
            review("s\n\nDifferential Revision: https://example.org/D1\nReviewed-on: https://example.org/c/1"),
        ]
        .map(|evidence| (evidence.signs, evidence.request)),
        @r#"
    [
        (
            [
                Trailer(
                    "Acked-by",
                ),
                Trailer(
                    "Reviewed-by",
                ),
                SquashMerge,
            ],
            Some(
                123,
            ),
        ),
        (
            [
                PullRequestMerge,
            ],
            Some(
                7,
            ),
        ),
        (
            [
                MergeRequest,
            ],
            Some(
                45,
            ),
        ),
        (
            [
                DifferentialRevision,
                ReviewedOn,
            ],
            None,
        ),
    ]
    "#
    );
}

#[test]
fn a_sentence_that_goes_over_a_line_signs_nothing() {
    let none: [&str; 0] = [];
    for told in [
        "s\n\nWe do not want\nGenerated by Claude\nin any message",
        "s\n\nGenerated by Copilot\nand nobody else, they say",
        "s\n\n🤖 Generated with [Claude Code](https://claude.com/claude-code)\nis the footer that we drop",
        "s\n\n🤖 Generated with [Claude Code](https://claude.com/claude-code) must not appear again.",
        "s\n\n🤖 Generated with [opencode](https://opencode.ai) lines are gone",
        "s\n\nhttps://cursor.com/agents/bc-1\nis where it was found",
        "s\n\nGenerated by Claude is banned",
        "s\n\nThe hook drops the footer:\n\nCo-authored-by: Claude <noreply@anthropic.com>\n\nNothing else changes.",
    ] {
        assert_eq!(of(PERSON, told), none, "{told}");
    }
    for signed in [
        "s\n\nGenerated by Claude",
        "s\n\nGenerated by Claude\nand reviewed by Ann",
        "s\n\nGenerated by Claude, edited by hand",
        "s\n\nGenerated by Claude\nsigned-off-by: Ann <ann@example.org>",
        "s\n\n🤖 Generated with [Claude Code](https://claude.ai/code)\nvia [Happy](https://happy.engineering)",
        "s\n\n🤖 Generated with aider.",
        "s\nGenerated by Claude",
        "s\n\nIt was slow\nGenerated by Claude",
        "s\n\n- add x\n- fix y\nGenerated by Claude",
        "s\n\nReviewed-by: Ann <ann@example.org>\nGenerated by Claude\n\nSee #12.",
        // `git rebase --interactive` puts messages one after the other.
        "fix typo\n\nCo-authored-by: Claude <noreply@anthropic.com>\n\nfix again",
        "What it does:\n\nCo-authored-by: Claude <noreply@anthropic.com>",
    ] {
        assert_eq!(of(PERSON, signed).len(), 1, "{signed}");
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics_and_gives_the_same_signs_twice(
        name in proptest::collection::vec(any::<u8>(), 0..40),
        message in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let identity = Identity { name: &name, email: &name };
        let commit = CommitText { author: identity, committer: Identity::default(), message: &message, time: 0 };
        prop_assert_eq!(signs(&commit), signs(&commit));
        let _ = review_signs(&commit);
        let _ = branch_signs(&message);
        let _ = automation(&identity);
    }

    #[test]
    fn trailer_like_text_never_panics(lines in proptest::collection::vec("(Co-authored-by|Assisted-by|AI-assisted|Claude-Session|Entire-Checkpoint|🤖 Generated with)?:? ?.{0,30}", 0..6)) {
        let message = lines.join("\n");
        let _ = signs(&commit(PERSON, &message));
    }
}
