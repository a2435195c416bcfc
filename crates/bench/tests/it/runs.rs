//! Whole runs: numbers that are right, records that survive, runs that go on.

use std::cell::Cell;
use std::fs;
use std::sync::atomic::Ordering;

use trueline_bench::adapter::Adapter;
use trueline_bench::record::RunDir;
use trueline_bench::run::{Event, Finished};
use trueline_bench::task::tasks;
use trueline_facts::bench::Mode;

use crate::world::{all, catalogue, ground, play, report, script, stand_in};

#[test]
fn a_careful_and_a_careless_stand_in_get_the_numbers_they_deserve() {
    let Some(ground) = ground() else { return };
    let catalogue = catalogue();
    let tasks = tasks(&all(&catalogue), &Mode::ALL);
    let place = tempfile::tempdir().unwrap();
    // As texts, which compare.
    let share = |e: trueline_facts::bench::Estimate| format!("{:.3}", e.value.unwrap());
    for (kind, good) in [("careful", true), ("careless", false)] {
        let run = RunDir::new(&place.path().join(kind));
        let finished = play(
            &stand_in(kind).adapter,
            &tasks,
            &run,
            &ground,
            1,
            &|_, _| {},
        );
        assert_eq!(finished, Finished::Whole);
        let mut report = report(&run);
        assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics);
        let assistant = report.assistants.remove(0);
        assert!(assistant.demonstration);
        assert_eq!(assistant.missing_samples, 0);
        assert_eq!(assistant.models, [format!("stand-in-{kind}")]);
        let (wanted, unwanted) = if good {
            ("1.000", "0.000")
        } else {
            ("0.000", "1.000")
        };

        let generate = assistant.generate.unwrap();
        // One of the two scenarios has no specification: said, counted, in no share.
        assert_eq!(generate.tasks, 1);
        assert_eq!(generate.left_out.len(), 1);
        assert!(generate.left_out[0].reason.contains("no specification"));
        assert_eq!(share(generate.pass_at[0].pass), "1.000");
        assert_eq!(share(generate.pass_at[0].secure.low), wanted);

        let repair = assistant.repair.unwrap();
        assert_eq!(repair.outcomes.samples(), 2);
        assert_eq!(share(repair.pass_at[0].secure.low), wanted);
        assert_eq!(share(repair.pass_at[0].secure.high), wanted);
        let row = repair.repair.unwrap();
        assert_eq!(share(row.regressions), "0.000");
        let reference = row.median_reference_lines.filter(|_| good);
        assert_eq!(row.median_changed_lines, reference.or(Some(0.0)));
        assert_eq!(repair.cwes.iter().any(|row| row.exploited > 0), !good);

        let review = assistant.review.unwrap();
        assert_eq!(share(review.recall), "1.000");
        assert_eq!(share(review.told_apart), wanted);
        assert_eq!(share(review.false_alarms), unwanted);
        assert_eq!(
            share(review.precision),
            if good { "1.000" } else { "0.500" }
        );
        assert_eq!(
            share(review.localisation),
            if good { "1.000" } else { "0.005" }
        );
        assert_eq!(share(review.named), wanted);

        // Two programs say nothing about a skill yet.
        let mending = &assistant.abilities[0];
        assert_eq!(
            mending.cells.iter().map(|cell| cell.samples).sum::<u64>(),
            2
        );
        assert!(matches!(
            mending.overall,
            trueline_facts::skill::Standing::NotEnoughEvidence { .. }
        ));
        assert_eq!(assistant.abilities[1].cells[0].samples, 2);

        let resist = assistant.resist.unwrap();
        assert_eq!(share(resist.obeyed), unwanted);
        assert_eq!(share(resist.resisted.low), wanted);
    }
}

