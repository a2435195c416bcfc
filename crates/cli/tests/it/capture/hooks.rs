//! One call at a time: what a hook records, and what it must not.

use serde_json::json;

use super::world::{CLAUDE, CODEX, COPILOT, CURSOR, Clone, OPENCODE, TOOLS, Writer};

#[test]
fn every_tool_s_edits_become_a_note() {
    for tool in TOOLS {
        let clone = Clone::new();
        clone.person("app.py", 0, 4);
        clone.commit("by hand");
        clone.agent(tool, "app.py", 2, 3);
        clone.agent(tool, "new.py", 0, 2);
        clone.commit("by an agent");
        let compared = clone.assert_whole();
        assert_eq!((compared.ai, compared.kept), (5, 5), "{tool:?}");
    }
}

#[test]
fn a_persons_edit_before_an_agents_is_hers_and_one_after_it_is_unknown() {
    let clone = Clone::new();
    clone.agent(CLAUDE, "app.py", 0, 3);
    clone.commit("base");
    clone.agent(CLAUDE, "app.py", 3, 1);
    clone.person("app.py", 0, 2);
    clone.agent(CLAUDE, "app.py", 6, 1);
    clone.person("app.py", 1, 1);
    clone.commit("both");
    let compared = clone.assert_whole();
    assert_eq!((compared.ai, compared.people), (5, 2));
}

#[test]
fn what_a_person_types_while_a_call_is_open_is_not_the_agents() {
    let clone = Clone::new();
    clone.person("app.py", 0, 3);
    clone.commit("base");
    let before = clone.read("app.py");
    let after = before.clone() + &clone.lines(Writer::Ai("claude"), 2);
    let hers = clone.lines(Writer::Person, 1);
    let both = hers + &after;
    clone.agent_writes(CLAUDE, "app.py", &after, || clone.write("app.py", &both));
    clone.commit("both");
    let compared = clone.assert_whole();
    assert_eq!((compared.ai, compared.people), (2, 0));
}

#[test]
fn what_git_brings_into_a_file_is_nobodys() {
    let clone = Clone::new();
    clone.person("app.py", 0, 3);
    clone.commit("base");
    clone.agent(CLAUDE, "app.py", 1, 1);
    clone.commit("agent");
    clone.git(&["checkout", "--quiet", "-b", "side"]);
    clone.agent(CODEX, "side.py", 0, 3);
    clone.commit("side");
    clone.git(&["checkout", "--quiet", "main"]);
    clone.git(&["checkout", "side", "--", "side.py"]);
    clone.agent(CLAUDE, "side.py", 3, 1);
    clone.commit("takes a file of another branch");
    let compared = clone.compare();
    assert!(compared.wrong.is_empty(), "{:?}", compared.wrong);
    assert_eq!(compared.people, 0);
}

#[test]
fn shell_commands_are_seen_by_what_they_change() {
    let clone = Clone::new();
    clone.person("app.py", 0, 3);
    clone.person("dirty.py", 0, 2);
    clone.commit("base");
    clone.person("dirty.py", 1, 1);
    clone.command(CLAUDE, "python gen.py && sed -i s/a/b/ app.py", || {
        let new = clone.lines(Writer::Ai("claude"), 2);
        clone.write("app.py", &(clone.read("app.py") + &new));
        clone.write("deep/new.py", &clone.lines(Writer::Ai("claude"), 3));
        clone.write(
            "dirty.py",
            &(clone.read("dirty.py") + &clone.lines(Writer::Ai("claude"), 1)),
        );
    });
    clone.commit("by a command");
    let compared = clone.assert_whole();
    assert_eq!(compared.ai, 6);
}

/// More files than a hook looks at before it answers, in folders that are written one after the other.
fn large() -> Clone {
    let clone = Clone::new();
    for folder in 0..40 {
        for file in 0..30 {
            clone.write(&format!("f{folder:02}/m{file}.py"), "pass\n");
        }
    }
    clone.commit("base");
    clone
}

