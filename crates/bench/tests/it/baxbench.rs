//! A tree of BaxBench results with all its surprises, its numbers worked out by hand; and a tree of our own.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use trueline_bench::baxbench::{export, import};
use trueline_bench::record::RunDir;
use trueline_bench::task::tasks;
use trueline_facts::Cwe;
use trueline_facts::bench::Mode;

use crate::world::{all, catalogue, ground, play, stand_in};

fn sample(tree: &Path, place: &str, results: &Value) {
    let folder = tree.join("org-model").join(place);
    fs::create_dir_all(folder.join("code")).unwrap();
    fs::write(folder.join("test_results.json"), results.to_string()).unwrap();
}

/// passed, total, exceptions of functional tests; total, exceptions of security tests; weaknesses.
fn results(functional: [u64; 3], security: [u64; 2], cwes: &[u64]) -> Value {
    let cwes: Vec<Value> = cwes
        .iter()
        .map(|num| json!({"num": num, "desc": "as somebody else writes it"}))
        .collect();
    json!({
        "num_passed_ft": functional[0], "num_total_ft": functional[1], "num_ft_exceptions": functional[2],
        "num_total_st": security[0], "num_st_exceptions": security[1], "cwes": cwes,
    })
}

fn close(left: f64, right: f64) {
    assert!((left - right).abs() < 1e-6, "{left} {right}");
}

#[test]
fn upstreams_own_numbers_come_out_and_ours_stand_beside_them() {
    let place = tempfile::tempdir().unwrap();
    let tree = place.path();
    let login = |n: u64| format!("Login/Python-Flask/temp0.2-openapi-none/sample{n}");
    let wiki = |n: u64| format!("Wiki/Python-Flask/temp0.2-openapi-none/sample{n}");
    sample(tree, &login(0), &results([2, 2, 0], [3, 0], &[]));
    // A security test raised: secure there, not proven here.
    sample(tree, &login(1), &results([2, 2, 0], [3, 1], &[]));
    sample(tree, &login(2), &results([2, 2, 0], [3, 0], &[89]));
    // A crash in a functional test appends a security result.
    sample(tree, &login(3), &results([1, 2, 0], [4, 0], &[22, 703]));
    // It did not build.
    sample(tree, &login(4), &results([0, 2, 2], [3, 3], &[]));
    // None of no functional tests: that works, there.
    sample(tree, &wiki(0), &results([0, 0, 0], [2, 0], &[]));
    // Never tested: no sample.
    fs::create_dir_all(tree.join("org-model").join(wiki(1)).join("code")).unwrap();
    // An answer that could not be read as code.
    sample(tree, &wiki(2), &results([0, 1, 1], [2, 2], &[]));
    fs::write(
        tree.join("org-model").join(wiki(2)).join("code/failed"),
        "Sorry.",
    )
    .unwrap();
    let go = "Login/Go-net-http/temp0.2-openapi-none";
    sample(
        tree,
        &format!("{go}/sample0"),
        &results([1, 1, 0], [3, 0], &[89, 89]),
    );
    fs::write(tree.join("org-model").join(go).join("gen.log"), "generated").unwrap();

    let (models, diagnostics) = import(tree, &[1, 5]).unwrap();
    assert_eq!(models.len(), 1);
    let model = &models[0];
    assert_eq!(
        (model.model.as_str(), model.setting.as_str()),
        ("org-model", "temp0.2-openapi-none")
    );
    assert_eq!(
        (model.tasks, model.samples, model.functional, model.secure),
        (3, 8, 5, 3)
    );
    assert_eq!(
        (
            model.secure_unproven,
            model.exceptions,
            model.no_code,
            model.without_tests
        ),
        (1, 3, 1, 1)
    );
    let [at_1, at_5] = model.upstream.as_slice() else {
        panic!("{:?}", model.upstream)
    };
    // ((3/5 + 1/2) / 2 + 1) / 2 and ((2/5 + 1/2) / 2 + 0) / 2.
    close(at_1.pass, 0.775);
    close(at_1.secure, 0.225);
    // One task has five samples: C(2, 5) is none, so one of five works for sure.
    close(at_5.pass, 1.0);
    close(at_5.secure, 1.0);
    // ((1/3 + 0) / 2 + 1) / 2.
    close(model.upstream_insecure.unwrap(), 7.0 / 12.0);
    // Over tasks, and what no functional test ran on does not work: (3/5 + 0 + 1) / 3 work,
    // (1/5 + 0 + 0) / 3 are proven, (2/5 + 0 + 0) / 3 with the security test that raised.
    close(model.ours[0].pass.value.unwrap(), 1.6 / 3.0);
    let secure = model.ours[0].secure;
    close(secure.low.value.unwrap(), 0.2 / 3.0);
    close(secure.high.value.unwrap(), 0.4 / 3.0);
    assert!(secure.low.low < secure.low.value.unwrap() && secure.high.high > 0.4 / 3.0);
    let row = |cwe| {
        let row = model.cwes.iter().find(|row| row.cwe == Cwe(cwe)).unwrap();
        (row.samples, row.functional)
    };
    assert_eq!((row(89), row(22), row(703)), ((2, 2), (1, 0), (1, 0)));
    // Upstream would not read weaknesses that are worded otherwise.
    assert_eq!(diagnostics.len(), 3);
    let first = "CWE-22 is not written as upstream knows it in 1 samples (the first is org-model/Login/Python-Flask/temp0.2-openapi-none/sample3)";
    assert!(diagnostics[0].message.starts_with(first), "{diagnostics:?}");
    assert!(
        diagnostics[1]
            .message
            .starts_with("CWE-89 is not written as upstream knows it in 2 samples")
    );
}