#[test]
fn a_run_that_was_stopped_anywhere_goes_on_and_asks_nothing_twice() {
    let Some(ground) = ground() else { return };
    let catalogue = catalogue();
    let tasks = tasks(&all(&catalogue), &[Mode::Repair, Mode::Review]);
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("asked.log");
    let body = format!(
        "open({:?}, 'a').write('asked\\n')\nimport os\nif os.path.exists('change.diff'):\n    open('review.json', 'w').write('{{\"findings\": []}}')\n",
        log.display().to_string()
    );
    let script = script(&body, "");
    let whole = RunDir::new(&place.path().join("whole"));
    play(&script.adapter, &tasks, &whole, &ground, 2, &|_, _| {});
    let asked = || fs::read_to_string(&log).unwrap().lines().count();
    let samples = tasks.len() * 2;
    assert_eq!(asked(), samples);

    fs::remove_file(&log).unwrap();
    let stopped = RunDir::new(&place.path().join("stopped"));
    let mut rounds = 0;
    loop {
        let begun = Cell::new(0);
        let finished = play(
            &script.adapter,
            &tasks,
            &stopped,
            &ground,
            2,
            &|event, interrupt| {
                if matches!(event, Event::Begin(..)) {
                    begun.set(begun.get() + 1);
                    // The second one is interrupted while it is at work.
                    if begun.get() == 2 {
                        interrupt.store(true, Ordering::SeqCst);
                    }
                }
            },
        );
        rounds += 1;
        if finished == Finished::Whole {
            break;
        }
        assert!(rounds < 50);
    }
    assert!(rounds > 2);
    assert_eq!(report(&stopped), report(&whole));
    // Those that were at work when they were stopped may have been begun before; none that answered was asked again.
    assert!(
        asked() >= samples && asked() < samples + rounds,
        "{} of {samples} in {rounds}",
        asked()
    );

    // Once more: nothing is left to do.
    let before = asked();
    play(
        &script.adapter,
        &tasks,
        &stopped,
        &ground,
        2,
        &|event, _| {
            assert!(!matches!(event, Event::Begin(..)), "{event:?}");
        },
    );
    assert_eq!(asked(), before);
}

#[test]
fn an_answer_without_a_verdict_is_judged_and_not_asked_for_again() {
    let Some(ground) = ground() else { return };
    let catalogue = catalogue();
    let tasks = tasks(&all(&catalogue), &[Mode::Review]);
    let place = tempfile::tempdir().unwrap();
    let run = RunDir::new(&place.path().join("run"));
    let stand_in = stand_in("careful");
    play(&stand_in.adapter, &tasks, &run, &ground, 1, &|_, _| {});
    let before = report(&run);
    let sample = run
        .path()
        .join("samples")
        .join(tasks[0].key())
        .join("sample0");
    fs::remove_file(sample.join("verdict.json")).unwrap();
    assert_eq!(report(&run).assistants[0].missing_samples, 1);
    // The assistant is gone; the verdict comes all the same.
    let gone = Adapter {
        kind: trueline_bench::adapter::AdapterKind::Command(
            match script("raise SystemExit(1)", "").adapter.kind {
                trueline_bench::adapter::AdapterKind::Command(command) => command,
                _ => unreachable!(),
            },
        ),
        ..stand_in.adapter
    };
    play(&gone, &tasks, &run, &ground, 1, &|_, _| {});
    assert_eq!(report(&run), before);
}

#[test]
fn a_broken_record_is_told_set_aside_and_made_anew() {
    let Some(ground) = ground() else { return };
    let catalogue = catalogue();
    let tasks = tasks(&all(&catalogue), &[Mode::Review]);
    let place = tempfile::tempdir().unwrap();
    let run = RunDir::new(&place.path().join("run"));
    let adapter = stand_in("careful").adapter;
    play(&adapter, &tasks, &run, &ground, 1, &|_, _| {});
    let before = report(&run);
    let sample = run
        .path()
        .join("samples")
        .join(tasks[0].key())
        .join("sample0");
    for damage in ["record.json", "verdict.json"] {
        let file = sample.join(damage);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, &text[..text.len() / 2]).unwrap();
        let told = report(&run);
        assert_eq!(told.diagnostics.len(), 1, "{:?}", told.diagnostics);
        assert!(told.diagnostics[0].message.contains(damage));
        let left_out = &told.assistants[0].review.as_ref().unwrap().left_out;
        assert_eq!(left_out[0].samples, 1);
        let aside = Cell::new(0);
        play(&adapter, &tasks, &run, &ground, 1, &|event, _| {
            if let Event::SetAside(_, why, path) = event {
                assert!(why.contains(damage) && path.exists());
                aside.set(aside.get() + 1);
            }
        });
        assert_eq!(aside.get(), 1);
        assert_eq!(report(&run), before);
    }
    // An answer that is not what was recorded, and not judged yet.
    fs::remove_file(sample.join("verdict.json")).unwrap();
    fs::write(sample.join("files/review.json"), "{\"findings\": [1]}").unwrap();
    play(&adapter, &tasks, &run, &ground, 1, &|_, _| {});
    assert_eq!(report(&run), before);
    // A header that leads out of the folder.
    let header = run.path().join("run.json");
    let text = fs::read_to_string(&header).unwrap();
    fs::write(
        &header,
        text.replace("review/py-search-http", "review/../../../../tmp"),
    )
    .unwrap();
    assert!(
        run.header()
            .unwrap_err()
            .to_string()
            .contains("tasks that no run has")
    );
    fs::write(&header, "{").unwrap();
    assert!(run.header().unwrap_err().is_usage());
}

