//! Prints one JSON record a file: what `cargo xtask bench artifacts` and developers measure.

use std::path::PathBuf;

use trueline_facts::RepoPath;

#[expect(clippy::print_stdout, reason = "a program for the terminal")]
fn main() {
    for argument in std::env::args_os().skip(1) {
        let file = PathBuf::from(argument);
        let path = RepoPath::new(file.to_string_lossy().as_bytes());
        match trueline_artifacts::check_file(&file, path) {
            Ok(record) => println!("{}", serde_json::json!(record)),
            Err(error) => println!(
                "{}",
                serde_json::json!({ "path": file.to_string_lossy(), "error": error.to_string() })
            ),
        }
    }
}
