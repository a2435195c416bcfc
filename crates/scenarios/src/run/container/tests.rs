//! Command lines word by word, and what needs no engine.

use super::engine::{NOBODY, answers};
use super::*;

fn invocation(engine: Engine) -> Invocation<'static> {
    Invocation {
        engine,
        user: NOBODY.to_owned(),
        name: "trueline-1-program-1",
        image: image("node"),
        network: "container:trueline-1-tester".to_owned(),
        limits: Limits {
            cpu_s: 5,
            wall_s: 10,
            mem_mb: 256,
            pids: 64,
        },
        mounts: vec![
            ("/tmp/t/app-1".into(), "/app", Access::Write),
            ("/tmp/t/private".into(), "/srv/private", Access::Read),
        ],
        folder: "/app",
        env: vec![("SECRET".to_owned(), "a b".to_owned())],
        interactive: false,
        argv: vec!["node".to_owned(), "app.mjs".to_owned()],
    }
}

const BEGINNING: &str = "run|--rm|--pull|never|--name|trueline-1-program-1|--network|container:trueline-1-tester\
    |--log-driver|none|--stop-signal|KILL|--user|65534:65534|--cap-drop|ALL|--security-opt|no-new-privileges|--pids-limit|64\
    |--memory|256m|--memory-swap|256m|--ulimit|cpu=5:5|--ulimit|fsize=52428800:52428800|--ulimit|nofile=256:256\
    |--ulimit|core=0:0|--tmpfs|/tmp:rw,nosuid,nodev,size=64m|--workdir|/app|--read-only\
    |--mount|type=bind,src=/tmp/t/app-1,dst=/app|--mount|type=bind,src=/tmp/t/private,dst=/srv/private,readonly";
const END: &str = "--env|SECRET=a b|docker.io/library/node:22|node|app.mjs";

#[test]
fn a_program_runs_without_rights_and_reaches_nothing_but_its_tester() {
    let no_proxies = [
        (Engine::Podman, "--http-proxy=false"),
        (
            Engine::Docker,
            "--env|HTTP_PROXY=|--env|http_proxy=|--env|HTTPS_PROXY=|--env|https_proxy=|--env|FTP_PROXY=\
             |--env|ftp_proxy=|--env|ALL_PROXY=|--env|all_proxy=|--env|NO_PROXY=*|--env|no_proxy=*",
        ),
    ];
    for (engine, no_proxy) in no_proxies {
        let arguments = invocation(engine).arguments().unwrap();
        assert_eq!(arguments.join("|"), format!("{BEGINNING}|{no_proxy}|{END}"));
    }
}

#[test]
fn a_folder_whose_name_would_be_read_as_options_is_refused() {
    for name in ["/tmp/a,readonly", "/tmp/a\"b", "/tmp/a\nb"] {
        let mut invocation = invocation(Engine::Docker);
        invocation.mounts.push((name.into(), "/x", Access::Read));
        let error = invocation.arguments().unwrap_err();
        assert!(matches!(error, GroundError::Missing(_)), "{error}");
        assert!(error.to_string().starts_with(name), "{error}");
    }
}

#[test]
fn no_container_runs_as_root() {
    for engine in Engine::ALL {
        let user = engine.user();
        assert!(!user.starts_with("0:"), "{user}");
    }
    assert_eq!(Engine::Podman.user(), NOBODY);
}

#[test]
fn an_engine_that_is_not_there_says_so() {
    assert_eq!(
        answers("trueline-no-such-engine"),
        Err("trueline-no-such-engine is not installed".to_owned())
    );
    // Here, but no engine.
    assert_eq!(
        answers("false"),
        Err("false: it does not answer".to_owned())
    );
}

#[test]
fn what_a_process_prints_comes_out_of_the_socket_and_what_is_sent_goes_in() {
    let mut child = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut socket = joined(&mut child).unwrap();
    socket.write_all(b"hello\n").unwrap();
    let mut back = [0; 6];
    socket.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"hello\n");
    child.kill().unwrap();
    child.wait().unwrap();
    // The end of the process is the end of the socket.
    assert_eq!(socket.read(&mut back).unwrap(), 0);
}
