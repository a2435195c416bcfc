//! Work of a person that looks like an agent's try which never landed: imports, templates and
//! headers are what any work has, and no evidence of who did it.

use insta::assert_snapshot;

use crate::evidence::{CLAUDE, SESSION, fused, git_ai, note};
use crate::evidence_pairing::lines;
use crate::repo::Repo;

/// Imports of Go, TypeScript and Python that go over several lines, by file name.
const IMPORTS: [(&str, &str); 3] = [
    (
        "serve.go",
        "package serve\n\nimport (\n\t\"context\"\n\t\"encoding/json\"\n\t\"errors\"\n\t\"fmt\"\n\t\"log/slog\"\n\
         \t\"net/http\"\n\t\"os/signal\"\n\t\"strings\"\n\t\"sync/atomic\"\n\t\"testing\"\n\t\"time/tzdata\"\n)\n\n",
    ),
    (
        "serve.ts",
        "import {\n  Body,\n  Controller,\n  Delete,\n  HttpCode,\n  Inject,\n  Module,\n  Param,\n  Patch,\n\
         \x20 Query,\n  UseGuards,\n  Validate,\n} from \"@nestjs/common\";\n",
    ),
    (
        "serve.py",
        "from fastapi import (\n    APIRouter,\n    BackgroundTasks,\n    Body,\n    Depends,\n    Header,\n\
         \x20   HTTPException,\n    Query,\n    Request,\n    Response,\n    Security,\n    UploadFile,\n    status,\n)\n",
    ),
];

/// A house of five lines, and on the branch `left` an agent's noted work of these files; `main` is
/// checked out.
fn house_with_a_try(files: &[(&str, String)]) -> Repo {
    let mut repo = Repo::new();
    repo.write("a.txt", &lines("base", 5));
    repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "left"]);
    for (path, content) in files {
        repo.write(path, content);
    }
    repo.commit("Work of an agent");
    let heads: Vec<String> = files
        .iter()
        .map(|(path, content)| {
            let count = content.lines().count();
            format!("{path}\n  s_11111111111111::t_22222222222222 1-{count}\n")
        })
        .collect();
    note(&repo, "HEAD", &git_ai(&heads.concat(), "1.5.0", SESSION));
    repo.git(&["checkout", "-q", "main"]);
    repo.tick();
    repo
}

fn commit_of_another(repo: &mut Repo, message: &str) {
    repo.tick();
    repo.git(&["add", "-A"]);
    let author = "--author=Grace <grace@example.com>";
    repo.git(&["commit", "-q", author, "-m", message]);
}

#[test]
fn imports_over_several_lines_tie_nothing() {
    for (path, imports) in IMPORTS {
        let its = format!("{imports}{}", lines("agent", 8));
        for is_another in [false, true] {
            let mut repo = house_with_a_try(&[(path, its.clone())]);
            repo.write(path, &format!("{imports}{}", lines("by hand", 4)));
            if is_another {
                commit_of_another(&mut repo, "Serve");
            } else {
                repo.commit("Serve");
            }
            let count = imports.lines().count() + 4;
            assert_eq!(
                fused(&repo)
                    .file(path)
                    .split_whitespace()
                    .collect::<Vec<_>>(),
                [&format!("1-{count}"), "unknown"],
                "{path}, by another: {is_another}"
            );
        }
    }
}

#[test]
fn a_template_in_the_work_of_another_author_ties_nothing() {
    let reset = lines("reset of every browser", 12);
    let its = format!("{reset}{}", lines("agent", 14));
    let mut repo = house_with_a_try(&[("style.css", its)]);
    repo.write("style.css", &format!("{reset}{}", lines("by hand", 4)));
    commit_of_another(&mut repo, "Look better");
    assert_snapshot!(fused(&repo).file("style.css"), @"1-16   unknown");
}

#[test]
fn a_trailer_on_a_template_does_not_speak_for_another_authors_commit() {
    let template = lines("as the generator writes it", 12);
    let mut repo = Repo::new();
    repo.write("a.txt", &lines("base", 5));
    repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "left"]);
    repo.write("ci.yml", &template);
    repo.commit(&format!("Check every push\n\n{CLAUDE}"));
    repo.git(&["checkout", "-q", "main"]);
    repo.write("ci.yml", &template);
    repo.write("a.txt", &lines("base", 6));
    commit_of_another(&mut repo, "Continuous integration");
    assert_snapshot!(fused(&repo).file("ci.yml"), @"1-12   unknown");
}

#[test]
fn one_subject_for_different_work_ties_nothing() {
    let mut repo = house_with_a_try(&[(
        "one.toml",
        format!("{}{}", lines("shared", 3), lines("agent", 6)),
    )]);
    repo.write(
        "one.toml",
        &format!("{}{}", lines("shared", 3), lines("by hand", 6)),
    );
    repo.commit("Work of an agent");
    assert_snapshot!(fused(&repo).file("one.toml"), @"1-9    unknown");
}

#[test]
fn who_names_himself_is_not_overruled_by_a_part_of_anothers_work() {
    let shared = lines("shared", 12);
    let mut repo = house_with_a_try(&[("b.txt", format!("{shared}{}", lines("left behind", 12)))]);
    repo.write("b.txt", &format!("{shared}{}", lines("landed", 8)));
    repo.commit(&format!("Land it\n\n{CLAUDE}"));
    assert_snapshot!(
        fused(&repo).file("b.txt"),
        @"1-20   claude/claude-opus-4-5 Medium [Identity Direct Medium Co-authored-by]"
    );
}

#[test]
fn a_header_of_files_elsewhere_in_the_tree_ties_nothing() {
    let header = lines("Copyright of the house", 4);
    let mut repo = Repo::new();
    for name in ["one", "two", "three"] {
        repo.write(
            &format!("lib/{name}.py"),
            &format!("{header}{}", lines(name, 4)),
        );
    }
    repo.commit("The house");
    repo.git(&["checkout", "-q", "-b", "left"]);
    repo.write("web/x.go", &format!("{header}{}", lines("agent", 2)));
    repo.commit("Work of an agent");
    note(
        &repo,
        "HEAD",
        &git_ai(
            "web/x.go\n  s_11111111111111::t_22222222222222 1-6\n",
            "1.5.0",
            SESSION,
        ),
    );
    repo.git(&["checkout", "-q", "main"]);
    repo.write("web/x.go", &format!("{header}{}", lines("by hand", 2)));
    repo.commit("The first of its kind");
    assert_snapshot!(fused(&repo).file("web/x.go"), @"1-6    unknown");
}

#[test]
fn a_file_that_the_work_made_is_not_followed_to_another_name() {
    let its = [
        ("kept.txt", lines("agent keeps", 12)),
        ("second.txt", lines("agent keeps too", 6)),
        ("made.txt", lines("as any such file", 6)),
    ];
    let mut repo = house_with_a_try(&its);
    repo.write("kept.txt", &its[0].1);
    repo.write("second.txt", &its[1].1);
    repo.write("other.txt", &its[2].1);
    repo.commit("Landed in part");
    let origins = fused(&repo);
    assert_snapshot!(origins.file("kept.txt"), @"1-12   cursor/gpt-5 Medium [Note Inferred Medium refs/notes/ai]");
    assert_snapshot!(origins.file("other.txt"), @"1-6    unknown");
}
