//! Progress is kept, private, and survives what breaks files; proposals come with their reasons.

use std::fs;

use trueline_facts::attempt::{
    Aid, AidBasis, Attempt, AttemptKind, AttemptOutcome, SCHEMA, Trigger, Twin,
};
use trueline_facts::{Cwe, RuleId, Severity};
use trueline_scenarios::learn::choose::{self, Advice, Met};
use trueline_scenarios::learn::folder;
use trueline_scenarios::learn::home::Home;
use trueline_scenarios::learn::progress::{Progress, Standing, new_id};
use trueline_scenarios::learn::review::{self, Unanswered};
use trueline_scenarios::learn::state::ExerciseState;
use trueline_scenarios::{Catalogue, Language, Scenario};

use crate::proof::{files, fixtures};

fn attempt(scenario: &str, outcome: AttemptOutcome, aid: Aid) -> Attempt {
    Attempt {
        schema: SCHEMA.to_owned(),
        id: new_id(),
        day: "2026-11-29".to_owned(),
        kind: AttemptKind::Attempt,
        scenario: scenario.to_owned(),
        version: 1,
        language: "python".to_owned(),
        class: "injection".to_owned(),
        cwe: vec![Cwe(89)],
        outcome,
        hints: 0,
        attempt_number: 1,
        unrecorded: 0,
        aid,
        aid_basis: AidBasis::Told,
        trigger: Trigger::Check,
        seed: u64::MAX,
        sure: None,
        revealed: false,
        difficulty: 0.0,
        practice: false,
        reviewed: None,
        sites: None,
        ai_lines: None,
        caught: None,
    }
}

#[test]
fn corrupt_lines_are_told_skipped_and_kept() {
    let data = tempfile::tempdir().unwrap();
    let home = Home::at(data.path());
    Progress::append(
        &home,
        &attempt("a", AttemptOutcome::Exploited, Aid::Unaided),
    )
    .unwrap();
    let path = home.attempts();
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("{\"schema\":\"trueline.attempt/1\",\"id\":\"cut o");
    fs::write(&path, &text).unwrap();
    Progress::append(&home, &attempt("a", AttemptOutcome::Fixed, Aid::Unaided)).unwrap();
    let progress = Progress::read(&home).unwrap();
    assert_eq!(progress.attempts.len(), 2);
    assert_eq!(progress.problems.len(), 1);
    assert!(
        progress.problems[0].contains("attempts.jsonl:2: is no attempt"),
        "{:?}",
        progress.problems
    );
    assert!(fs::read_to_string(&path).unwrap().starts_with(&text));
    assert_eq!(progress.standing("a", 1), Standing::Fixed);
    assert_eq!(progress.standing("a", 2), Standing::New);
    assert_eq!(progress.next_number("a", 1), 3);
}

#[cfg(unix)]
#[test]
fn progress_is_of_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let data = tempfile::tempdir().unwrap();
    let home = Home::at(&data.path().join("new"));
    Progress::append(&home, &attempt("a", AttemptOutcome::Fixed, Aid::Unknown)).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.attempts()), 0o600);
    assert_eq!(mode(home.attempts().parent().unwrap()), 0o700);
    let catalogue = Catalogue::read(&fixtures()).unwrap();
    let (state, _) = ExerciseState::read(&home, &catalogue.scenarios()[0]);
    state.write(&home).unwrap();
    let kept = home
        .attempts()
        .with_file_name("exercises")
        .join("py-join-call.json");
    assert_eq!(mode(&kept), 0o600);
}