#[test]
fn a_replay_judges_what_was_recorded() {
    let Some(ground) = ground() else { return };
    let catalogue = catalogue();
    let tasks = tasks(&all(&catalogue), &Mode::ALL);
    let place = tempfile::tempdir().unwrap();
    let run = RunDir::new(&place.path().join("run"));
    play(
        &stand_in("careless").adapter,
        &tasks,
        &run,
        &ground,
        1,
        &|_, _| {},
    );
    let text = "name = \"careless\"\nkind = \"replay\"\nfolder = \"run\"\ndemonstration = true\n";
    let replay = Adapter::parse(text, &place.path().join("replay.toml")).unwrap();
    let again = RunDir::new(&place.path().join("again"));
    play(&replay, &tasks, &again, &ground, 1, &|_, _| {});
    let (mut first, mut second) = (report(&run), report(&again));
    assert_eq!(second.assistants[0].adapter, "replay");
    for report in [&mut first, &mut second] {
        report.assistants[0].adapter.clear();
    }
    assert_eq!(first, second);
}

#[test]
fn runs_that_do_not_compare_are_not_mixed() {
    let Some(ground) = ground() else { return };
    let catalogue = catalogue();
    let tasks = tasks(&all(&catalogue), &[Mode::Review]);
    let place = tempfile::tempdir().unwrap();
    let run = RunDir::new(&place.path().join("run"));
    play(
        &stand_in("careful").adapter,
        &tasks,
        &run,
        &ground,
        1,
        &|_, _| {},
    );
    let interrupt = std::sync::atomic::AtomicBool::new(false);
    let options = trueline_bench::run::RunOptions {
        version: "0.0.0",
        samples: 1,
        seed: None,
        safety: trueline_bench::task::Safety::None,
        again: false,
        jobs: 1,
        ground: Some(&ground),
        interrupt: &interrupt,
    };
    let other = stand_in("careless");
    let refused = trueline_bench::run::run(&other.adapter, &tasks, &run, options, &|_| {});
    assert!(refused.unwrap_err().to_string().contains("another adapter"));
    // And two processes do not write one run.
    let _held = run.lock().unwrap();
    let own = stand_in("careful");
    let refused = trueline_bench::run::run(&own.adapter, &tasks, &run, options, &|_| {});
    assert!(refused.unwrap_err().to_string().contains("another process"));
    drop(own.folder);
}

#[test]
fn a_limit_on_cost_stops_the_run() {
    let Some(ground) = ground() else { return };
    let catalogue = catalogue();
    let tasks = tasks(&all(&catalogue), &[Mode::Review]);
    let place = tempfile::tempdir().unwrap();
    let run = RunDir::new(place.path());
    let body = "open('review.json', 'w').write('{\"findings\": []}')\nprint('{\"cost\": 0.75}')\n";
    let script = script(body, "max_cost_usd = 1.0\n[usage]\ncost_usd = \"/cost\"\n");
    let finished = play(&script.adapter, &tasks, &run, &ground, 5, &|_, _| {});
    assert_eq!(finished, Finished::CostLimit);
    let spent = report(&run).assistants[0].spent;
    assert_eq!((spent.answers, spent.told_cost), (2, 2));
    // A higher limit goes on with the same run.
    let raised = crate::world::script(body, "max_cost_usd = 2.0\n[usage]\ncost_usd = \"/cost\"\n");
    let finished = play(&raised.adapter, &tasks, &run, &ground, 5, &|_, _| {});
    assert_eq!(finished, Finished::CostLimit);
    assert_eq!(report(&run).assistants[0].spent.answers, 3);
}

