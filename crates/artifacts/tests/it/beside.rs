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
