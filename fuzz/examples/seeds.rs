//! Writes the code of our own Markdown tests as inputs: `cargo run --example seeds`, in `fuzz/`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// A fenced block: its heading, what stands after the fence, its code.
struct Block {
    heading: String,
    info: String,
    code: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut heading = String::new();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.code.push_str(line);
                block.code.push('\n');
            }
            (None, Some(info)) => {
                open = Some(Block {
                    heading: heading.clone(),
                    info: info.to_owned(),
                    code: String::new(),
                });
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix("## ") {
                    title.clone_into(&mut heading);
                }
            }
        }
    }
    blocks
}

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    let mut write = |target: &str, data: &[u8]| -> io::Result<()> {
        let folder = root.join("seeds").join(target);
        fs::create_dir_all(&folder)?;
        count += 1;
        fs::write(folder.join(format!("{count:05}")), data)
    };
    for (folder, is_project) in [("md", false), ("projects", true)] {
        let folder = root.join("../crates/taint/tests").join(folder);
        let mut documents: Vec<_> = fs::read_dir(folder)?
            .map(|entry| entry.map(|e| e.path()))
            .collect::<Result<_, _>>()?;
        documents.sort();
        for document in documents {
            let mut projects: BTreeMap<String, String> = BTreeMap::new();
            for block in blocks(&fs::read_to_string(document)?) {
                let language = block.info.split(' ').next().unwrap_or_default();
                let code = block.code.as_bytes();
                let (path, target, dialect) = match language {
                    "python" => ("app/example.py", "python", None),
                    "javascript" => ("app/example.jsx", "javascript", Some(b'f')),
                    "typescript" => ("app/example.tsx", "javascript", Some(b'b')),
                    "java" => ("app/Example.java", "java", None),
                    "go" => ("app/example.go", "go", None),
                    _ => continue,
                };
                let data: Vec<u8> = dialect.into_iter().chain(code.iter().copied()).collect();
                write(target, &data)?;
                let path = block
                    .info
                    .split(' ')
                    .nth(1)
                    .filter(|_| is_project)
                    .unwrap_or(path);
                let file = format!("=== {path}\n{}", block.code);
                if is_project {
                    projects.entry(block.heading).or_default().push_str(&file);
                } else {
                    write("engine", file.as_bytes())?;
                }
            }
            for project in projects.values() {
                write("engine", project.as_bytes())?;
            }
        }
    }
    println!("{count} inputs");
    Ok(())
}
