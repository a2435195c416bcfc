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