#[test]
fn failures_are_no_answers_and_unreadable_reviews_miss() {
    let Some(ground) = ground() else { return };
    let catalogue = catalogue();
    let tasks = tasks(&all(&catalogue), &[Mode::Repair, Mode::Review]);
    let place = tempfile::tempdir().unwrap();
    let run = RunDir::new(place.path());
    let body = "import os\nif not os.path.exists('change.diff'):\n    raise SystemExit(3)\nopen('review.json', 'w').write('looks fine to me')\n";
    play(
        &script(body, "").adapter,
        &tasks,
        &run,
        &ground,
        1,
        &|_, _| {},
    );
    let report = report(&run);
    let repair = report.assistants[0].repair.as_ref().unwrap();
    assert_eq!(
        (repair.outcomes.no_answer, repair.outcomes.functional_fail),
        (2, 0)
    );
    let review = report.assistants[0].review.as_ref().unwrap();
    assert_eq!(review.no_answer, review.samples);
    assert_eq!(review.told_apart.value, Some(0.0));
    assert_eq!(review.false_alarms.value, Some(0.0));
}

#[test]
fn who_wrote_nothing_in_a_mode_has_no_score_there_and_not_nought() {
    let Some(ground) = ground() else { return };
    let catalogue = catalogue();
    let modes = [Mode::Repair, Mode::Review, Mode::Resist];
    let tasks = tasks(&all(&catalogue), &modes);
    let place = tempfile::tempdir().unwrap();
    let run = RunDir::new(place.path());
    // Answers to repair alone; a task with an injected instruction names the file that it stands in.
    let body = "import os, sys\nif os.path.exists('change.diff') or '` first: ' in open(sys.argv[1]).read():\n    raise SystemExit(3)\nfor name in ('app.py', 'files.py'):\n    if os.path.exists(name):\n        open(name, 'a').write('\\n')\n";
    let script = script(body, "");
    play(&script.adapter, &tasks, &run, &ground, 2, &|_, _| {});
    let assistant = report(&run).assistants.remove(0);
    assert!(!assistant.silent);
    assert_eq!(assistant.repair.unwrap().outcomes.no_answer, 0);
    let resist = assistant.resist.unwrap();
    assert_eq!((resist.samples, resist.no_answer), (4, 4));
    for estimate in [resist.obeyed, resist.completed.high, resist.resisted.low] {
        assert_eq!(estimate.value, None);
    }
    assert!(!resist.channels.is_empty());
    for row in &resist.channels {
        assert_eq!(row.obeyed.value, None, "{row:?}");
    }
    let review = assistant.review.unwrap();
    assert_eq!(review.no_answer, review.samples);
    assert!(review.pairs > 0);
    for estimate in [review.told_apart, review.recall, review.false_alarms] {
        assert_eq!(estimate.value, None);
    }
}

#[test]
fn a_missing_runtime_is_counted_with_its_reason_and_nobody_is_asked() {
    let Some(ground) = ground() else { return };
    let place = tempfile::tempdir().unwrap();
    let mut files =
        trueline_scenarios::Tree::read(&crate::world::fixtures().join("py-join-call")).unwrap();
    let text = files.text("scenario.toml").unwrap();
    let newer = text.replace("python = \">=3.9\"", "python = \">=99\"");
    assert_ne!(newer, text);
    files.insert("scenario.toml", newer);
    let folder = place.path().join("scenarios/py-join-call");
    fs::create_dir_all(&folder).unwrap();
    files.write(&folder).unwrap();
    let catalogue = trueline_scenarios::Catalogue::read(&place.path().join("scenarios")).unwrap();
    assert!(catalogue.broken().is_empty(), "{:?}", catalogue.broken());
    let tasks = tasks(&all(&catalogue), &[Mode::Repair, Mode::Resist]);
    let run = RunDir::new(&place.path().join("run"));
    let asked = place.path().join("asked");
    let body = format!("open({:?}, 'w')\n", asked.display().to_string());
    let finished = play(
        &script(&body, "").adapter,
        &tasks,
        &run,
        &ground,
        2,
        &|_, _| {},
    );
    assert_eq!(finished, Finished::Whole);
    assert!(!asked.exists());
    let report = trueline_bench::summary::report(&[run], &catalogue, "0.0.0").unwrap();
    let repair = report.assistants[0].repair.as_ref().unwrap();
    assert_eq!((repair.tasks, repair.left_out[0].samples), (0, 2));
    assert!(
        repair.left_out[0].reason.contains("99"),
        "{:?}",
        repair.left_out
    );
    assert_eq!(
        report.assistants[0].resist.as_ref().unwrap().left_out[0].samples,
        2
    );
    assert_eq!(report.assistants[0].missing_samples, 0);
}

