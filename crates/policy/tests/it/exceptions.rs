//! Exceptions as they are written, and what breaks their rules.

use std::path::Path;

use trueline_policy::exceptions::ExceptionScope;
use trueline_policy::{EXCEPTIONS_FILE, ExceptionLimits, Exceptions, PlainNames};

const GOOD: &str = "[[exception]]\nid = \"legacy\"\ngate = \"secret\"\npath = \"old/**\"\nowner = \"ann\"\napprover = \"bob\"\n\
     reason = \"it goes with the \\\"old\\\" service\"\ncreated = \"2026-05-01\"\nexpires = \"2026-06-01\"\n";

fn read(text: &str) -> Exceptions {
    Exceptions::parse(
        text,
        Path::new(EXCEPTIONS_FILE),
        &ExceptionLimits::default(),
        &PlainNames,
    )
    .unwrap()
}

fn broken(text: &str) -> String {
    let read = read(text);
    assert!(read.entries.is_empty());
    read.broken[0].message.clone()
}

#[test]
fn an_exception_that_is_written_reads_the_same() {
    let first = read(GOOD);
    assert_eq!(first.broken, []);
    assert_eq!(
        first.entries[0].scope,
        ExceptionScope::Path("old/**".to_owned())
    );
    let again = read(&first.entries[0].to_toml());
    let same = |e: &Exceptions| serde_json::to_string(e).unwrap();
    assert_eq!(same(&first), same(&again));
}

#[test]
fn each_rule_that_is_broken_is_told_with_its_line() {
    let without = |key: &str| -> String {
        GOOD.lines()
            .filter(|line| !line.starts_with(key))
            .fold(String::new(), |all, line| all + line + "\n")
    };
    insta::assert_snapshot!(broken(&without("expires")), @"line 1: `exception` needs `expires`");
    insta::assert_snapshot!(broken(&without("path")), @"line 1: an exception speaks of exactly one of `finding`, `path` and `purl`");
    insta::assert_snapshot!(broken(&(GOOD.to_owned() + "purl = \"pkg:pypi/x\"\n")), @"line 1: an exception speaks of exactly one of `finding`, `path` and `purl`");
    insta::assert_snapshot!(broken(&GOOD.replace("bob", "Ann")), @"line 6: owner and approver are the same: somebody else has to agree");
    insta::assert_snapshot!(broken(&GOOD.replace("ann", "claude[bot]")), @"line 5: `claude[bot]` is an agent: only a person can own an exception");
    insta::assert_snapshot!(broken(&GOOD.replace("2026-06-01", "2026-12-01")), @"line 9: it would hold for 214 days, at most 90 are allowed: until 2026-07-30; renew it then if it is still needed");
    insta::assert_snapshot!(broken(&GOOD.replace("2026-06-01", "2026-04-01")), @"line 9: it expires before it begins");
    insta::assert_snapshot!(broken(&GOOD.replace("2026-06-01", "soon")), @r#"line 9: `soon` is no day: write it as "2026-12-31""#);
    insta::assert_snapshot!(broken(&GOOD.replace("old/**", "a/{b")), @"line 4: `exception.path`: error parsing glob 'a/{b': unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)");
    insta::assert_snapshot!(broken(&GOOD.replace("gate =", "gat =")), @"line 3: unknown key `exception.gat`; did you mean `gate`?");
    let twice = read(&(GOOD.to_owned() + GOOD));
    assert_eq!((twice.entries.len(), twice.broken.len()), (1, 1));
}

#[test]
fn one_broken_entry_does_not_take_the_others_down() {
    let text = GOOD.to_owned() + &GOOD.replace("legacy", "other").replace("bob", "ann");
    let read = read(&text);
    assert_eq!(read.entries[0].id, "legacy");
    assert_eq!(read.broken[0].id, "other");
}

#[test]
fn a_file_that_is_no_toml_is_an_error_with_its_place() {
    let error = Exceptions::parse(
        "[[exception]\n",
        Path::new(EXCEPTIONS_FILE),
        &ExceptionLimits::default(),
        &PlainNames,
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(".trueline/exceptions.toml:1:"),
        "{error}"
    );
}
