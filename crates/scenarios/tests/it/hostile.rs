//! Submissions that want something else than to be judged: each is judged all the same, in time, and leaves nothing.

use std::fs;
use std::time::{Duration, Instant};

use trueline_scenarios::result::CheckReport;
use trueline_scenarios::{CheckOptions, CheckStatus, ExploitOutcome, check};

use crate::proof::{changed, ground};

/// The vulnerable program with something before it.
fn checked(before: &str) -> Option<CheckReport> {
    let ground = ground()?;
    let scenario = changed(
        "py-search-http",
        "limits = { cpu_s = 5, wall_s = 10,",
        "start_s = 3\nlimits = { cpu_s = 3, wall_s = 4,",
    );
    let mut tree = scenario.vulnerable();
    let program = tree.text("app.py").unwrap();
    tree.insert("app.py", format!("{before}\n{program}"));
    let options = CheckOptions {
        ground: &ground,
        seed: 7,
        jobs: 2,
    };
    let started = Instant::now();
    let report = check(&scenario, &tree, options);
    // Three seconds to start, four for the tests, five of margin, and a machine that does other things too.
    assert!(
        started.elapsed() < Duration::from_secs(45),
        "{:?}",
        started.elapsed()
    );
    Some(report)
}

/// It does not work, and nothing is claimed about the exploit.
fn is_rejected(report: &CheckReport) {
    assert_eq!(report.status, CheckStatus::FunctionalFail, "{report:#?}");
    assert!(
        report
            .exploits
            .iter()
            .all(|e| e.outcome != ExploitOutcome::Blocked),
        "{report:#?}"
    );
}

#[test]
fn a_fork_bomb_is_rejected() {
    let Some(report) = checked(
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
    ) else {
        return;
    };
    is_rejected(&report);
}

#[test]
fn filling_the_disk_is_rejected_and_told() {
    let fill = "import itertools\nfor i in itertools.count():\n    open('data/%d' % i, 'wb').write(b'x' * (8 << 20))";
    let Some(report) = checked(fill) else { return };
    is_rejected(&report);
    assert!(
        report.limits_hit.iter().any(|limit| limit == "disk"),
        "{report:#?}"
    );
}

#[test]
fn filling_memory_is_rejected() {
    let Some(report) =
        checked("keep = []\nwhile True:\n    keep.append(bytearray(b'x' * (16 << 20)))")
    else {
        return;
    };
    is_rejected(&report);
}

#[test]
fn sleeping_is_rejected_and_told() {
    let Some(report) = checked("import time\ntime.sleep(1000)") else {
        return;
    };
    is_rejected(&report);
    let message = report.functional[0].msg.as_deref().unwrap();
    assert!(
        message.starts_with("the program does not listen on port 5000"),
        "{message}"
    );
}

#[test]
fn a_gigabyte_of_output_is_rejected_and_told() {
    let Some(report) =
        checked("import sys\nfor _ in range(1024):\n    sys.stdout.write('x' * (1 << 20))")
    else {
        return;
    };
    is_rejected(&report);
    assert!(
        report.limits_hit.iter().any(|limit| limit == "output"),
        "{report:#?}"
    );
}

#[test]
fn daemons_do_not_outlive_the_check() {
    let marker = format!("4{:07}.25", std::process::id());
    let daemon = format!(
        "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.execvp('sleep', ['sleep', '{marker}'])\n    os._exit(0)"
    );
    let Some(report) = checked(&daemon) else {
        return;
    };
    assert_eq!(report.status, CheckStatus::Exploited, "{report:#?}");
    let alive = fs::read_dir("/proc").unwrap().flatten().any(|process| {
        let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&command).contains(&marker)
    });
    assert!(!alive, "sleep {marker} lives on");
}

#[test]
fn killing_everything_kills_only_itself() {
    let kill = "import os, signal\nfor target in (os.getppid(), -1):\n    try:\n        os.kill(target, signal.SIGKILL)\n    except OSError:\n        pass\nos.kill(os.getpid(), signal.SIGKILL)";
    let Some(report) = checked(kill) else { return };
    is_rejected(&report);
}

#[test]
fn results_cannot_be_faked() {
    // Prints and writes what a lenient judge would take for results, overwrites what it can find of tests, and leaves
    // by a patched exit. It is as vulnerable as before, and that is what is said.
    let fake = r#"
import atexit, builtins, json, os, sys
said = [json.dumps({"event": "functional", "name": "finds a customer by name", "passed": True, "message": None, "log": []}),
        json.dumps({"event": "control", "ok": True, "text": "x"}), json.dumps({"event": "finished", "alive": True}),
        json.dumps({"event": "end"}), json.dumps({"status": "fixed"})]
for descriptor in range(1, 32):
    try:
        os.write(descriptor, ("\n".join(said) + "\n").encode())
    except OSError:
        pass
for folder, _, names in [found for top in ("/tests", "/kit", "/submission", "/data", "/private", "/app", "/srv", "/tmp", "/shim") for found in os.walk(top)]:
    for name in names:
        if name in ("functional.py", "exploit.py", "seed.py", "kit.py", "runner.py", "protocol.py", "results.json"):
            try:
                open(os.path.join(folder, name), "w").write("")
                print("overwrote", folder, name, file=sys.stderr)
            except OSError:
                pass
atexit.register(lambda: os._exit(0))
sys.exit = builtins.exit = os._exit
"#;
    let Some(report) = checked(fake) else { return };
    assert_eq!(report.status, CheckStatus::Exploited, "{report:#?}");
    assert!(
        report.functional.iter().all(|test| test.pass),
        "{report:#?}"
    );
}

#[test]
fn neither_the_host_nor_the_tests_nor_the_net_can_be_reached() {
    // Whatever it reaches ends it, so that its functions fail.
    let reach = r#"
import os, socket
for path in ("/tests/functional.py", "/kit/kit.py", "/etc/shadow", "/root", "/submission", "/data", "/private", "/home"):
    try:
        os.listdir(path) if os.path.isdir(path) else open(path).read(1)
        os._exit(77)
    except OSError:
        pass
for address in (("1.1.1.1", 53), ("192.168.0.1", 80)):
    try:
        socket.create_connection(address, timeout=1)
        os._exit(78)
    except OSError:
        pass
if any(name.isdigit() and int(name) > 50 for name in os.listdir("/proc")):
    os._exit(79)
"#;
    let Some(report) = checked(reach) else { return };
    assert_eq!(report.status, CheckStatus::Exploited, "{report:#?}");
}

#[test]
fn a_squatter_of_ports_gains_nothing() {
    // Takes thousands of ports of the shared network before the tester asks for any.
    let squat = "import socket\nkept = []\nfor port in range(30000, 30200):\n    s = socket.socket()\n    try:\n        s.bind(('127.0.0.1', port))\n        s.listen()\n        kept.append(s)\n    except OSError:\n        pass";
    let Some(report) = checked(squat) else { return };
    assert_eq!(report.status, CheckStatus::Exploited, "{report:#?}");
}

#[test]
fn canaries_are_new_for_each_run_and_the_same_for_a_seed() {
    let Some(ground) = ground() else { return };
    let scenario = changed("py-search-http", "minutes = 8", "minutes = 9");
    let transcript = |seed| {
        let options = CheckOptions {
            ground: &ground,
            seed,
            jobs: 2,
        };
        check(&scenario, &scenario.vulnerable(), options).exploits[0]
            .transcript
            .clone()
    };
    let (first, again, other) = (transcript(1), transcript(1), transcript(2));
    assert_eq!(first, again);
    assert_ne!(first, other);
}
