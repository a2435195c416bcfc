//! The files of the tip: which of them are text, and how many lines each has.

use std::sync::atomic::Ordering;

use gix::ObjectId;
use rayon::prelude::*;
use trueline_facts::{Diagnostic, Level, RepoPath};

use crate::model::CommitIx;
use crate::persist;
use crate::repository::{Gap, HistoryError, Objects, count_lines, is_binary};
use crate::walk::trees::{Limits, Mode, Trees};
use crate::walk::{Reading, TipContent, TipFile};

/// Files read by one thread at a time.
const BATCH: usize = 64;

impl Reading<'_> {
    /// All files of the tip, by path. What an earlier reading knows of a blob is not read again.
    pub(super) fn tip_files(
        &self,
        before: Option<&persist::Before>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<TipFile> {
        let Some(tip) = self.graph.commits.first() else {
            return Vec::new();
        };
        let mut listed: Vec<(Vec<u8>, Mode, ObjectId)> = Vec::new();
        let objects = self.repository.objects();
        let limits = Trees::new().differences(&objects, None, tip.tree, |difference| {
            if let Some((mode, id)) = difference.after {
                listed.push((difference.path.to_vec(), mode, id));
            }
        });
        if limits != Limits::default() {
            diagnostics.push(Diagnostic::new(
                Level::Error,
                "files-unlisted",
                "Some directories of this commit are not readable or nest too deep, or entries have \
                 names that git refuses (`..`, `.git`): their files are left out.",
            ));
        }
        let files: Vec<TipFile> = listed
            .par_chunks(BATCH)
            .map_init(
                || (self.repository.objects(), Vec::new()),
                |(objects, buffer), batch| {
                    batch
                        .iter()
                        .map(|(path, mode, id)| {
                            let blob = self.blobs.intern(*id);
                            let content = if !mode.is_text_candidate() {
                                TipContent::NotAFile
                            } else if self.interrupt.load(Ordering::Relaxed) {
                                TipContent::Missing
                            } else if let Some(known) = before.and_then(|b| b.content(blob)) {
                                // It may have been lost since.
                                match objects.blob_size(*id) {
                                    Ok(_) => known,
                                    Err(_) => TipContent::Missing,
                                }
                            } else {
                                content(objects, *id, buffer)
                            };
                            TipFile {
                                path: self.paths.intern(path),
                                blob,
                                content,
                            }
                        })
                        .collect::<Vec<_>>()
                },
            )
            .flatten()
            .collect();
        self.report(&files, diagnostics);
        files
    }

    /// The wanted files of the tip, in the order wanted.
    pub(super) fn wanted_files(
        &self,
        commit: ObjectId,
        wanted: &[RepoPath],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Vec<TipFile>, HistoryError> {
        let objects = self.repository.objects();
        let mut trees = Trees::new();
        let mut buffer = Vec::new();
        let mut files = Vec::with_capacity(wanted.len());
        let at = self.graph.find(commit).unwrap_or(CommitIx(0));
        let Some(read) = self.graph.commits.get(at.0 as usize) else {
            return Err(if self.interrupt.load(Ordering::Relaxed) {
                HistoryError::Interrupted
            } else {
                HistoryError::CommitUnreadable { commit }
            });
        };
        for path in wanted {
            let found = trees
                .lookup(&objects, read.tree, path.as_bytes())
                .map_err(|why| HistoryError::TreeUnreadable {
                    path: path.clone(),
                    commit,
                    why,
                    remedy: self.repository.remedy(),
                })?;
            let Some((mode, id)) = found else {
                return Err(HistoryError::NotAFile {
                    path: path.clone(),
                    commit,
                });
            };
            files.push(TipFile {
                path: self.paths.intern(path.as_bytes()),
                blob: self.blobs.intern(id),
                content: if mode.is_text_candidate() {
                    content(&objects, id, &mut buffer)
                } else {
                    TipContent::NotAFile
                },
            });
        }
        self.report(&files, diagnostics);
        Ok(files)
    }

    fn report(&self, files: &[TipFile], diagnostics: &mut Vec<Diagnostic>) {
        if self.interrupt.load(Ordering::Relaxed) {
            return;
        }
        let objects = self.repository.objects();
        for file in files {
            let is_damaged = || {
                let read = objects.blob_size(self.blobs.id(file.blob));
                read != Err(Gap::Missing)
            };
            let (code, what) = match file.content {
                TipContent::Missing if is_damaged() => {
                    ("blob-damaged", "is damaged in this repository")
                }
                TipContent::Missing => ("blob-missing", "is not in this repository"),
                TipContent::TooLarge => ("blob-too-large", "is larger than 5 MiB"),
                TipContent::Text { .. } | TipContent::Binary | TipContent::NotAFile => continue,
            };
            diagnostics.push(
                Diagnostic::new(
                    Level::Warning,
                    code,
                    format!("Its content {what}: its lines, if it is text, are not traced."),
                )
                .at(self.paths.repo_path(file.path)),
            );
        }
    }
}

fn content(objects: &Objects, id: ObjectId, buffer: &mut Vec<u8>) -> TipContent {
    match objects.read(id, gix::objs::Kind::Blob, buffer) {
        Ok(()) if is_binary(buffer) => TipContent::Binary,
        Ok(()) => TipContent::Text {
            lines: count_lines(buffer),
        },
        Err(Gap::TooLarge) => TipContent::TooLarge,
        Err(Gap::Missing | Gap::Damaged) => TipContent::Missing,
    }
}
