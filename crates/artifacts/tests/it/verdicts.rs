//! The generated corpus against its floor: detections may only rise, false alarms only fall.
use std::collections::BTreeMap;

use crate::corpus::{self, Label, Sample};
use trueline_artifacts::check_bytes;
use trueline_facts::RepoPath;
use trueline_facts::artifact::Verdict;

/// Detections (`malicious` or `suspicious`), those of them that are `malicious`, and false alarms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Counts {
    attacks: u64,
    detected: u64,
    malicious: u64,
    benign: u64,
    false_alarms: u64,
}

fn verdict(sample: &Sample) -> Verdict {
    check_bytes(sample.bytes.clone(), RepoPath::from(sample.name.as_str())).verdict
}

fn counts() -> (BTreeMap<String, Counts>, Vec<String>) {
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    let mut wrong = Vec::new();
    for sample in corpus::samples() {
        let verdict = verdict(&sample);
        for key in [sample.technique, "all"] {
            let count = counts.entry(key.to_owned()).or_default();
            match sample.label {
                Label::Malicious => {
                    count.attacks += 1;
                    count.detected += u64::from(verdict >= Verdict::Suspicious);
                    count.malicious += u64::from(verdict == Verdict::Malicious);
                }
                Label::Benign => {
                    count.benign += 1;
                    count.false_alarms += u64::from(verdict >= Verdict::Suspicious);
                }
            }
        }
        let is_wrong = (sample.label == Label::Malicious) != (verdict >= Verdict::Suspicious);
        if is_wrong {
            wrong.push(format!("{:?} {verdict} {}", sample.label, sample.name));
        }
    }
    (counts, wrong)
}

#[test]
fn counts_are_at_least_those_of_the_floor() {
    let (counts, wrong) = counts();
    let floor: BTreeMap<String, [u64; 5]> =
        serde_json::from_str(include_str!("FLOOR.json")).unwrap();
    let mut below = Vec::new();
    for (technique, [attacks, detected, malicious, benign, false_alarms]) in &floor {
        let now = counts.get(technique).copied().unwrap_or_default();
        let missed = (now.attacks - now.detected) > (attacks - detected);
        let weaker = (now.attacks - now.malicious) > (attacks - malicious);
        if now.attacks < *attacks
            || now.benign < *benign
            || missed
            || weaker
            || now.false_alarms > *false_alarms
        {
            below.push(format!("{technique}: {now:?}"));
        }
    }
    let lines: Vec<String> = counts
        .iter()
        .map(|(t, c)| {
            format!(
                "  \"{t}\": [{}, {}, {}, {}, {}]",
                c.attacks, c.detected, c.malicious, c.benign, c.false_alarms
            )
        })
        .collect();
    let fresh = format!("{{\n{}\n}}\n", lines.join(",\n"));
    assert!(
        below.is_empty(),
        "below the floor:\n{}\nwrong:\n{}\nfresh:\n{fresh}",
        below.join("\n"),
        wrong.join("\n")
    );
    for technique in counts.keys() {
        assert!(
            floor.contains_key(technique),
            "no floor for {technique}; fresh:\n{fresh}"
        );
    }
}

#[test]
fn a_verdict_does_not_depend_on_the_run() {
    for sample in corpus::samples().into_iter().step_by(17) {
        let path = RepoPath::from(sample.name.as_str());
        let first = check_bytes(sample.bytes.clone(), path.clone());
        let second = check_bytes(sample.bytes, path);
        assert_eq!(first, second, "{}", sample.name);
    }
}

#[test]
fn a_reason_reconstructs_the_call_and_says_where() {
    let sample = corpus::samples()
        .into_iter()
        .find(|s| s.name == "getattr-2.pkl")
        .unwrap();
    let record = check_bytes(sample.bytes, RepoPath::from("m.pkl"));
    let reason = record
        .reasons
        .iter()
        .find(|r| r.call.as_deref().is_some_and(|c| c.contains("system")))
        .unwrap();
    assert_eq!(reason.call.as_deref(), Some("os.system('echo x')"));
    assert_eq!(reason.technique, "pickle-call-dangerous");
    assert!(reason.offset > 0);
}