#[test]
fn a_corrupt_state_is_told_kept_and_begun_anew() {
    let data = tempfile::tempdir().unwrap();
    let home = Home::at(data.path());
    let catalogue = Catalogue::read(&fixtures()).unwrap();
    let scenario = catalogue.get("py-join-call").unwrap();
    let (state, none) = ExerciseState::read(&home, scenario);
    assert_eq!(none, None);
    state.write(&home).unwrap();
    let path = home
        .attempts()
        .with_file_name("exercises")
        .join("py-join-call.json");
    fs::write(&path, "{").unwrap();
    let (state, problem) = ExerciseState::read(&home, scenario);
    assert_eq!(state.hints, 0);
    assert!(problem.unwrap().contains("kept as"));
    // What was damaged before is kept as well.
    fs::write(&path, "[").unwrap();
    let (_, problem) = ExerciseState::read(&home, scenario);
    assert!(problem.unwrap().contains("py-join-call.corrupt-2"));
    for (kept, text) in [("corrupt-1", "{"), ("corrupt-2", "[")] {
        assert_eq!(fs::read_to_string(path.with_extension(kept)).unwrap(), text);
    }
}

#[test]
fn answers_that_were_only_looked_at_count_once_each_and_not_beside_their_record() {
    let mut state = ExerciseState::default();
    assert!(state.look("a") && !state.look("a") && state.look("b"));
    assert_eq!(state.unrecorded(), 2);
    state.record("b".to_owned());
    assert_eq!(state.unrecorded(), 1);
    assert!(!state.look("b"), "what is on record is no other answer");
    for n in 0..100 {
        state.look(&n.to_string());
    }
    assert!(state.unrecorded() < 10, "a state stays small");
}

