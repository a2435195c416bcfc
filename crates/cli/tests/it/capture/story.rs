//! Two hours of two persons and seven agents: edits, commands, commits, reviews, rewrites, a merge;
//! then every line beside the account.

use super::world::{
    CLAUDE, CODEX, COPILOT, CURSOR, Clone, GEMINI, OPENCODE, TOOLS, WINDSURF, Writer,
};

#[test]
fn two_hours_of_agents_and_people() {
    let ada = Clone::new();
    ada.person("app.py", 0, 40);
    ada.person("db.py", 0, 25);
    ada.person("api.py", 0, 30);
    ada.commit("a project by hand");
    let bob = ada.cloned("Bob");
    ada.git(&["push", "--quiet", "origin", "main"]);
    bob.git(&["pull", "--quiet", "origin", "main"]);

    // Ada lets Claude write a feature, looks at it, changes some and commits in two parts.
    ada.git(&["checkout", "--quiet", "-b", "feature"]);
    for at in [3, 9, 17, 30] {
        ada.agent(CLAUDE, "app.py", at, 5);
    }
    ada.agent(CLAUDE, "tests/test_app.py", 0, 30);
    ada.person("app.py", 12, 3);
    ada.agent(CLAUDE, "app.py", 50, 2);
    ada.git(&["add", "app.py"]);
    ada.git(&["commit", "--quiet", "-m", "feature"]);
    ada.commit("tests");
    // A generator, and a formatter that runs between an agent's write and its report.
    ada.command(CODEX, "python tools/generate.py > gen.py", || {
        ada.write("gen.py", &ada.lines(Writer::Ai("codex"), 60));
    });
    let formatted = ada.lines(Writer::Ai("codex"), 4);
    let unformatted = ada.read("gen.py") + &formatted.replace(" = ", "=");
    let clean = ada.read("gen.py") + &formatted;
    ada.agent_writes(CODEX, "gen.py", &unformatted, || {
        ada.write("gen.py", &clean);
    });
    ada.commit("generated");
    ada.agent(CURSOR, "db.py", 10, 6);
    ada.person("db.py", 2, 2);
    ada.agent(CURSOR, "db.py", 0, 1);
    ada.git(&["add", "--all"]);
    ada.git(&["commit", "--quiet", "--amend", "--no-edit"]);

    // Bob works on main with others.
    for (tool, at) in TOOLS.into_iter().zip([1, 5, 9, 14, 20, 21, 30]) {
        bob.agent(tool, "api.py", at, 2);
        bob.agent(tool, "app.py", 999, 1);
    }
    bob.commit("everybody once");
    bob.agent(WINDSURF, "w.py", 0, 10);
    bob.agent(OPENCODE, "w.py", 4, 4);
    bob.git(&["stash", "--quiet", "--include-untracked"]);
    bob.agent(COPILOT, "c.py", 0, 8);
    bob.commit("copilot first");
    bob.git(&["stash", "pop", "--quiet"]);
    bob.commit("then the stash");
    bob.git(&["push", "--quiet", "origin", "main"]);
    bob.trueline(&["hook", "run", "share"], b"");

    // Ada catches up, rewrites her branch, and it is squashed.
    ada.git(&["fetch", "--quiet", "origin"]);
    ada.git(&["rebase", "--quiet", "origin/main"]);
    ada.agent(GEMINI, "app.py", 33, 3);
    ada.commit("fixup! feature");
    ada.git(&[
        "rebase",
        "--quiet",
        "--interactive",
        "--autosquash",
        "origin/main",
    ]);
    ada.git(&["mv", "gen.py", "generated.py"]);
    ada.agent(CODEX, "generated.py", 20, 2);
    ada.commit("a better name");
    ada.git(&["revert", "--no-edit", "HEAD"]);
    ada.git(&["revert", "--no-edit", "HEAD"]);
    ada.trueline(&["hook", "run", "share"], b"");
    let before = ada.assert_whole();
    assert!(before.ai >= 168, "{}", before.ai);
    ada.git(&["checkout", "--quiet", "-B", "main", "origin/main"]);
    ada.git(&["merge", "--quiet", "--squash", "feature"]);
    ada.git(&["commit", "--quiet", "-m", "feature (#1)"]);
    let after = ada.assert_whole();
    assert_eq!(after.ai, before.ai);
    assert!(after.people >= 3, "{}", after.people);

    ada.git(&["push", "--quiet", "origin", "main"]);
    ada.trueline(&["hook", "run", "share"], b"");
    bob.trueline(&["hook", "run", "share"], b"");
    bob.git(&["pull", "--quiet", "origin", "main"]);
    assert_eq!(bob.assert_whole().ai, before.ai);
}