#[test]
fn advice_names_weights_only_where_torch_takes_every_name_and_opcode() {
    use crate::corpus::archives::{torch, torch_pickle, zip};
    let advice = |pickle: Vec<u8>| {
        check_bytes(zip(&torch(pickle)), RepoPath::from("m.pt"))
            .advice
            .unwrap()
    };
    assert!(advice(torch_pickle()).contains("weights_only=True), sys.argv[2])"));
    let own = advice(b"\x80\x02cshop.nets\nNet\n)\x81.".to_vec());
    assert!(
        own.contains("refuses it, because of shop.nets.Net"),
        "{own}"
    );
    let settings = advice(b"\x80\x02cargparse\nNamespace\n)\x81.".to_vec());
    assert!(settings.contains("argparse.Namespace"), "{settings}");
    // Protocol 4 has opcodes that it does not read.
    let newer = advice(b"\x80\x04\x8c\x01a\x94.".to_vec());
    assert!(newer.contains("the opcode 0x8c"), "{newer}");
}

#[test]
fn a_function_that_is_kept_as_code_has_no_weights_to_convert() {
    let code = b"\x80\x03ctypes\nCodeType\n(K\0K\0K\0K\x01K\x01K\0C\x04abcdtR.";
    let record = check_bytes(code.to_vec(), RepoPath::from("f.pkl"));
    assert_eq!(record.verdict, Verdict::Suspicious);
    let advice = record.advice.unwrap();
    assert!(
        advice.contains("from a module") && !advice.contains("safetensors"),
        "{advice}"
    );
}

#[test]
fn who_has_a_malicious_file_is_told_to_report_it_and_nobody_is_given_a_command_that_makes_the_call()
{
    let advice = |bytes: &[u8]| {
        let record = check_bytes(bytes.to_vec(), RepoPath::from("m.pkl"));
        (record.verdict, record.advice.unwrap())
    };
    let (verdict, told) = advice(b"cos\nsystem\n(S'echo x'\ntR.");
    assert_eq!(verdict, Verdict::Malicious);
    assert!(told.contains("report it to who published it"), "{told}");
    let (verdict, told) = advice(b"\x80\x02cshop.text\nparse\nU\x01a\x85R.");
    assert_eq!(verdict, Verdict::Unknown);
    assert!(!told.contains("joblib.load"), "{told}");
    let (verdict, told) = advice(b"\x80\x02cshop.text\nParser\nU\x01a\x85R.");
    assert_eq!(verdict, Verdict::Unknown);
    assert!(told.contains("joblib.load"), "{told}");
}

#[test]
fn the_record_says_whether_torch_takes_the_file_as_weights_alone() {
    use crate::corpus::archives::{member, torch, torch_pickle, zip};
    let told = |name: &str, bytes: Vec<u8>| {
        let record = check_bytes(bytes, RepoPath::from(name));
        (
            record.loads_under_weights_only,
            record.refused_under_weights_only,
        )
    };
    let weights = zip(&torch(torch_pickle()));
    assert_eq!(told("m.pt", weights.clone()), (Some(true), None));
    let own = zip(&torch(b"\x80\x02cshop.nets\nNet\n)\x81.".to_vec()));
    let refused = Some("shop.nets.Net".to_owned());
    assert_eq!(told("m.pt", own), (Some(false), refused));
    // What attacks call is refused as well, and a name of another module stays what it is called.
    let attack = zip(&torch(
        b"\x80\x02ctorch.serialization\nos.system\nX\x01\0\0\0x\x85R.".to_vec(),
    ));
    assert_eq!(told("m.pt", attack).0, Some(false));
    let mut script = torch(torch_pickle());
    script.push(member("archive/constants.pkl", b"\x80\x02).".to_vec()));
    assert_eq!(told("m.pt", zip(&script)).0, Some(false));
    // A pickle that breaks off is neither, and torch does not open what is no file of its own.
    let broken = zip(&torch(b"\x80\x02}q\0(".to_vec()));
    assert_eq!(told("m.pt", broken), (None, None));
    assert_eq!(told("m.pkl", torch_pickle()), (None, None));
    let around = zip(&[member("m.pt", weights)]);
    assert_eq!(told("models.zip", around), (None, None));
}