#[test]
fn a_line_of_the_ledger_reads_as_agreed() {
    let mut one = attempt("py-x", AttemptOutcome::FunctionalFail, Aid::Unaided);
    one.id = "9f0c2a61b4d7e853".to_owned();
    insta::assert_snapshot!(serde_json::to_string(&one).unwrap(), @r#"{"schema":"trueline.attempt/1","id":"9f0c2a61b4d7e853","day":"2026-11-29","kind":"attempt","scenario":"py-x","version":1,"language":"python","class":"injection","cwe":[89],"outcome":"functional_fail","hints":0,"attempt_number":1,"aid":"unaided","trigger":"check","seed":18446744073709551615,"sure":null,"revealed":false,"difficulty":0.0,"practice":false}"#);
    assert_eq!(
        serde_json::from_str::<Attempt>(&serde_json::to_string(&one).unwrap()).unwrap(),
        one
    );
}

#[cfg(unix)]
#[test]
fn an_answer_holds_plain_files_and_only_those_that_may_be_changed() {
    let catalogue = Catalogue::read(&fixtures()).unwrap();
    let scenario = catalogue.get("py-search-http").unwrap();
    let work = tempfile::tempdir().unwrap();
    let place = work.path().join("exercise");
    folder::start(scenario, &place, Some(&fixtures())).unwrap();
    for name in ["app.py", "BRIEF.md", "AGENTS.md", "CLAUDE.md"] {
        assert!(place.join(name).is_file(), "{name}");
    }
    let brief = fs::read_to_string(place.join("BRIEF.md")).unwrap();
    let title = format!("# {}\n", scenario.definition.title);
    assert!(brief.starts_with(&title), "{brief}");
    assert!(!place.join("tests").exists());
    let (_, marker) = folder::around(&place).unwrap().unwrap();
    assert_eq!(marker.scenario, "py-search-http");
    assert!(
        folder::start(scenario, &place, None).is_err(),
        "never written over"
    );

    fs::write(place.join("sitecustomize.py"), "x").unwrap();
    let answer = folder::answer(scenario, &place).unwrap();
    assert_eq!(
        answer.iter().map(|(path, _)| path).collect::<Vec<_>>(),
        ["app.py"]
    );
    assert_eq!(scenario.submission(&answer).get("sitecustomize.py"), None);

    fs::remove_file(place.join("app.py")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", place.join("app.py")).unwrap();
    let told = folder::answer(scenario, &place).unwrap_err().to_string();
    assert!(told.contains("a symbolic link"), "{told}");
    fs::remove_file(place.join("app.py")).unwrap();
    fs::write(place.join("other"), "x").unwrap();
    fs::hard_link(place.join("other"), place.join("app.py")).unwrap();
    assert!(
        folder::answer(scenario, &place)
            .unwrap_err()
            .to_string()
            .contains("hard links")
    );
    fs::remove_file(place.join("app.py")).unwrap();
    assert!(
        folder::answer(scenario, &place)
            .unwrap_err()
            .to_string()
            .contains("none of app.py is there")
    );
}

#[test]
fn proposals_say_why() {
    let catalogue = Catalogue::read(&fixtures()).unwrap();
    let mut progress = Progress::default();
    let next = |progress: &Progress, met: &[Met]| {
        let proposal = choose::next(&catalogue, progress, &[], met, &[], None).unwrap();
        format!("{}: {}", proposal.scenario.id, proposal.why)
    };
    assert_eq!(
        next(&progress, &[]),
        "py-search-http: it is step 1 of 1 of the foundations"
    );
    let met = Met {
        rule: RuleId::new("path-traversal"),
        cwe: vec![Cwe(22)],
        language: Some(Language::Python),
        severity: Severity::High,
    };
    assert_eq!(
        next(&progress, &[met.clone(), met]),
        "py-join-call: `path-traversal` (high) was found at 2 places of your code; it is about CWE-22 in python"
    );
    progress.attempts.push(attempt(
        "py-search-http",
        AttemptOutcome::Fixed,
        Aid::Unaided,
    ));
    assert_eq!(
        next(&progress, &[]),
        "py-join-call: you have solved nothing of `path-and-files` yet"
    );
    progress.attempts.push(attempt(
        "py-join-call",
        AttemptOutcome::Fixed,
        Aid::Assisted,
    ));
    assert!(choose::next(&catalogue, &progress, &[], &[], &[], None).is_none());
}

#[test]
fn what_skills_say_comes_before_what_was_practised_least_and_what_is_due_comes_again() {
    let catalogue = Catalogue::read(&fixtures()).unwrap();
    let advice = |exercise: &str, is_due| Advice {
        exercise: exercise.to_owned(),
        why: "python/injection is due since 2026-09-01".to_owned(),
        is_due,
    };
    let next = |progress: &Progress, advice: &[Advice], language| {
        choose::next(&catalogue, progress, &[], &[], advice, language)
            .map(|proposal| format!("{}: {}", proposal.scenario.id, proposal.why))
    };
    let mut progress = Progress::default();
    let solved = |id: &str| attempt(id, AttemptOutcome::Fixed, Aid::Unaided);
    progress.attempts.push(solved("py-search-http"));
    assert_eq!(
        next(&progress, &[advice("py-join-call", false)], None).unwrap(),
        "py-join-call: python/injection is due since 2026-09-01"
    );
    progress.attempts.push(solved("py-join-call"));
    // All is solved. What has not come due stays in peace, and so does what is not there.
    let not_due = [advice("py-search-http", false), advice("gone", true)];
    assert_eq!(next(&progress, &not_due, None), None);
    let due = [
        advice("py-join-call", false),
        advice("py-search-http", true),
    ];
    assert_eq!(
        next(&progress, &due, None).unwrap(),
        "py-search-http: python/injection is due since 2026-09-01; you solved it before, so that meeting it again \
         moves the day on which it is due next and nothing else"
    );
    assert_eq!(next(&progress, &due, Some(Language::Go)), None);
}

#[test]
fn a_finding_leads_to_the_exercise_of_its_rule() {
    let catalogue = Catalogue::read(&fixtures()).unwrap();
    let progress = Progress::default();
    let met = |rule: &str, cwe: u32, language| Met {
        rule: RuleId::new(rule),
        cwe: vec![Cwe(cwe)],
        language,
        severity: Severity::High,
    };
    let of = |met: &Met| {
        choose::for_weakness(&catalogue, met, &progress)
            .map(|p| format!("{}: {}", p.scenario.id, p.why))
    };
    assert_eq!(
        of(&met("sql-injection", 89, Some(Language::Python))).unwrap(),
        "py-search-http: it trains the rule `sql-injection` in python"
    );
    assert_eq!(
        of(&met("B608", 89, Some(Language::Go))).unwrap(),
        "py-search-http: it is about CWE-89 (in python; there is none for go yet)"
    );
    assert_eq!(of(&met("weak-hash", 328, None)), None);
    assert_eq!(
        choose::language_of("src/Dockerfile.dev"),
        Some(Language::Dockerfile)
    );
    assert_eq!(choose::language_of("a/b.tsx"), Some(Language::TypeScript));
    assert_eq!(choose::language_of("LICENSE"), None);
}

#[test]
fn a_finding_that_leads_to_a_harder_exercise_says_that_the_easier_one_is_done() {
    // Two exercises of one rule, the second harder.
    let place = tempfile::tempdir().unwrap();
    let files = trueline_scenarios::Tree::read(&fixtures().join("py-search-http")).unwrap();
    let text = files.text("scenario.toml").unwrap();
    for (id, difficulty) in [("py-search-http", "-1.0"), ("py-search-more", "1.0")] {
        let lines = text.lines().map(|line| match line.split(' ').next() {
            Some("id") => format!("id = \"{id}\""),
            Some("difficulty") => format!("difficulty = {difficulty}"),
            _ => line.to_owned(),
        });
        let mut files = files.clone();
        files.insert("scenario.toml", lines.collect::<Vec<_>>().join("\n"));
        files.write(&place.path().join(id)).unwrap();
    }
    let catalogue = Catalogue::read(place.path()).unwrap();
    let met = Met {
        rule: RuleId::new("sql-injection"),
        cwe: vec![Cwe(89)],
        language: Some(Language::Python),
        severity: Severity::High,
    };
    let mut progress = Progress::default();
    let mut proposed = || {
        let proposal = choose::for_weakness(&catalogue, &met, &progress).unwrap();
        let told = format!("{}: {}", proposal.scenario.id, proposal.why);
        let id = proposal.scenario.id.as_str();
        progress
            .attempts
            .push(attempt(id, AttemptOutcome::Fixed, Aid::Unaided));
        told
    };
    let trains = "it trains the rule `sql-injection` in python";
    assert_eq!(proposed(), format!("py-search-http: {trains}"));
    assert_eq!(
        proposed(),
        format!("py-search-more: {trains}; you solved `py-search-http`, which is easier, before")
    );
    assert_eq!(
        proposed(),
        format!("py-search-http: {trains}; you solved it before")
    );
}

#[test]
fn seeds_show_both_twins() {
    let catalogue = Catalogue::read(&fixtures()).unwrap();
    let progress = Progress::default();
    let unsafe_ones = (0..200)
        .filter(|seed| {
            review::choose(&catalogue, &progress, &Unanswered::default(), None, *seed)
                .unwrap()
                .twin
                == Twin::Unsafe
        })
        .count();
    assert!((70..=130).contains(&unsafe_ones), "{unsafe_ones} of 200");
    let none = Unanswered::default();
    let item = Some("py-search-http-r1");
    let shown = review::choose(&catalogue, &progress, &none, item, 3).unwrap();
    assert!(shown.is_at(4) && !shown.is_at(3));
    let added = review::numbered(shown.diff())
        .into_iter()
        .filter(|(_, line)| line.starts_with("+ "));
    assert_eq!(
        added.map(|(number, _)| number.unwrap()).collect::<Vec<_>>(),
        [4, 5]
    );
}

#[test]
fn an_item_that_was_left_comes_again_as_it_was_until_it_is_answered() {
    let data = tempfile::tempdir().unwrap();
    let home = Home::at(data.path());
    let catalogue = Catalogue::read(&fixtures()).unwrap();
    let progress = Progress::default();
    let choose = |id, seed| {
        let (left, problem) = Unanswered::read(&home).unwrap();
        assert_eq!(problem, None);
        review::choose(&catalogue, &progress, &left, id, seed).unwrap()
    };
    let first = choose(None, 1);
    assert!(!first.is_again);
    Unanswered::show(&home, &first).unwrap();
    for seed in 0..64 {
        for id in [None, Some("py-search-http-r1"), Some("py-search-http")] {
            let again = choose(id, seed);
            assert_eq!((again.twin, again.seed), (first.twin, 1), "{id:?} {seed}");
            assert!(again.is_again);
        }
    }
    // Nobody but its owner reads what is kept of it.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let kept = fs::metadata(data.path().join("learn/reviews.json")).unwrap();
        assert_eq!(kept.permissions().mode() & 0o777, 0o600);
    }
    Unanswered::answered(&home, "py-search-http-r1").unwrap();
    let twins: Vec<Twin> = (0..64).map(|seed| choose(None, seed).twin).collect();
    assert!(twins.contains(&Twin::Unsafe) && twins.contains(&Twin::Safe));
    fs::write(data.path().join("learn/reviews.json"), "{").unwrap();
    let (left, problem) = Unanswered::read(&home).unwrap();
    assert_eq!(left, Unanswered::default());
    assert!(problem.unwrap().contains("begun anew"));
    // What was damaged is kept, each time.
    assert!(!data.path().join("learn/reviews.json").exists());
    fs::write(data.path().join("learn/reviews.json"), "[").unwrap();
    let (_, problem) = Unanswered::read(&home).unwrap();
    assert!(problem.unwrap().contains("reviews.corrupt-2"));
    for (kept, text) in [("reviews.corrupt-1", "{"), ("reviews.corrupt-2", "[")] {
        assert_eq!(
            fs::read_to_string(data.path().join("learn").join(kept)).unwrap(),
            text
        );
    }
}

/// The fixtures, one of which needs what no machine has.
fn with_a_missing_runtime(id: &str) -> (tempfile::TempDir, Catalogue) {
    let folder = tempfile::tempdir().unwrap();
    for fixture in ["py-search-http", "py-join-call"] {
        let mut tree = files(fixture);
        if fixture == id {
            let text = tree.text("scenario.toml").unwrap();
            let newer = text.replace("python = \">=3.9\"", "python = \">=99\"");
            assert_ne!(newer, text);
            tree.insert("scenario.toml", newer);
        }
        let place = folder.path().join(fixture);
        fs::create_dir(&place).unwrap();
        tree.write(&place).unwrap();
    }
    let catalogue = Catalogue::read(folder.path()).unwrap();
    assert!(catalogue.broken().is_empty(), "{:?}", catalogue.broken());
    (folder, catalogue)
}

#[test]
fn what_runs_here_is_proposed_first_and_what_would_come_before_it_is_named() {
    let here = Catalogue::read(&fixtures()).unwrap();
    let runs = |scenario: &Scenario| trueline_scenarios::missing_runtime(&scenario.definition);
    if here
        .scenarios()
        .iter()
        .any(|scenario| runs(scenario).is_some())
    {
        return;
    }
    let (_folder, catalogue) = with_a_missing_runtime("py-search-http");
    let mut progress = Progress::default();
    let next = |progress: &Progress, met: &[Met]| {
        let proposal = choose::next(&catalogue, progress, &[], met, &[], None).unwrap();
        format!("{}: {}", proposal.scenario.id, proposal.why)
    };
    let met = Met {
        rule: RuleId::new("sql-injection"),
        cwe: vec![Cwe(89)],
        language: Some(Language::Python),
        severity: Severity::High,
    };
    for met in [&[][..], &[met]] {
        let told = next(&progress, met);
        assert!(told.starts_with("py-join-call: "), "{told}");
        assert!(
            told.contains(". `py-search-http` would come first, but python >=99 is needed"),
            "{told}"
        );
    }
    // Where nothing else is left it is proposed all the same, rather than nothing.
    progress
        .attempts
        .push(attempt("py-join-call", AttemptOutcome::Fixed, Aid::Unaided));
    let told = next(&progress, &[]);
    assert!(told.starts_with("py-search-http: "), "{told}");
}

#[test]
fn what_was_folded_is_still_known_as_done() {
    let data = tempfile::tempdir().unwrap();
    let home = Home::at(data.path());
    Progress::append(&home, &attempt("b", AttemptOutcome::Fixed, Aid::Unaided)).unwrap();
    let past = r#"{"schema": "trueline.folded-skills/1", "more": 1, "past": [
        {"kind": "attempt", "scenario": "a", "version": 1, "standing": "fixed", "tries": 3},
        {"kind": "review", "scenario": "a-r1", "version": 1, "standing": "tried", "tries": 1}]}"#;
    std::fs::write(data.path().join("learn/folded.json"), past).unwrap();
    let progress = Progress::read(&home).unwrap();
    assert_eq!(progress.problems, Vec::<String>::new());
    assert_eq!(progress.standing("a", 1), Standing::Fixed);
    assert_eq!(
        progress.standing("a", 2),
        Standing::New,
        "another version is another exercise"
    );
    assert_eq!(
        progress.standing("a-r1", 1),
        Standing::New,
        "a review is no exercise"
    );
    assert_eq!(progress.next_number("a", 1), 4);
    assert_eq!((progress.times("a-r1"), progress.times("b")), (1, 1));
    std::fs::write(data.path().join("learn/folded.json"), "{").unwrap();
    let progress = Progress::read(&home).unwrap();
    assert!(
        progress.problems[0].contains("folded.json"),
        "{:?}",
        progress.problems
    );
    assert_eq!(progress.standing("b", 1), Standing::Fixed);
}

