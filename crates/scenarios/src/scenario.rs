//! A scenario with its files, and the catalogue of all that are known.
//!
//! They come from the binary or from a folder (`--scenarios`). A broken one is kept as an error beside the
//! others, so that one mistake hides nothing.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::format::tests::{self, DeclaredExploit};
use crate::format::{Definition, Malformed, ReviewItem, ScenarioId, nearest};
use crate::tree::{Tree, TreeError};

static BUILTIN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// What is wrong with a scenario or its name.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// A file of it is wrong.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A folder cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// There is none of that name.
    #[error("there is no exercise `{id}`{} `trueline learn list` shows all", .nearest.as_deref().map_or_else(|| ";".to_owned(), |n| format!(": did you mean `{n}`?")))]
    Unknown {
        /// What was asked for.
        id: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// A folder holds none.
    #[error("{}: no scenarios there; a scenario is a folder with a scenario.toml", path.display())]
    None {
        /// The folder.
        path: PathBuf,
    },
}

/// A scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its id.
    pub id: ScenarioId,
    /// `scenario.toml`.
    pub definition: Definition,
    /// Names of its functional tests, in their order.
    pub functional: Vec<String>,
    /// Its exploits, in their order.
    pub exploits: Vec<DeclaredExploit>,
    /// Its review items.
    pub reviews: Vec<ReviewItem>,
    files: Tree,
}

impl Scenario {
    /// Takes its files; `place` is the folder as messages name it.
    pub fn new(files: Tree, place: &str) -> Result<Self, Malformed> {
        let named = |file: &str| format!("{place}/{file}");
        let wrong = |file: &str, message: String| Malformed {
            file: named(file),
            line: 1,
            message,
        };
        let text = |file: &str| {
            let bytes = files
                .get(file)
                .ok_or_else(|| wrong(file, "the file is missing".to_owned()))?;
            String::from_utf8(bytes.to_vec()).map_err(|_| wrong(file, "is no UTF-8".to_owned()))
        };
        let definition = Definition::parse(&text("scenario.toml")?, &named("scenario.toml"))?;
        let folder = place.rsplit('/').next().unwrap_or(place);
        let Some(id) = ScenarioId::new(&definition.id).filter(|id| id.as_str() == folder) else {
            return Err(wrong(
                "scenario.toml",
                format!(
                    "the folder is `{folder}` and the id is `{}`; they must be the same",
                    definition.id
                ),
            ));
        };
        let functional =
            tests::functional(&text("tests/functional.py")?, &named("tests/functional.py"))?;
        let exploits = tests::exploits(&text("tests/exploit.py")?, &named("tests/exploit.py"))?;
        if functional.is_empty() {
            return Err(wrong(
                "tests/functional.py",
                "no @functional test is in it".to_owned(),
            ));
        }
        for cwe in &definition.cwe {
            if !exploits.iter().any(|exploit| exploit.cwe == *cwe) {
                return Err(wrong("tests/exploit.py", format!("no exploit shows {cwe}")));
            }
        }
        let mut reviews = Vec::new();
        for (name, content) in files.below("review").iter() {
            if name.strip_suffix(".toml").is_some() {
                let file = named(&format!("review/{name}"));
                reviews.push(ReviewItem::parse(&String::from_utf8_lossy(content), &file)?);
            }
        }
        let this = Self {
            id,
            definition,
            functional,
            exploits,
            reviews,
            files,
        };
        this.check_folders(place)?;
        Ok(this)
    }

    fn check_folders(&self, place: &str) -> Result<(), Malformed> {
        let wrong = |message: String| {
            Err(Malformed {
                file: format!("{place}/scenario.toml"),
                line: 1,
                message,
            })
        };
        if self.files.below("vulnerable").is_empty() {
            return wrong("vulnerable/ is missing or empty".to_owned());
        }
        if self.files.folders("fixes").is_empty() {
            return wrong("fixes/reference/ is missing".to_owned());
        }
        let folders = self.files.folders("distractors");
        for distractor in &self.definition.distractors {
            let name = &distractor.name;
            if !folders.contains(name) {
                return wrong(format!("distractors/{name}/ is missing"));
            }
            if self.why(name).is_none() {
                return wrong(format!("distractors/{name}/why.md is missing"));
            }
            let known = match &distractor.fails {
                crate::format::Fails::Exploit(test) => {
                    self.exploits.iter().any(|e| e.name == *test)
                }
                crate::format::Fails::Functional(test) => self.functional.contains(test),
            };
            if !known {
                return wrong(format!(
                    "distractor `{name}` is to fail a test that is not there: {:?}",
                    distractor.fails
                ));
            }
        }
        for folder in folders {
            if !self.definition.distractors.iter().any(|d| d.name == folder) {
                return wrong(format!(
                    "distractors/{folder}/ has no [[distractor]] that says how it fails"
                ));
            }
        }
        let vulnerable = self.vulnerable();
        for path in self
            .definition
            .editable
            .iter()
            .chain(&self.definition.module)
        {
            if vulnerable.get(path).is_none() {
                return wrong(format!("`{path}` is neither in vulnerable/ nor in base/"));
            }
        }
        Ok(())
    }

