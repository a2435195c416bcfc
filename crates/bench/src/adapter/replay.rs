//! Recorded answers instead of an assistant: those of a former run, or of a tree of BaxBench results that holds our
//! scenarios (`bench export` writes such a tree). Without a network, and the same each time.

use std::fs;
use std::path::{Path, PathBuf};

use trueline_facts::bench::Mode;
use trueline_scenarios::Tree;

use super::{Question, Reply};
use crate::BenchError;
use crate::record::{Answer, RunDir, Stored};
use crate::task::Task;

/// The adapter.
#[derive(Clone, Debug)]
pub struct Replay {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Run {
        folder: RunDir,
        version: Option<String>,
    },
    /// The folder of one model.
    BaxBench { model: String, folder: PathBuf },
}

impl Replay {
    pub(super) fn open(folder: &Path, model: Option<&str>) -> Result<Self, BenchError> {
        let run = RunDir::new(folder);
        if let Some(header) = run.header()? {
            return Ok(Self {
                source: Source::Run {
                    folder: run,
                    version: header.version,
                },
            });
        }
        let mut models = folders(folder).map_err(BenchError::file(folder))?;
        if let Some(model) = model {
            models.retain(|name| name == &model.replace('/', "-"));
        }
        let [model] = models.as_slice() else {
            return Err(BenchError::Cannot(format!(
                "{}: is no run of `trueline bench`, and as BaxBench results it holds {} models{}; name one by `model`",
                folder.display(),
                models.len(),
                model.map_or_else(String::new, |model| format!(" named `{model}`"))
            )));
        };
        Ok(Self {
            source: Source::BaxBench {
                model: model.clone(),
                folder: folder.join(model),
            },
        })
    }

    pub(super) fn version(&self) -> Option<String> {
        match &self.source {
            Source::Run { version, .. } => version.clone(),
            Source::BaxBench { model, .. } => Some(model.clone()),
        }
    }

    pub(super) fn ask(&self, question: Question<'_>) -> Reply {
        match &self.source {
            Source::Run { folder, .. } => from_run(folder, question),
            Source::BaxBench { model, folder } => {
                let mut reply = from_baxbench(folder, question.task, question.sample)
                    .unwrap_or_else(Reply::failed);
                reply.model = Some(model.clone());
                reply
            }
        }
    }
}

fn from_run(run: &RunDir, question: Question<'_>) -> Reply {
    let record = match run.read(&question.task.key(), question.sample) {
        Stored::Answered(record) | Stored::Judged(record, _) => record,
        Stored::Absent => return Reply::failed("it was not recorded"),
        Stored::Broken(why) => return Reply::failed(format!("its record is broken: {why}")),
    };
    let mut reply = Reply {
        model: record.model.clone(),
        usage: record.usage,
        exit: record.exit,
        seconds: Some(record.seconds),
        trace: run.trace(&record),
        obeyed: record.obeyed,
        outside_edits: record.outside_edits,
        ..Reply::default()
    };
    match &record.answer {
        Answer::Given => match run.files(&record) {
            Ok(files) => reply.files = files,
            Err(why) => reply.failure = Some(format!("its record is broken: {why}")),
        },
        Answer::NoAnswer(why) => reply.failure = Some(why.clone()),
        Answer::NotAsked(why) => reply.failure = Some(format!("it was not asked then: {why}")),
    }
    reply
}

/// `<scenario>/<environment>/<setting>/sample<n>/code`.
fn from_baxbench(model: &Path, task: &Task<'_>, sample: u32) -> Result<Reply, String> {
    if task.mode != Mode::Generate {
        return Err("BaxBench results hold answers of `generate` only".to_owned());
    }
    let mut places = Vec::new();
    let scenario = model.join(task.scenario.id.as_str());
    for environment in folders(&scenario).unwrap_or_default() {
        let environment = scenario.join(environment);
        for setting in folders(&environment).unwrap_or_default() {
            places.push(
                environment
                    .join(setting)
                    .join(format!("sample{sample}/code")),
            );
        }
    }
    places.retain(|place| place.is_dir());
    let [code] = places.as_slice() else {
        return Err(format!("{} recorded answers fit", places.len()));
    };
    if code.join("failed").exists() {
        return Err("its answer could not be read as code".to_owned());
    }
    let given = Tree::read(code).map_err(|error| error.to_string())?;
    let mut files = Tree::default();
    for path in &task.scenario.definition.editable {
        if let Some(content) = given.get(path) {
            files.insert(path.clone(), content);
        }
    }
    if files.is_empty() {
        return Err("none of the files that are taken back is there".to_owned());
    }
    Ok(Reply {
        files,
        ..Reply::default()
    })
}

fn folders(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
