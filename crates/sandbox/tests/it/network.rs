//! A tester joins the network of a submission, and nothing else of it.

use std::time::{Duration, Instant};

use trueline_sandbox::{Network, Running};

use crate::machine::{probe, run, spawn};

fn server(word: &str) -> Option<Running> {
    let running = spawn(&probe(&["serve", word]))?;
    let started = Instant::now();
    loop {
        if running.stdout().text() == "ready\n" {
            return Some(running);
        }
        assert!(running.is_alive() && started.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_visitor_sees_the_server_and_none_of_its_processes() {
    let Some(running) = server("first") else {
        return;
    };
    let landlock = trueline_sandbox::probe().unwrap().landlock;
    let spec = probe(&["visit"]).network(Network::Join(running.network()));
    for _ in 0..2 {
        let outcome = run(&spec).unwrap();
        assert!(outcome.status.success(), "{outcome:?}");
        let told = outcome.stdout.text();
        let told: Vec<&str> = told.lines().collect();
        let [answer, killed, processes, abstract_socket, outside] = told[..] else {
            panic!("{told:?}")
        };
        assert_eq!(answer, "answer first");
        assert_eq!(killed, "killed 0");
        assert_eq!(processes, "processes 1");
        // Abstract sockets belong to the network; landlock scopes them since its version 6.
        if landlock.is_some_and(|version| version >= 6) {
            assert_eq!(abstract_socket, "abstract EPERM");
        }
        assert_eq!(outside, "outside ENETUNREACH");
        assert!(running.is_alive());
    }
}

#[test]
fn networks_of_two_sandboxes_are_apart() {
    let Some(one) = server("one") else {
        return;
    };
    // Both hold port 5000.
    let two = server("two").unwrap();
    for (running, word) in [(&one, "one"), (&two, "two")] {
        let spec = probe(&["visit"]).network(Network::Join(running.network()));
        let told = run(&spec).unwrap().stdout.text();
        assert!(told.starts_with(&format!("answer {word}\n")), "{told}");
    }
}

#[test]
fn a_port_that_is_held_cannot_be_taken() {
    let Some(running) = server("here") else {
        return;
    };
    let spec = probe(&["squat", "5000"]).network(Network::Join(running.network()));
    assert_eq!(
        run(&spec).unwrap().stdout.text(),
        "bind EADDRINUSE\nbind-any EADDRINUSE\n"
    );
}

#[test]
fn a_joined_network_outlives_the_sandbox_that_made_it() {
    let Some(running) = server("gone") else {
        return;
    };
    let network = running.network();
    drop(running);
    let outcome = run(&probe(&["squat", "5000"]).network(Network::Join(network))).unwrap();
    assert_eq!(outcome.stdout.text(), "bind ok\nbind-any ok\n");
}
