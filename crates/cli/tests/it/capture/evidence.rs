//! After installing, what is known of a repository grows from commit to commit.

use super::world::{CLAUDE, CODEX, Clone};

fn scan(clone: &Clone) -> (f64, f64) {
    let run = clone.trueline(&["scan", "--format", "json", "--no-cache", "."], b"");
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let usage = &report["usage"];
    let figure = |of: &str| {
        usage
            .pointer(of)
            .and_then(serde_json::Value::as_f64)
            .unwrap()
    };
    (
        figure("/coverage/all/share"),
        figure("/lines/ai") / figure("/lines/total"),
    )
}

#[test]
fn evidence_coverage_rises_with_captured_commits() {
    let clone = Clone::new();
    clone.person("app.py", 0, 30);
    clone.commit("before anybody looked");
    let mut known = vec![scan(&clone)];
    for (tool, file) in [(CLAUDE, "a.py"), (CODEX, "b.py"), (CLAUDE, "app.py")] {
        clone.agent(tool, file, 0, 15);
        clone.commit("by an agent");
        known.push(scan(&clone));
    }
    assert!(
        known
            .windows(2)
            .all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1),
        "{known:?}"
    );
    let run = clone.trueline(&["blame", "app.py", "--format", "json", "--no-cache"], b"");
    let blame: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let text = blame.to_string();
    assert!(
        text.contains("\"tool\":\"claude\"") && text.contains("\"confidence\":\"high\""),
        "{text}"
    );
}

#[test]
fn classes_of_data_are_checked_like_the_rest_of_the_configuration() {
    let clone = Clone::bare_of_hooks();
    clone.write("a.py", "x = 1\n");
    clone.write(
        "trueline.toml",
        "schema = 1\n\n[capture.classes]\ncontracts = [\"legal/**\"]\n",
    );
    assert!(clone.trueline(&["scan", "--quiet"], b"").status.success());
    clone.write("trueline.toml", "schema = 1\n\n[capture]\nclases = {}\n");
    let run = clone.trueline(&["scan", "--quiet"], b"");
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(2), "{told}");
    assert!(
        told.contains("trueline.toml:4:1") && told.contains("`classes`"),
        "{told}"
    );
}
