//! Where a language's programs live on this machine, found by asking the program itself.
//!
//! Version managers put a shim on the path and the real thing under a home directory, which a
//! sandbox does not see. What the program says about itself names the folders that it needs;
//! they are shown read-only, at their own place.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// A language whose programs can be run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// `python3`.
    Python,
    /// `node`.
    Node,
    /// `java`, and `javac` where it is a development kit.
    Java,
    /// `go`.
    Go,
    /// `rustc` and `cargo`.
    Rust,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Python, Self::Node, Self::Java, Self::Go, Self::Rust];

    /// The program that stands for it.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Python => "python3",
            Self::Node => "node",
            Self::Java => "java",
            Self::Go => "go",
            Self::Rust => "rustc",
        }
    }
}

/// A language's programs, as they are on this machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Toolchain {
    language: Language,
    version: String,
    program: PathBuf,
    roots: Vec<PathBuf>,
}

impl Toolchain {
    /// Finds it on the caller's path; asked once in a process. None where it is not there or does
    /// not say what it is.
    #[must_use]
    pub fn find(language: Language) -> Option<&'static Self> {
        static FOUND: [OnceLock<Option<Toolchain>>; 5] = [const { OnceLock::new() }; 5];
        FOUND[language as usize]
            .get_or_init(|| match language {
                Language::Python => python(),
                Language::Node => node(),
                Language::Java => java(),
                Language::Go => go(),
                Language::Rust => rust(),
            })
            .as_ref()
    }

    /// Which language it is of.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// Its version, as numbers with points (`3.11.7`).
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The main program, resolved; it has the same path inside.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Another program beside the main one (`javac`, `cargo`), if it is there.
    #[must_use]
    pub fn beside(&self, name: &str) -> Option<PathBuf> {
        let path = self.folder().join(name);
        path.is_file().then_some(path)
    }

    /// The folder of the main program.
    pub(crate) fn folder(&self) -> &Path {
        self.program.parent().unwrap_or(Path::new("/usr/bin"))
    }

    /// Folders outside of the system tree that have to be shown.
    pub(crate) fn roots(&self) -> &[PathBuf] {
        &self.roots
    }
}

fn python() -> Option<Toolchain> {
    const SELF: &str = "import sys\nprint('%d.%d.%d' % sys.version_info[:3])\n\
                        print(getattr(sys, '_base_executable', sys.executable))\n\
                        print(sys.base_prefix)\nprint(sys.base_exec_prefix)";
    let told = ask("python3", ["-I", "-c", SELF])?;
    let mut lines = told.lines();
    let (version, program) = (lines.next()?, lines.next()?);
    toolchain(
        Language::Python,
        version,
        Path::new(program),
        lines.map(PathBuf::from).collect(),
    )
}

fn node() -> Option<Toolchain> {
    let told = ask(
        "node",
        ["-p", "process.versions.node + '\\n' + process.execPath"],
    )?;
    let (version, program) = told.split_once('\n')?;
    let program = Path::new(program.trim()).canonicalize().ok()?;
    let prefix = program.parent()?.parent()?.to_owned();
    toolchain(Language::Node, version, &program, vec![prefix])
}

fn java() -> Option<Toolchain> {
    let told = ask("java", ["-XshowSettings:properties", "-version"])?;
    let property = |name: &str| {
        told.lines().find_map(|line| {
            let (key, value) = line.split_once(" = ")?;
            (key.trim() == name).then(|| value.trim().to_owned())
        })
    };
    let home = PathBuf::from(property("java.home")?);
    toolchain(
        Language::Java,
        &property("java.version")?,
        &home.join("bin/java"),
        vec![home],
    )
}

fn go() -> Option<Toolchain> {
    let told = ask("go", ["env", "GOVERSION", "GOROOT"])?;
    let (version, root) = told.split_once('\n')?;
    let root = PathBuf::from(root.trim());
    let version = version.trim().trim_start_matches("go");
    toolchain(Language::Go, version, &root.join("bin/go"), vec![root])
}

fn rust() -> Option<Toolchain> {
    let version = ask("rustc", ["--version"])?;
    let root = PathBuf::from(ask("rustc", ["--print", "sysroot"])?.trim());
    let version = version.split_whitespace().nth(1)?;
    toolchain(Language::Rust, version, &root.join("bin/rustc"), vec![root])
}

fn toolchain(
    language: Language,
    version: &str,
    program: &Path,
    mut roots: Vec<PathBuf>,
) -> Option<Toolchain> {
    roots.sort();
    roots.dedup();
    roots.retain(|root| !is_system(root) && root.parent().is_some());
    program.is_file().then(|| Toolchain {
        language,
        version: version.trim().to_owned(),
        program: program.to_owned(),
        roots,
    })
}

/// Whether every sandbox sees it anyway.
fn is_system(path: &Path) -> bool {
    ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32"]
        .iter()
        .any(|system| path.starts_with(system))
}

/// What a program of this machine says, on either stream: `java` answers on standard error.
fn ask(program: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        // Shims choose by the working folder, which may be anyone's.
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let told = if output.stdout.is_empty() {
        output.stderr
    } else {
        output.stdout
    };
    let told = String::from_utf8(told).ok()?;
    output.status.success().then(|| told.trim().to_owned())
}