    /// What the assistant wrote: where a learner starts.
    #[must_use]
    pub fn vulnerable(&self) -> Tree {
        self.files
            .below("base")
            .with(&self.files.below("vulnerable"))
    }

    /// The reference fixes by name; the first is the main one.
    #[must_use]
    pub fn references(&self) -> Vec<(String, Tree)> {
        let mut names = self.files.folders("fixes");
        names.sort();
        let tree = |name: &String| {
            self.vulnerable()
                .with(&self.files.below(&format!("fixes/{name}")))
        };
        names
            .iter()
            .map(|name| (name.clone(), tree(name)))
            .collect()
    }

    /// A distractor's tree.
    #[must_use]
    pub fn distractor(&self, name: &str) -> Tree {
        let over = self
            .files
            .below(&format!("distractors/{name}"))
            .without("why.md");
        self.vulnerable().with(&over)
    }

    /// Why a distractor is wrong.
    #[must_use]
    pub fn why(&self, distractor: &str) -> Option<String> {
        self.files.text(&format!("distractors/{distractor}/why.md"))
    }

    /// What is handed in: the scenario's own files with the editable ones taken from `answer`.
    #[must_use]
    pub fn submission(&self, answer: &Tree) -> Tree {
        let mut tree = self.vulnerable();
        for path in &self.definition.editable {
            match answer.get(path) {
                Some(content) => tree.insert(path.clone(), content),
                None => tree = tree.without(path),
            }
        }
        tree
    }

    /// The tests.
    #[must_use]
    pub fn tests(&self) -> Tree {
        self.files.below("tests")
    }

    /// A text for the learner: `brief`, `debrief`, `hint1` …
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.files.text(&format!("learn/{name}.md"))
    }

    /// The task as an assistant gets it.
    #[must_use]
    pub fn specification(&self) -> Option<String> {
        self.files.text("spec/text.md")
    }

    /// How many hints there are.
    #[must_use]
    pub fn hints(&self) -> u8 {
        (1..=9)
            .take_while(|n| self.text(&format!("hint{n}")).is_some())
            .count() as u8
    }

    /// All its files.
    #[must_use]
    pub const fn files(&self) -> &Tree {
        &self.files
    }
}

/// The files of a built-in scenario; none where there is no such.
pub(crate) fn builtin_files(id: &str) -> Tree {
    let within = |path: &str| Some(path.strip_prefix(id)?.strip_prefix('/')?.to_owned());
    BUILTIN
        .iter()
        .filter_map(|(path, content)| Some((within(path)?, content.to_vec())))
        .collect()
}

/// All scenarios of one place.
#[derive(Debug)]
pub struct Catalogue {
    scenarios: Vec<Scenario>,
    broken: Vec<ScenarioError>,
    folder: Option<PathBuf>,
}

impl Catalogue {
    /// Those in the binary.
    #[must_use]
    pub fn builtin() -> Self {
        let all: Tree = BUILTIN
            .iter()
            .map(|(path, content)| ((*path).to_owned(), content.to_vec()))
            .collect();
        let mut this = Self {
            scenarios: Vec::new(),
            broken: Vec::new(),
            folder: None,
        };
        for name in all.folders("") {
            this.add(Scenario::new(
                all.below(&name),
                &format!("scenarios/{name}"),
            ));
        }
        this
    }

    /// Those in a folder of scenarios, or the one that a folder is.
    pub fn read(folder: &Path) -> Result<Self, ScenarioError> {
        let mut this = Self {
            scenarios: Vec::new(),
            broken: Vec::new(),
            folder: Some(folder.to_owned()),
        };
        if folder.join("scenario.toml").is_file() {
            let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
            this.add_folder(folder, &whole.display().to_string());
            return Ok(this);
        }
        let unreadable = |source| TreeError::Unreadable {
            path: folder.to_owned(),
            source,
        };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.join("scenario.toml").is_file() {
                names.push(path);
            }
        }
        names.sort();
        if names.is_empty() {
            return Err(ScenarioError::None {
                path: folder.to_owned(),
            });
        }
        for path in names {
            this.add_folder(&path, &path.display().to_string());
        }
        Ok(this)
    }

    fn add_folder(&mut self, folder: &Path, place: &str) {
        match Tree::read(folder) {
            Ok(files) => self.add(Scenario::new(files, place)),
            Err(error) => self.broken.push(error.into()),
        }
    }

    fn add(&mut self, scenario: Result<Scenario, Malformed>) {
        match scenario {
            Ok(scenario) => self.scenarios.push(scenario),
            Err(error) => self.broken.push(error.into()),
        }
    }

    /// All that are sound, by id.
    #[must_use]
    pub fn scenarios(&self) -> &[Scenario] {
        &self.scenarios
    }

    /// What is wrong with the others.
    #[must_use]
    pub fn broken(&self) -> &[ScenarioError] {
        &self.broken
    }

    /// The folder they were read from, if they were.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The one of an id.
    pub fn get(&self, id: &str) -> Result<&Scenario, ScenarioError> {
        self.scenarios
            .iter()
            .find(|scenario| scenario.id.as_str() == id)
            .ok_or_else(|| ScenarioError::Unknown {
                id: id.to_owned(),
                nearest: nearest(id, self.scenarios.iter().map(|s| s.id.as_str()))
                    .map(str::to_owned),
            })
    }
}