#[test]
fn only_what_a_hook_saw_is_a_witness_and_no_word_takes_it_back() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path();
    assert!(folder::agents(folder).is_empty());
    std::fs::write(
        folder.join(".trueline-agents"),
        "\n{\"tool\":\"claude\",\"file\":\"app.py\"}\n{\"tool\":\n\n{\"tool\":\"codex\",\"file\":\"app.py\"}\n",
    )
    .unwrap();
    let agents = folder::agents(folder);
    let names: Vec<&str> = agents.iter().map(trueline_facts::ToolId::as_str).collect();
    assert_eq!(names, ["claude", "codex"], "a damaged line is no witness");

    let home = Home::at(folder);
    let seen = Attempt {
        aid_basis: AidBasis::Hook,
        ..attempt("a", AttemptOutcome::Fixed, Aid::Assisted)
    };
    Progress::append(&home, &seen).unwrap();
    let talked = Attempt {
        aid: Aid::Unaided,
        aid_basis: AidBasis::Told,
        ..seen
    };
    Progress::append(&home, &talked).unwrap();
    let progress = Progress::read(&home).unwrap();
    assert_eq!(progress.attempts.len(), 1);
    assert_eq!(progress.attempts[0].aid, Aid::Assisted);
}

#[test]
fn the_worst_finding_leads_however_often_a_lesser_one_was_found() {
    let catalogue = Catalogue::read(&fixtures()).unwrap();
    let met = |rule: &str, cwe: u32, severity| Met {
        rule: RuleId::new(rule),
        cwe: vec![Cwe(cwe)],
        language: Some(Language::Python),
        severity,
    };
    let injection = met("sql-injection", 89, Severity::Medium);
    let met = [
        injection.clone(),
        injection.clone(),
        injection,
        met("path-traversal", 22, Severity::High),
    ];
    let next = choose::next(&catalogue, &Progress::default(), &[], &met, &[], None).unwrap();
    assert_eq!(
        format!("{}: {}", next.scenario.id, next.why),
        "py-join-call: `path-traversal` (high) was found at one place of your code; it is about CWE-22 in python"
    );
}

#[test]
fn a_rule_that_helps_an_exercise_is_no_reason_to_offer_it_for_another_weakness() {
    let catalogue = Catalogue::read(&fixtures()).unwrap();
    let progress = Progress::default();
    // The fixture declares the rule; a cookie's flag is no injection.
    let met = Met {
        rule: RuleId::new("sql-injection"),
        cwe: vec![Cwe(614)],
        language: Some(Language::Python),
        severity: Severity::Medium,
    };
    assert!(choose::for_weakness(&catalogue, &met, &progress).is_none());
    let near = choose::nearest_to_weakness(&catalogue, &met, &progress).unwrap();
    assert!(
        near.why
            .starts_with("there is none about this very weakness, and the nearest is about CWE-89"),
        "{}",
        near.why
    );
}