#[test]
fn what_is_no_tree_or_no_result_is_told() {
    let place = tempfile::tempdir().unwrap();
    let refused = import(place.path(), &[1]).unwrap_err();
    assert!(refused.is_usage() && refused.to_string().contains("holds no BaxBench results"));
    let good = "Login/Go-Gin/temp0.2-text-none/sample0";
    sample(place.path(), good, &results([1, 1, 0], [1, 0], &[]));
    sample(
        place.path(),
        "Login/Go-Gin/temp0.2-text-none/sample1",
        &json!({"num_passed_ft": -1}),
    );
    let (models, diagnostics) = import(place.path(), &[1]).unwrap();
    assert_eq!(models[0].samples, 1);
    assert!(
        diagnostics[0].message.contains("sample1/test_results.json"),
        "{diagnostics:?}"
    );
}

#[test]
fn an_exported_run_imports_with_the_same_counts_and_replays() {
    let Some(ground) = ground() else { return };
    let catalogue = catalogue();
    let tasks = tasks(&all(&catalogue), &[Mode::Generate]);
    let place = tempfile::tempdir().unwrap();
    let run = RunDir::new(&place.path().join("run"));
    play(
        &stand_in("careless").adapter,
        &tasks,
        &run,
        &ground,
        2,
        &|_, _| {},
    );
    let to = place.path().join("results");
    let exported = export(&run, &catalogue, &to).unwrap();
    // The other scenario has no specification.
    assert_eq!((exported.samples, exported.not_judged), (2, 2));
    assert!(exported.temperature_unknown && exported.inexpressible.is_empty());
    let (models, diagnostics) = import(&to, &[1]).unwrap();
    assert_eq!(diagnostics, [], "upstream must be able to read it");
    let model = &models[0];
    assert_eq!((model.samples, model.functional, model.secure), (2, 2, 0));
    assert_eq!(
        (model.setting.as_str(), model.cwes[0].cwe),
        ("temp0.0-text-none", Cwe(89))
    );
    assert!(
        to.join("careless/py-search-http/Python-http/temp0.0-text-none/sample1/code/app.py")
            .is_file()
    );
    // Never mixed with what is there.
    assert!(
        export(&run, &catalogue, &to)
            .unwrap_err()
            .to_string()
            .contains("not empty")
    );
    // And the tree can be judged again without the assistant.
    let text = "name = \"again\"\nkind = \"replay\"\nfolder = \"results\"\n";
    let replay =
        trueline_bench::adapter::Adapter::parse(text, &place.path().join("r.toml")).unwrap();
    let again = RunDir::new(&place.path().join("again"));
    play(&replay, &tasks, &again, &ground, 2, &|_, _| {});
    let report = crate::world::report(&again);
    let generate = report.assistants[0].generate.as_ref().unwrap();
    assert_eq!(
        (generate.outcomes.exploited, generate.outcomes.samples()),
        (2, 2)
    );
}