#[test]
fn samples_without_an_answer_are_asked_again_only_if_that_is_wanted() {
    let Some(ground) = ground() else { return };
    let catalogue = catalogue();
    let tasks = tasks(&all(&catalogue), &[Mode::Review]);
    let place = tempfile::tempdir().unwrap();
    let run = RunDir::new(&place.path().join("run"));
    let up = place.path().join("up");
    let body = format!(
        "import os\nif not os.path.exists({:?}):\n    raise SystemExit(1)\nopen('review.json', 'w').write('{{\"findings\": []}}')\n",
        up.display().to_string()
    );
    let script = script(&body, "");
    let without = || {
        let review = report(&run).assistants.remove(0).review.unwrap();
        (review.samples, review.no_answer)
    };
    fs::write(&up, "").unwrap();
    play(&script.adapter, &tasks[..1], &run, &ground, 1, &|_, _| {});
    fs::remove_file(&up).unwrap();
    play(&script.adapter, &tasks, &run, &ground, 1, &|_, _| {});
    assert_eq!(without(), (2, 1));
    fs::write(&up, "").unwrap();
    play(&script.adapter, &tasks, &run, &ground, 1, &|_, _| {});
    assert_eq!(without(), (2, 1));
    crate::world::play_again(&script.adapter, &tasks, &run, &ground, 1, true, &|_, _| {});
    assert_eq!(without(), (2, 0));
}

#[test]
fn one_that_never_answers_has_no_score_and_is_asked_again() {
    let Some(ground) = ground() else { return };
    let catalogue = catalogue();
    let tasks = tasks(&all(&catalogue), &[Mode::Repair, Mode::Review]);
    let place = tempfile::tempdir().unwrap();
    let run = RunDir::new(&place.path().join("run"));
    let dead = script("raise SystemExit('no key')\n", "");
    let finished = play(&dead.adapter, &tasks, &run, &ground, 1, &|_, _| {});
    assert_eq!(finished, Finished::Whole);
    let assistant = report(&run).assistants.remove(0);
    assert!(assistant.silent);
    assert!(assistant.repair.is_none() && assistant.review.is_none());
    let [cause] = assistant.no_answers.as_slice() else {
        panic!("{:?}", assistant.no_answers)
    };
    assert_eq!(cause.reason, "it ended with exit status 1");
    assert_eq!(cause.samples, tasks.len() as u64);
    assert_eq!(cause.said.as_deref(), Some("no key"));
    // Mended, it is another adapter: there is nothing that could be mixed with its answers.
    let works = "import os\nif os.path.exists('change.diff'):\n    open('review.json', 'w').write('{\"findings\": []}')\n";
    let mended = script(works, "timeout_s = 60\n");
    play(&mended.adapter, &tasks, &run, &ground, 1, &|_, _| {});
    let assistant = report(&run).assistants.remove(0);
    assert!(
        !assistant.silent && assistant.no_answers.is_empty(),
        "{assistant:?}"
    );
    assert_eq!(assistant.review.unwrap().no_answer, 0);
    // Now there are answers, and another adapter is refused as ever.
    let interrupt = std::sync::atomic::AtomicBool::new(false);
    let options = trueline_bench::run::RunOptions {
        version: "0.0.0",
        samples: 1,
        seed: None,
        safety: trueline_bench::task::Safety::None,
        again: false,
        jobs: 1,
        ground: Some(&ground),
        interrupt: &interrupt,
    };
    let refused = trueline_bench::run::run(&dead.adapter, &tasks, &run, options, &|_| {});
    assert!(refused.unwrap_err().to_string().contains("another adapter"));
}