#[test]
fn kinds_of_pandas_columns_are_data_under_the_names_of_the_package_itself() {
    // Since pandas 3 classes say that they are of `pandas`, wherever they stand.
    let of = |name: &str| {
        let named = format!("cpandas\n{name}\n)");
        let bytes = [b"\x80\x02", named.as_bytes(), b"\x81."].concat();
        check_bytes(bytes, RepoPath::from("m.pkl")).verdict
    };
    for name in ["BooleanDtype", "Int64Dtype", "MultiIndex"] {
        assert_eq!(of(name), Verdict::Clean, "{name}");
    }
    assert!(of("HDFStore") > Verdict::Clean);
}

#[test]
fn types_that_dill_names_are_what_they_are_elsewhere() {
    let of = |kind: &str, args: &[u8]| {
        let named = format!("cdill._dill\n_load_type\nX{}", char::from(kind.len() as u8));
        let bytes = [
            b"\x80\x02",
            named.as_bytes(),
            b"\0\0\0",
            kind.as_bytes(),
            b"\x85R",
            args,
            b"R.",
        ];
        check_bytes(bytes.concat(), RepoPath::from("m.pkl")).verdict
    };
    assert_eq!(of("PartialType", b"cnumpy\nadd\n\x85"), Verdict::Clean);
    assert_eq!(
        of("FileType", b"X\x04\0\0\0/a/bX\x01\0\0\0w\x86"),
        Verdict::Malicious
    );
}

#[test]
fn storages_of_what_a_script_was_traced_with_are_not_those_of_its_weights() {
    use crate::corpus::archives::{member, torch, torch_pickle, zip};
    let larger = |pickle: Vec<u8>| {
        let shape = b"K\x04tQK\0K\x04\x85";
        let at = pickle.windows(shape.len()).position(|w| w == shape);
        let mut pickle = pickle;
        pickle[at.unwrap() + 1] = 64;
        pickle
    };
    let mut script = torch(torch_pickle());
    script.push(member("archive/constants.pkl", b"\x80\x02).".to_vec()));
    script.push(member("archive/traced_inputs.pkl", larger(torch_pickle())));
    script.push(member("archive/traced_inputs/0", Vec::new()));
    let verdict = |members: &[_]| check_bytes(zip(members), RepoPath::from("m.pt")).verdict;
    assert_eq!(verdict(&script), Verdict::Clean);
    assert_eq!(verdict(&torch(larger(torch_pickle()))), Verdict::Suspicious);
}

#[test]
fn kinds_of_numbers_of_torch_are_data() {
    use crate::corpus::archives::{torch, torch_pickle, zip};
    let old = torch_pickle();
    let place = |text: &[u8]| old.windows(text.len()).rposition(|w| w == text).unwrap();
    let (two, end) = (place(b"v2\n"), place(b"tRu"));
    for kind in ["float8_e4m3fn", "float8_e5m2", "uint16", "int4"] {
        let given = format!("ctorch\n{kind}\nN");
        let pickle = [
            &old[..two],
            b"v3",
            &old[two + 2..end],
            given.as_bytes(),
            &old[end..],
        ];
        let record = check_bytes(zip(&torch(pickle.concat())), RepoPath::from("m.pt"));
        assert_eq!(record.verdict, Verdict::Clean, "{kind}: {record:?}");
    }
}