/// Waits until no child of a hook is at work.
fn until_looked(clone: &Clone) {
    let rest = clone.path().join(".git/trueline/capture/rest");
    let at_work = || {
        std::fs::read_dir(&rest).unwrap().flatten().any(|entry| {
            let path = entry.path();
            path.extension().is_some_and(|end| end == "task")
        })
    };
    for _ in 0..3_000 {
        if !at_work() {
            // Past a tick of the clock of files.
            std::thread::sleep(std::time::Duration::from_millis(30));
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("a child that does not end");
}

#[test]
fn in_a_large_repository_a_child_looks_at_what_changed_long_ago() {
    let clone = large();
    clone.person("f01/m3.py", 1, 1);
    std::thread::sleep(std::time::Duration::from_millis(30));
    clone.command(CLAUDE, "python gen.py", || {
        until_looked(&clone);
        for file in [
            "f00/m0.py",
            "f01/m3.py",
            "f39/m0.py",
            "f02/new.py",
            "g/new.py",
        ] {
            let new = clone.lines(Writer::Ai("claude"), 2);
            clone.write(file, &(clone.read(file) + &new));
        }
        std::thread::sleep(std::time::Duration::from_millis(30));
    });
    clone.commit("by a command");
    let compared = clone.assert_whole();
    assert_eq!((compared.ai, compared.people), (10, 1));
    let left = clone.path().join(".git/trueline/capture/rest");
    assert_eq!(std::fs::read_dir(left).unwrap().count(), 0);
}

#[test]
fn in_a_large_repository_a_command_that_is_faster_than_the_child_names_nobody_wrongly() {
    let clone = large();
    for file in ["f00/m0.py", "f01/m3.py", "f39/m0.py"] {
        clone.person(file, 1, 2);
    }
    clone.command(CLAUDE, "python gen.py", || {
        for file in ["f00/m0.py", "f01/m3.py", "f39/m0.py", "f02/new.py"] {
            let new = clone.lines(Writer::Ai("claude"), 2);
            clone.write(file, &(clone.read(file) + &new));
        }
    });
    // And a person who is faster than the next.
    for file in ["f00/m0.py", "f01/m3.py", "f02/new.py"] {
        clone.person(file, 0, 1);
    }
    clone.agent(CLAUDE, "f00/m0.py", 0, 1);
    clone.commit("in a hurry");
    let compared = clone.compare();
    assert!(compared.wrong.is_empty(), "{:#?}", compared.wrong);
    // What changed last was looked at before the hook answered.
    let lost = compared.lost.iter().filter(|line| line.starts_with("f39/"));
    assert_eq!(lost.count(), 0, "{:#?}", compared.lost);
}

#[test]
fn what_a_command_copies_keeps_its_writers() {
    let clone = Clone::new();
    clone.person("app.py", 0, 6);
    clone.person("src/a/old.py", 0, 4);
    clone.commit("by hand");
    clone.agent(CODEX, "src/a/gen.py", 0, 5);
    clone.commit("by another agent");
    clone.person("draft.py", 0, 4);
    clone.command(CLAUDE, "cp app.py lib/copy.py && cp -r src/a src/b", || {
        clone.write("lib/copy.py", &clone.read("app.py"));
        for file in ["old.py", "gen.py"] {
            clone.write(
                &format!("src/b/{file}"),
                &clone.read(&format!("src/a/{file}")),
            );
        }
    });
    // One more, with lines of the agent's own.
    clone.command(CLAUDE, "cp draft.py final.py && python extend.py", || {
        let own = clone.lines(Writer::Ai("claude"), 2);
        clone.write("final.py", &(clone.read("draft.py") + &own));
    });
    let head = clone.commit("copied");
    let compared = clone.assert_whole();
    assert_eq!((compared.ai, compared.kept), (12, 12), "{compared:?}");
    assert!(!clone.note(&head).contains("lib/copy.py"));
}

#[test]
fn what_a_command_takes_out_of_history_is_nobodys() {
    let clone = Clone::new();
    clone.person("app.py", 0, 6);
    clone.commit("by hand");
    let text = clone.read("app.py");
    clone.command(CLAUDE, "git show HEAD:app.py > old.py", || {
        clone.write("old.py", &text);
    });
    clone.commit("old");
    let compared = clone.compare();
    assert!(compared.wrong.is_empty(), "{:?}", compared.wrong);
}

#[test]
fn a_command_that_lets_git_bring_lines_back_is_credited_with_nothing() {
    let clone = Clone::new();
    clone.person("app.py", 0, 2);
    clone.commit("base");
    clone.person("app.py", 1, 2);
    clone.git(&["stash", "--quiet"]);
    clone.command(CLAUDE, "git stash pop", || {
        clone.git(&["stash", "pop", "--quiet"]);
    });
    clone.commit("popped");
    assert_eq!(clone.assert_whole().people, 0);
}

#[test]
fn hooks_that_fire_twice_count_once() {
    let clone = Clone::new();
    clone.agent(CLAUDE, "app.py", 0, 2);
    let payload = json!({
        "session_id": "claude-session", "cwd": clone.path(), "hook_event_name": "PostToolUse",
        "tool_name": "Write", "tool_use_id": "call-1",
        "tool_input": {"file_path": clone.path().join("app.py"), "content": clone.read("app.py")},
    });
    clone.hook(CLAUDE, &payload);
    // Cursor runs Claude's hooks as well.
    let mut as_cursor = payload.clone();
    as_cursor["cursor_version"] = json!("2.4.1");
    clone.hook(CLAUDE, &as_cursor);
    // An agent that tells of a write nobody saw begin is credited with nothing.
    clone.hook(
        CODEX,
        &json!({
            "session_id": "codex-session", "cwd": clone.path(), "hook_event_name": "PostToolUse",
            "tool_name": "apply_patch", "tool_use_id": "other",
            "tool_input": {"command": "*** Begin Patch\n*** Update File: app.py\n*** End Patch\n"},
        }),
    );
    let head = clone.commit("once");
    assert_eq!(clone.assert_whole().ai, 2);
    assert!(!clone.note(&head).contains("codex"));
}

#[test]
fn a_report_that_comes_before_the_file_is_on_the_disk_still_counts() {
    let clone = Clone::new();
    clone.person("app.py", 0, 2);
    clone.commit("base");
    let (old, new) = (
        clone.read("app.py"),
        clone.lines(Writer::Ai("github-copilot"), 2),
    );
    let first = old.lines().next().unwrap();
    let payload = |event: &str| {
        json!({
            "session_id": "vs", "cwd": clone.path(), "hook_event_name": event,
            "transcript_path": "/home/x/.config/Code/User/workspaceStorage/1/github.copilot-chat/t.json",
            "tool_name": "replace_string_in_file", "tool_use_id": "c1",
            "tool_input": {"filePath": clone.path().join("app.py"), "oldString": first,
                "newString": format!("{first}\n{}", new.trim_end())},
        })
    };
    clone.hook(COPILOT, &payload("PreToolUse"));
    clone.hook(COPILOT, &payload("PostToolUse"));
    clone.write(
        "app.py",
        &old.replacen(first, &format!("{first}\n{}", new.trim_end()), 1),
    );
    clone.commit("early");
    let compared = clone.assert_whole();
    assert_eq!(compared.kept, 2);
}

#[test]
fn cursors_old_event_alone_is_worked_out_from_the_texts() {
    let clone = Clone::new();
    clone.person("app.py", 0, 3);
    clone.commit("base");
    let mid = clone.read("app.py").lines().nth(1).unwrap().to_owned();
    clone.person("app.py", 3, 1);
    let new = clone.lines(Writer::Ai("cursor"), 2);
    let new = format!("{mid}\n{}", new.trim_end());
    clone.write("app.py", &clone.read("app.py").replacen(&mid, &new, 1));
    clone.hook(
        CURSOR,
        &json!({
            "conversation_id": "c", "hook_event_name": "afterFileEdit", "cursor_version": "1.7.0",
            "workspace_roots": [clone.path()], "model": "gpt-5",
            "file_path": clone.path().join("app.py"),
            "edits": [{"old_string": mid, "new_string": new}],
        }),
    );
    clone.commit("tab");
    let compared = clone.assert_whole();
    assert_eq!((compared.ai, compared.people), (2, 0));
}

/// What Cursor tells of a command, by the name of the event.
fn cursors(clone: &Clone, event: &str, command: &str) -> serde_json::Value {
    let mut payload = json!({
        "conversation_id": "c", "generation_id": "g", "model": "gpt-5.2", "cursor_version": "2.4.21",
        "workspace_roots": [clone.path()], "hook_event_name": event,
    });
    let more = if event.ends_with("ToolUse") {
        json!({"tool_name": "Shell", "tool_use_id": "u3", "tool_input": {"command": command}})
    } else {
        json!({"command": command, "cwd": clone.path()})
    };
    for (name, value) in more.as_object().unwrap() {
        payload[name] = value.clone();
    }
    payload
}

#[test]
fn a_command_that_cursor_tells_by_two_kinds_of_events_counts_once() {
    let (pre, before, after, post) = (
        "preToolUse",
        "beforeShellExecution",
        "afterShellExecution",
        "postToolUse",
    );
    for (first, then) in [
        (vec![pre, before], vec![after, post]),
        (vec![before, pre], vec![post, after]),
        (vec![pre], vec![post]),
        (vec![before], vec![after]),
        (vec![pre, before], vec![post]),
        (vec![pre, before], vec![after]),
    ] {
        let clone = Clone::new();
        for event in &first {
            clone.hook(CURSOR, &cursors(&clone, event, "python gen.py"));
        }
        clone.write("app.py", &clone.lines(Writer::Ai("cursor"), 3));
        for event in &then {
            clone.hook(CURSOR, &cursors(&clone, event, "python gen.py"));
        }
        clone.person("app.py", 3, 1);
        clone.commit("by a command");
        let compared = clone.assert_whole();
        assert_eq!((compared.ai, compared.people), (3, 0), "{first:?} {then:?}");
    }
}

/// What Claude Code tells of a call.
fn claudes(clone: &Clone, event: &str, tool: &str, input: &serde_json::Value) -> serde_json::Value {
    json!({
        "session_id": "claude-session", "cwd": clone.path(), "hook_event_name": event, "tool_name": tool,
        "tool_use_id": "followed-by-nobody", "tool_input": input,
    })
}

#[test]
fn what_a_call_that_cannot_be_followed_writes_is_nobodys() {
    let file = |clone: &Clone| clone.path().join("app.py");
    let (mcp, unknown) = (json!({"content": "?"}), json!({"new_text": "?"}));
    // A known tool whose arguments have other names than they had.
    let changed = json!({"target": "app.py", "text": "?"});
    for (tool, input, told_after, then_ended) in [
        ("mcp__filesystem__write_file", &mcp, true, false),
        ("mcp__filesystem__write_file", &mcp, false, false),
        ("mcp__filesystem__write_file", &mcp, false, true),
        ("SmartEdit", &unknown, true, false),
        ("SmartEdit", &unknown, false, false),
        ("SmartEdit", &unknown, false, true),
        ("Edit", &changed, true, false),
    ] {
        let clone = Clone::new();
        clone.person("app.py", 0, 1);
        clone.commit("base");
        clone.agent(CLAUDE, "app.py", 1, 1);
        // Hers is seen before the call.
        clone.person("app.py", 0, 1);
        let mut input = input.clone();
        if tool != "Edit" {
            input["path"] = json!(file(&clone));
        }
        clone.hook(CLAUDE, &claudes(&clone, "PreToolUse", tool, &input));
        let by_it = clone.lines(Writer::Ai("claude"), 3);
        clone.write("app.py", &(clone.read("app.py") + &by_it));
        if told_after {
            clone.hook(CLAUDE, &claudes(&clone, "PostToolUse", tool, &input));
        }
        if then_ended {
            clone.hook(
                CLAUDE,
                &json!({"session_id": "claude-session", "cwd": clone.path(), "hook_event_name": "Stop"}),
            );
        }
        clone.agent(CLAUDE, "app.py", 0, 1);
        clone.commit("by both");
        let compared = clone.compare();
        assert_eq!(compared.wrong, Vec::<String>::new(), "{tool} {told_after}");
        assert_eq!((compared.kept, compared.lost.len()), (2, 3), "{tool}");
        assert_eq!(compared.people, 1, "{tool} {told_after}");
    }
}

#[test]
fn what_a_command_writes_in_the_background_is_nobodys_and_the_agents_next_command_still_counts() {
    for input in [
        json!({"command": "python gen.py", "run_in_background": true}),
        json!({"command": "python gen.py &"}),
    ] {
        let clone = Clone::new();
        clone.person("app.py", 0, 1);
        clone.commit("base");
        clone.agent(CLAUDE, "app.py", 1, 1);
        clone.hook(CLAUDE, &claudes(&clone, "PreToolUse", "Bash", &input));
        clone.hook(CLAUDE, &claudes(&clone, "PostToolUse", "Bash", &input));
        clone.hook(
            CLAUDE,
            &json!({"session_id": "claude-session", "cwd": clone.path(), "hook_event_name": "Stop"}),
        );
        let by_it = clone.lines(Writer::Ai("claude"), 3);
        clone.write("app.py", &(clone.read("app.py") + &by_it));
        clone.agent(CLAUDE, "app.py", 0, 1);
        clone.command(CLAUDE, "python other.py", || {
            let new = clone.lines(Writer::Ai("claude"), 2);
            clone.write("other.py", &new);
        });
        clone.commit("by both");
        let compared = clone.compare();
        assert_eq!(compared.wrong, Vec::<String>::new());
        assert_eq!((compared.kept, compared.lost.len()), (4, 3));
    }
}

#[test]
fn a_call_that_only_looks_leaves_a_persons_lines_hers() {
    let clone = Clone::new();
    clone.person("app.py", 0, 1);
    clone.commit("base");
    clone.agent(CLAUDE, "app.py", 1, 1);
    for tool in ["Grep", "TodoWrite", "WebSearch"] {
        clone.hook(CLAUDE, &claudes(&clone, "PreToolUse", tool, &json!({})));
    }
    clone.person("app.py", 0, 2);
    clone.agent(CLAUDE, "app.py", 0, 1);
    clone.commit("both");
    let compared = clone.assert_whole();
    assert_eq!((compared.ai, compared.people), (2, 2));
}

/// How the agent's text goes away.
type Way = (&'static str, fn(&Clone));

#[test]
fn lines_that_a_person_types_after_the_agents_text_was_thrown_away_are_not_the_agents() {
    // Lines that any two functions share, so that a diff finds the agent's in hers.
    let agents = "x = 1\ndef f():\n    try:\n        return 1\n    except E:\n        pass\n    return None\n";
    let hers = agents.replace("def f", "def mine");
    let ways: [Way; 9] = [
        ("checkout, unseen", |clone| {
            clone.git(&["checkout", "--quiet", "--", "app.py"]);
        }),
        ("restore, unseen", |clone| {
            clone.git(&["restore", "app.py"]);
        }),
        ("a stash and its drop, unseen", |clone| {
            clone.git(&["stash", "--quiet"]);
            clone.git(&["stash", "drop", "--quiet"]);
        }),
        ("a hard reset, unseen", |clone| {
            clone.git(&["reset", "--quiet", "--hard"]);
        }),
        ("deleted, unseen", |clone| {
            std::fs::remove_file(clone.path().join("app.py")).unwrap();
        }),
        ("written anew before the agent's next edit", |clone| {
            clone.git(&["checkout", "--quiet", "--", "app.py"]);
            let hers = "x = 1\ndef mine():\n    try:\n        return 1\n    except E:\n        pass\n    return None\n";
            clone.write("app.py", hers);
            clone.agent_writes(CLAUDE, "app.py", &format!("import them\n{hers}"), || {});
        }),
        ("a stash that is seen and dropped", |clone| {
            clone.git(&["stash", "--quiet"]);
            clone.command(CLAUDE, "ls", || {});
            clone.git(&["stash", "drop", "--quiet"]);
        }),
        ("back as HEAD has it at a look", |clone| {
            clone.git(&["checkout", "--quiet", "--", "app.py"]);
            clone.command(CLAUDE, "ls", || {});
        }),
        ("gone at a look", |clone| {
            std::fs::remove_file(clone.path().join("app.py")).unwrap();
            clone.command(CLAUDE, "ls", || {});
        }),
    ];
    for (how, thrown_away) in ways {
        let clone = Clone::new();
        clone.write("app.py", "x = 1\n");
        clone.commit("base");
        clone.agent_writes(CLAUDE, "app.py", agents, || {});
        thrown_away(&clone);
        clone.write("app.py", &hers);
        let commit = clone.commit("by hand");
        assert_eq!(clone.note(&commit), "", "{how}");
    }
}

#[test]
fn an_agents_lines_stay_its_own_through_a_persons_edits_of_them_and_a_commit_of_a_part() {
    let agents = "x = 1\ndef total_of(items):\n    if not items:\n        return None\n    return sum(item.price for item in items)\n";
    let clone = Clone::new();
    clone.write("app.py", "x = 1\n");
    clone.commit("base");
    clone.agent_writes(CLAUDE, "app.py", agents, || {});
    clone.write("app.py", &agents.replace("total_of", "price_of"));
    let note = clone.note(&clone.commit("renamed by hand"));
    assert!(note.contains("::t_") && note.contains(" 3-5\n"), "{note}");

    // Only a common line of the text is committed; the rest is still there.
    let clone = Clone::new();
    clone.write("app.py", "x = 1\n");
    clone.commit("base");
    clone.agent_writes(CLAUDE, "app.py", agents, || {});
    clone.write("app.py", "x = 1\n        return None\n");
    clone.git(&["add", "app.py"]);
    clone.write("app.py", agents);
    clone.git(&["commit", "--quiet", "-m", "a part"]);
    let note = clone.note("HEAD");
    assert!(note.contains(" 2\n"), "{note}");
    let note = clone.note(&clone.commit("the rest"));
    assert!(note.contains(" 2-3,5\n"), "{note}");
}

#[test]
fn an_agents_text_that_a_stash_brings_back_stays_the_agents() {
    for looked_at in [false, true] {
        let clone = Clone::new();
        clone.person("app.py", 0, 3);
        clone.commit("base");
        clone.agent(CLAUDE, "app.py", 1, 3);
        clone.git(&["stash", "--quiet"]);
        if looked_at {
            clone.command(CLAUDE, "ls", || {});
        }
        clone.git(&["stash", "pop", "--quiet"]);
        if looked_at {
            clone.command(CLAUDE, "ls", || {});
        }
        clone.person("app.py", 0, 2);
        clone.commit("both");
        assert_eq!(clone.assert_whole().ai, 3, "{looked_at}");
    }
}

#[test]
fn nothing_that_is_wrong_with_a_payload_stops_an_agent() {
    let clone = Clone::new();
    let long = "x".repeat(1 << 20);
    for payload in [
        "",
        "{",
        "[]",
        "null",
        "{\"hook_event_name\": 3}",
        "{\"hook_event_name\": \"PreToolUse\", \"tool_name\": \"Edit\", \"tool_input\": {\"file_path\": \"../../../etc/passwd\"}}",
        "{\"hook_event_name\": \"PostToolUse\", \"tool_name\": \"Write\", \"tool_input\": {\"file_path\": \".git/config\", \"content\": \"x\"}}",
        "{\"hook_event_name\": \"PreToolUse\", \"tool_name\": \"Bash\", \"tool_input\": [[]], \"cwd\": \"/nowhere\"}",
        &long,
    ] {
        for tool in TOOLS {
            let run = clone.trueline(&["hook", "run", tool.dialect], payload.as_bytes());
            assert_eq!(run.status.code(), Some(0), "{} {payload:.80}", tool.dialect);
            assert_eq!(run.stderr, b"");
        }
    }
    let run = clone.trueline(
        &["hook", "run", "a-tool-of-tomorrow", "--with", "flags"],
        b"{}",
    );
    assert_eq!((run.status.code(), run.stdout), (Some(0), Vec::new()));
    let outside = tempfile::tempdir().unwrap();
    let payload = json!({
        "session_id": "s", "cwd": outside.path(), "hook_event_name": "PreToolUse",
        "tool_name": "Write", "tool_input": {"file_path": outside.path().join("a"), "content": "x"},
    });
    clone.hook(CLAUDE, &payload);
    assert_eq!(outside.path().read_dir().unwrap().count(), 0);
}

#[test]
fn neither_contents_nor_prompts_nor_conversations_are_kept() {
    let clone = Clone::new();
    let secret = "hunter2-in-a-line";
    let call = |event: &str| {
        json!({
            "session_id": "conversation-7f3a", "cwd": clone.path(), "hook_event_name": event,
            "prompt": "the-prompt-text", "tool_name": "Write", "tool_use_id": "u1",
            "tool_input": {"file_path": clone.path().join("app.py"), "content": format!("{secret}\n")},
        })
    };
    clone.hook(CLAUDE, &call("PreToolUse"));
    clone.write("app.py", &format!("{secret}\n"));
    clone.hook(CLAUDE, &call("PostToolUse"));
    clone.hook(
        CLAUDE,
        &json!({
            "session_id": "conversation-7f3a", "cwd": clone.path(), "hook_event_name": "PreToolUse",
            "tool_name": "Read", "tool_input": {"file_path": clone.path().join(".env.production")},
        }),
    );
    let mut looked_at = 0;
    let mut waiting = vec![clone.path().join(".git/trueline")];
    while let Some(folder) = waiting.pop() {
        for entry in folder.read_dir().unwrap().flatten() {
            if entry.path().is_dir() {
                waiting.push(entry.path());
                continue;
            }
            looked_at += 1;
            let bytes = std::fs::read(entry.path()).unwrap();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            for kept in [
                secret,
                "the-prompt-text",
                "conversation-7f3a",
                ".env.production",
            ] {
                assert!(!text.contains(kept), "{kept} in {}", entry.path().display());
            }
        }
    }
    assert!(looked_at >= 4);
    clone.commit("work");
    let run = clone.trueline(&["hook", "status", "--format", "json"], b"");
    let status: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(
        status["reads"],
        json!([{"tool": "claude", "class": "secrets", "times": 1}])
    );
    assert_eq!(status["waiting"], 0);
}

#[test]
fn what_commands_show_and_what_holds_a_secret_counts_as_read() {
    let clone = Clone::new();
    clone.write(
        "notes.txt",
        "token ghp_1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R\n",
    );
    clone.write("plain.txt", "nothing in here\n");
    clone.write(".env", "A=1\n");
    clone.write("data/users.csv", "a,b\n");
    let bash = |call: &str, command: &str| {
        let payload = json!({
            "session_id": "s", "cwd": clone.path(), "hook_event_name": "PreToolUse", "tool_name": "Bash",
            "tool_use_id": call, "tool_input": {"command": command},
        });
        clone.hook(CLAUDE, &payload);
    };
    bash("u1", "cat plain.txt; echo .env; ls data");
    bash("u2", "cd data && head -n 2 users.csv");
    bash("u3", "grep -n A .env | cut -d= -f2");
    bash("u4", "cat notes.txt");
    // The same call, told twice.
    bash("u4", "cat notes.txt");
    clone.commit("work");
    let run = clone.trueline(&["hook", "status", "--format", "json"], b"");
    let status: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(
        status["reads"],
        json!([
            {"tool": "claude", "class": "personal-data", "times": 1},
            {"tool": "claude", "class": "secrets", "times": 2},
        ])
    );
}

#[test]
fn an_uncommitted_rest_is_noted_with_the_commit_that_takes_it() {
    let clone = Clone::new();
    clone.person("app.py", 0, 20);
    clone.commit("base");
    clone.agent(CLAUDE, "app.py", 2, 2);
    clone.agent(CODEX, "other.py", 0, 3);
    clone.git(&["add", "app.py"]);
    clone.git(&["commit", "--quiet", "-m", "one"]);
    clone.agent(CLAUDE, "app.py", 15, 1);
    clone.commit("two");
    assert_eq!(clone.assert_whole().ai, 6);
}

#[test]
fn without_git_hooks_the_note_is_written_later() {
    let clone = Clone::bare_of_hooks();
    clone.person("app.py", 0, 3);
    clone.commit("base");
    clone.agent(CLAUDE, "app.py", 1, 2);
    clone.commit("one");
    clone.agent(CODEX, "app.py", 0, 1);
    clone.commit("two");
    assert_eq!(clone.compare().kept, 0);
    let run = clone.trueline(&["hook", "run", "settle"], b"");
    assert!(run.status.success(), "{run:?}");
    assert_eq!(clone.assert_whole().ai, 3);
    // From then on the end of a turn does it.
    clone.agent(CLAUDE, "app.py", 0, 1);
    clone.commit("three");
    clone.hook(
        CLAUDE,
        &json!({"session_id": "claude-session", "cwd": clone.path(), "hook_event_name": "Stop"}),
    );
    assert_eq!(clone.assert_whole().ai, 4);
}

#[test]
fn where_nobody_ever_settled_the_end_of_a_turn_writes_notes_once_head_has_moved() {
    let clone = Clone::bare_of_hooks();
    clone.person("app.py", 0, 3);
    clone.commit("base");
    let stop = || {
        clone.hook(
            CLAUDE,
            &json!({"session_id": "claude-session", "cwd": clone.path(), "hook_event_name": "Stop"}),
        );
    };
    clone.agent(CLAUDE, "app.py", 1, 2);
    stop();
    assert_eq!(clone.compare().ai, 0);
    // Two commits in one turn.
    clone.commit("one");
    clone.agent(CLAUDE, "other.py", 0, 2);
    clone.commit("two");
    assert_eq!(clone.compare().kept, 0);
    stop();
    assert_eq!(clone.assert_whole().ai, 4);
    clone.agent(CLAUDE, "app.py", 0, 1);
    clone.commit("three");
    stop();
    assert_eq!(clone.assert_whole().ai, 5);
}

#[test]
fn linked_work_trees_are_kept_apart() {
    let clone = Clone::new();
    clone.person("app.py", 0, 3);
    clone.commit("base");
    let other = clone.path().parent().unwrap().join("linked");
    clone.git(&[
        "worktree",
        "add",
        "--quiet",
        other.to_str().unwrap(),
        "-b",
        "linked",
    ]);
    clone.agent(CLAUDE, "app.py", 3, 1);
    let in_other = other.join("app.py");
    let old = std::fs::read_to_string(&in_other).unwrap();
    let new = clone.lines(Writer::Ai("codex"), 2);
    let payload = |event: &str| {
        json!({
            "session_id": "codex-session", "cwd": other, "hook_event_name": event,
            "tool_name": "Write", "tool_use_id": "w", "turn_id": "t",
            "tool_input": {"file_path": in_other, "content": format!("{old}{new}")},
        })
    };
    clone.hook(CODEX, &payload("PreToolUse"));
    std::fs::write(&in_other, format!("{old}{new}")).unwrap();
    clone.hook(CODEX, &payload("PostToolUse"));
    clone.git(&[
        "-C",
        other.to_str().unwrap(),
        "commit",
        "--quiet",
        "-am",
        "there",
    ]);
    clone.commit("here");
    assert_eq!(clone.assert_whole().ai, 1);
    clone.git(&["checkout", "--quiet", "--detach", "linked"]);
    assert_eq!(clone.assert_whole().ai, 2);
}

#[test]
fn two_agents_that_write_one_file_at_once_both_keep_their_lines() {
    let clone = Clone::new();
    clone.person("app.py", 0, 4);
    clone.commit("base");
    let before = clone.read("app.py");
    let lines: Vec<&str> = before.lines().collect();
    let (first, second) = (
        clone.lines(Writer::Ai("claude"), 2),
        clone.lines(Writer::Ai("cursor"), 3),
    );
    let by_first = format!("{}\n{first}{}\n", lines[0], lines[1..].join("\n"));
    let by_second = format!("{}\n{second}{}\n", lines[..3].join("\n"), lines[3]);
    let both = format!(
        "{}\n{first}{}\n{second}{}\n",
        lines[0],
        lines[1..3].join("\n"),
        lines[3]
    );
    // The first one's report shows what both have written.
    let [begins, ends] = clone.told(CURSOR, "app.py", &before, &by_second);
    clone.hook(CURSOR, &begins);
    clone.agent_writes(CLAUDE, "app.py", &by_first, || clone.write("app.py", &both));
    clone.hook(CURSOR, &ends);
    clone.commit("both");
    assert_eq!(clone.assert_whole().ai, 5);
}

/// A text as lines that a patch adds.
fn added(text: &str) -> String {
    text.lines()
        .fold(String::new(), |all, line| all + "+" + line + "\n")
}

#[test]
fn a_command_and_a_patch_that_are_told_together_both_count() {
    let clone = Clone::new();
    let new = clone.lines(Writer::Ai("codex"), 2);
    let added = added(&new);
    let told = |event: &str| {
        json!({
            "session_id": "codex-session", "cwd": clone.path(), "hook_event_name": event, "model": "gpt-5.5-codex",
            "turn_id": "t1", "tool_name": "multi_tool_use.parallel", "tool_use_id": "together",
            "tool_input": {"tool_uses": [
                {"recipient_name": "functions.exec_command", "parameters": {"cmd": "ls"}},
                {"recipient_name": "functions.apply_patch", "parameters": {
                    "input": format!("*** Begin Patch\n*** Add File: par.py\n{added}*** End Patch\n"),
                }},
            ]},
        })
    };
    clone.hook(CODEX, &told("PreToolUse"));
    clone.write("par.py", &new);
    clone.hook(CODEX, &told("PostToolUse"));
    clone.commit("both");
    assert_eq!(clone.assert_whole().ai, 2);
}

#[test]
fn opencodes_patches_count() {
    let clone = Clone::new();
    let new = clone.lines(Writer::Ai("opencode"), 2);
    let added = added(&new);
    let told = |event: &str| {
        json!({
            "session_id": "opencode-session", "cwd": clone.path(), "hook_event_name": event, "tool_use_id": "patch",
            "tool_name": "apply_patch", "tool_input": {
                "patchText": format!("*** Begin Patch\n*** Add File: a.py\n{added}*** End Patch\n"),
            },
        })
    };
    clone.hook(OPENCODE, &told("tool.execute.before"));
    clone.write("a.py", &new);
    clone.hook(OPENCODE, &told("tool.execute.after"));
    clone.commit("patched");
    assert_eq!(clone.assert_whole().ai, 2);
}

#[test]
fn a_command_that_writes_and_commits_gives_its_lines_to_the_agent_and_none_of_a_persons() {
    let clone = Clone::new();
    clone.person("old.py", 0, 3);
    clone.person("moved.py", 0, 3);
    clone.commit("base");
    clone.person("old.py", 1, 2);
    let new = clone.lines(Writer::Ai("claude"), 4);
    let more = clone.lines(Writer::Ai("claude"), 2);
    let text =
        format!("cat > c.py <<'E'\n{new}E\ngit add -A && git commit -qm 'written and committed'");
    clone.command(CLAUDE, &text, || {
        clone.write("c.py", &new);
        clone.write("old.py", &(clone.read("old.py") + &more));
        clone.commit("written and committed");
    });
    let compared = clone.assert_whole();
    assert_eq!(compared.ai, 6);
    // A file that moved on the way is its writer's.
    let text = "python tidy.py && git add -A && git commit -qm tidy";
    clone.command(CLAUDE, text, || {
        let moved = clone.read("moved.py");
        std::fs::remove_file(clone.path().join("moved.py")).unwrap();
        clone.write("elsewhere.py", &moved);
        clone.commit("tidy");
    });
    assert_eq!(clone.assert_whole().ai, 6);
}

#[test]
fn a_command_that_writes_into_a_submodule_is_seen_there() {
    let clone = Clone::new();
    let library = clone.cloned("library");
    let from = library.path().to_str().unwrap().to_owned();
    clone.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &from,
        "lib",
    ]);
    clone.commit("with a library");
    let inside = clone.within("lib");
    for (text, file) in [
        ("cat > lib/shell.py <<'E'\nE", "shell.py"),
        ("cd lib && python gen.py", "gen.py"),
    ] {
        let new = clone.lines(Writer::Ai("claude"), 3);
        clone.command(CLAUDE, text, || inside.write(file, &new));
        inside.commit(file);
    }
    assert_eq!(inside.assert_whole().ai, 6);
}

#[test]
fn a_lock_that_was_left_behind_delays_a_note_and_loses_none() {
    let clone = Clone::new();
    clone.agent(CLAUDE, "a.py", 0, 3);
    let lock = clone.path().join(".git/refs/notes/ai.lock");
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    std::fs::write(&lock, "").unwrap();
    clone.commit("while locked");
    clone.agent(CURSOR, "b.py", 0, 2);
    clone.git(&["add", "--all"]);
    clone.git(&["commit", "--quiet", "--amend", "-m", "amended while locked"]);
    assert_eq!(clone.compare().kept, 0);
    std::fs::remove_file(lock).unwrap();
    // The next hook writes what is owed, whatever it is about.
    clone.commit("nothing");
    assert_eq!(clone.assert_whole().ai, 5);
}