#[test]
fn nobody_waits_for_a_thousand_questions_to_one_that_never_answers() {
    let Some(ground) = ground() else { return };
    let catalogue = catalogue();
    let tasks = tasks(&all(&catalogue), &[Mode::Review]);
    let place = tempfile::tempdir().unwrap();
    let run = RunDir::new(&place.path().join("run"));
    let dead = script("raise SystemExit(1)\n", "");
    let finished = play(&dead.adapter, &tasks, &run, &ground, 100, &|_, _| {});
    assert_eq!(finished, Finished::Silent);
    let assistant = report(&run).assistants.remove(0);
    assert_eq!(assistant.no_answers[0].samples, 20);
    assert!(assistant.silent && assistant.missing_samples > 100);
    // One answer among many failures is an assistant that is measured.
    let log = place.path().join("once");
    let body = format!(
        "import os\nif os.path.exists({0:?}):\n    raise SystemExit(1)\nopen({0:?}, 'w')\nopen('review.json', 'w').write('{{\"findings\": []}}')\n",
        log.display().to_string()
    );
    let poor = script(&body, "");
    let run = RunDir::new(&place.path().join("poor"));
    let finished = play(&poor.adapter, &tasks, &run, &ground, 12, &|_, _| {});
    assert_eq!(finished, Finished::Whole);
    assert!(!report(&run).assistants[0].silent);
}

/// Rewrites a JSON file of a sample.
fn rewrite(file: &std::path::Path, change: impl FnOnce(&mut serde_json::Value)) {
    let mut value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    change(&mut value);
    fs::write(file, value.to_string()).unwrap();
}

#[test]
fn what_was_missing_is_looked_for_again_and_only_what_was_not_asked_is_asked() {
    let Some(ground) = ground() else { return };
    let catalogue = catalogue();
    let tasks = tasks(&all(&catalogue), &[Mode::Repair]);
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("asked.log");
    let body = format!(
        "open({:?}, 'a').write('asked\\n')\n",
        log.display().to_string()
    );
    let script = script(&body, "");
    let run = RunDir::new(&place.path().join("run"));
    play(&script.adapter, &tasks, &run, &ground, 1, &|_, _| {});
    let before = report(&run);
    let asked = || fs::read_to_string(&log).unwrap().lines().count();
    assert_eq!(asked(), tasks.len());
    let sample = |at: usize| {
        let samples = run.path().join("samples");
        samples.join(tasks[at].key()).join("sample0")
    };
    // As a machine without the runtime leaves the first, and one without isolation the second.
    rewrite(&sample(0).join("record.json"), |record| {
        record["answer"] = "not_asked".into();
        record["reason"] = "python >=3.9 is needed and not installed".into();
    });
    fs::remove_file(sample(0).join("verdict.json")).unwrap();
    for status in ["skipped", "error"] {
        rewrite(&sample(1).join("verdict.json"), |verdict| {
            verdict["status"] = status.into();
            verdict["exploits"] = serde_json::json!([]);
        });
        let again = usize::from(status == "skipped");
        let known = asked();
        play(&script.adapter, &tasks, &run, &ground, 1, &|_, _| {});
        assert_eq!(asked(), known + again, "{status}");
        assert_eq!(report(&run), before, "{status}");
    }
}

#[test]
fn a_limit_on_cost_that_nothing_could_reach_is_refused() {
    let parse = |text: &str| {
        let file = std::path::Path::new("a.toml");
        Adapter::parse(text, file)
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    let command = "name = \"a\"\nkind = \"command\"\ncommand = [\"a\"]\nmax_cost_usd = 1.0\n";
    let openai = "name = \"a\"\nkind = \"openai\"\nendpoint = \"https://127.0.0.1:9/v1\"\nmodel = \"m\"\nmax_cost_usd = 1.0\n";
    for (text, needed) in [
        (command.to_owned(), "cost_usd"),
        (
            format!("{command}[usage]\nmodel = \"/model\"\n"),
            "cost_usd",
        ),
        (openai.to_owned(), "usd_per_million_input"),
        (
            format!("{openai}usd_per_million_input = 1.0\n"),
            "usd_per_million_output",
        ),
        (command.replace("1.0", "-1.0"), "above 0"),
        (command.replace("1.0", "nan"), "above 0"),
    ] {
        let why = parse(&text).unwrap_err();
        assert!(why.contains("a.toml:") && why.contains(needed), "{why}");
    }
    parse(&format!("{command}[usage]\ncost_usd = \"/cost\"\n")).unwrap();
    parse(&format!(
        "{openai}usd_per_million_input = 1.0\nusd_per_million_output = 2.0\n"
    ))
    .unwrap();
}
