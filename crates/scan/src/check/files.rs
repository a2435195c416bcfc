//! Files on their way to the analysis: read, lowered, or remembered because they are as they were.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use trueline_facts::scan::LanguageCoverage;
use trueline_facts::{Diagnostic, Level, RepoPath};
use trueline_syntax::ir::Language;
use trueline_syntax::text::{decode_source, is_utf16};
use trueline_syntax::{Refused, Source};
use trueline_taint::{Digest, Engine, Lowered, Outline, UnitId, UnitMemory, Units};

use super::{Changes, Contents};
use crate::memory::{Clock, Kept, Memory, Read, Seen, Stat};
use crate::{Progress, source, suppress};

/// Bytes of files that are held between reading and checking; the rest is read again, which costs
/// less than the memory.
const KEPT_BYTES: u64 = 24 << 20;

/// Where files come from while they are checked.
pub(super) struct Files<'a> {
    paths: &'a [RepoPath],
    contents: &'a dyn Contents,
    interrupt: &'a AtomicBool,
    progress: &'a dyn Progress,
    memory: &'a Memory,
    changes: Changes<'a>,
    clock: Clock,
    entries: Vec<Entry>,
    own_machine: bool,
    kept: Vec<Mutex<Option<Arc<Lowered>>>>,
    kept_bytes: AtomicU64,
    done: AtomicU64,
}

/// A file of this run before its analysis.
#[derive(Clone)]
pub(super) enum Entry {
    NotReached,
    /// Nothing of its content was looked at.
    Unread(Arc<Read>),
    Read {
        stat: Option<Stat>,
        content: Digest,
        read: Arc<Read>,
    },
}

impl Entry {
    pub(super) fn read(&self) -> Option<&Arc<Read>> {
        match self {
            Self::NotReached => None,
            Self::Unread(read) | Self::Read { read, .. } => Some(read),
        }
    }

    fn unread(read: Read) -> Self {
        Self::Unread(Arc::new(read))
    }
}

impl Units for Files<'_> {
    fn content(&self, unit: UnitId) -> Option<Digest> {
        match self.entries.get(unit.0 as usize)? {
            Entry::Read { content, read, .. } if matches!(**read, Read::Lowered(_)) => {
                Some(*content)
            }
            _ => None,
        }
    }

    fn lowered(&self, unit: UnitId) -> Option<Arc<Lowered>> {
        if self.interrupt.load(Ordering::Relaxed) {
            return None;
        }
        let kept = self.kept.get(unit.0 as usize)?;
        if let Some(lowered) = &*kept.lock().unwrap_or_else(PoisonError::into_inner) {
            return Some(Arc::clone(lowered));
        }
        let path = self.paths.get(unit.0 as usize)?;
        let (Some(language), bytes) = self.source(path).ok()? else {
            return None;
        };
        // What is analysed is what was read before, or it would be remembered as that.
        if Some(Digest::of(&bytes)) != self.content(unit) {
            return None;
        }
        let text = decode_source(&bytes).into_owned();
        let source = Source {
            path: &path.display(),
            text: &text,
        };
        let module = trueline_syntax::lower(language, source).ok()?;
        Some(Arc::new(Lowered { text, module }))
    }

    fn done(&self, unit: UnitId) {
        if let Some(kept) = self.kept.get(unit.0 as usize) {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        self.progress
            .advance_to(self.done.fetch_add(1, Ordering::Relaxed) + 1);
    }

    fn remembered(&self, unit: UnitId) -> Option<UnitMemory> {
        let path = self.paths.get(unit.0 as usize)?;
        self.memory.files.get(path)?.unit.clone()
    }

    fn remembered_shape(&self) -> Option<Digest> {
        self.memory.shape
    }

    fn serves_its_own_machine(&self) -> bool {
        self.own_machine
    }

    fn interface(&self, digest: Digest) -> Option<Arc<[u8]>> {
        self.memory.interfaces.get(digest)
    }
}

impl<'a> Files<'a> {
    pub(super) fn new(
        paths: &'a [RepoPath],
        contents: &'a dyn Contents,
        memory: &'a Memory,
        changes: Changes<'a>,
        clock: Clock,
        progress: &'a dyn Progress,
        interrupt: &'a AtomicBool,
    ) -> Self {
        Self {
            paths,
            contents,
            interrupt,
            progress,
            memory,
            changes,
            clock,
            entries: Vec::new(),
            own_machine: false,
            kept: paths.iter().map(|_| Mutex::default()).collect(),
            kept_bytes: AtomicU64::new(0),
            done: AtomicU64::new(0),
        }
    }

    /// Takes what [`Self::entry`] gave for each file.
    pub(super) fn set_entries(&mut self, entries: Vec<Entry>) {
        // What is packed for servers is meant for others, wherever it listens while it is written.
        let deployed = self.paths.iter().any(is_deployment);
        let surfaces = entries.iter().filter_map(|entry| match &**entry.read()? {
            Read::Lowered(seen) => seen.surface.as_ref(),
            _ => None,
        });
        self.own_machine = !deployed && trueline_taint::serves_its_own_machine(surfaces);
        self.entries = entries;
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A file: remembered, or read and lowered.
    pub(super) fn entry(&self, engine: &Engine, unit: UnitId) -> Entry {
        if self.interrupt.load(Ordering::Relaxed) {
            return Entry::NotReached;
        }
        let Some(path) = self.paths.get(unit.0 as usize) else {
            return Entry::NotReached;
        };
        let language = trueline_syntax::language_of(path.as_bytes());
        if language.is_none() && !path.extension().is_empty() {
            return Entry::unread(Read::NoFrontEnd(is_other_source(path)));
        }
        let known = self.memory.files.get(path);
        if let Some(known) = known
            && !self.changes.may_concern(path)
        {
            return Entry::Read {
                stat: known.stat,
                content: known.content,
                read: Arc::clone(&known.read),
            };
        }
        let now = (self.clock)();
        let stat = self.contents.stat(path);
        if let Some(known) = known
            && stat.is_some()
            && known.stat == stat
        {
            return Entry::Read {
                stat,
                content: known.content,
                read: Arc::clone(&known.read),
            };
        }
        let (language, bytes) = match self.source(path) {
            Ok(source) => source,
            Err(entry) => return entry,
        };
        // It did not change while it was read, and had not just before.
        let stat = stat.filter(|stat| stat.at_rest(now) && self.contents.stat(path) == Some(*stat));
        let content = Digest::of(&bytes);
        let read = match known.filter(|known| known.content == content) {
            Some(known) => Arc::clone(&known.read),
            None => Arc::new(match language {
                Some(language) => self.lower(engine, unit, path, language, &bytes),
                None => Read::NoFrontEnd(is_other_source(path)),
            }),
        };
        Entry::Read {
            stat,
            content,
            read,
        }
    }

    /// The language and bytes of a file, or why it is not read. A script without an extension says
    /// its language in its first line.
    fn source(&self, path: &RepoPath) -> Result<(Option<Language>, Vec<u8>), Entry> {
        let language = trueline_syntax::language_of(path.as_bytes());
        match (self.contents.read(path), language) {
            (Ok(bytes), Some(_)) => Ok((language, bytes)),
            (Ok(bytes), None) => {
                let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
                Ok((trueline_syntax::language_of_shebang(first), bytes))
            }
            (Err(diagnostic), Some(language)) => {
                Err(Entry::unread(Read::Skipped(Kept(language), diagnostic)))
            }
            (Err(_), None) => Err(Entry::unread(Read::NoFrontEnd(is_other_source(path)))),
        }
    }

    /// Lowers a file, and holds it for the analysis if there is room.
    fn lower(
        &self,
        engine: &Engine,
        unit: UnitId,
        path: &RepoPath,
        language: Language,
        bytes: &[u8],
    ) -> Read {
        let mut diagnostics = Vec::new();
        let size = bytes.len() as u64;
        let decoded = decode_source(bytes);
        if decoded.contains('\0') {
            return Read::Skipped(
                Kept(language),
                Diagnostic::new(Level::Warning, "file-binary", "skipped: binary content")
                    .at(path.clone()),
            );
        }
        let invalid_text = matches!(decoded, std::borrow::Cow::Owned(_)) && !is_utf16(bytes);
        if invalid_text {
            diagnostics.push(
                Diagnostic::new(
                    Level::Note,
                    "file-not-utf8",
                    "not UTF-8: bytes that are not text were replaced",
                )
                .at(path.clone()),
            );
        }
        let source = Source {
            path: &path.display(),
            text: &decoded,
        };
        let module = match trueline_syntax::lower(language, source) {
            Ok(module) => module,
            Err(refused) => return Read::Skipped(Kept(language), refusal(path, &refused)),
        };
        let unknown = module.coverage.unknown.len() as u64;
        if let Some(error) = module.coverage.errors.first() {
            let line = trueline_syntax::lines::LineIndex::new(&decoded)
                .position(&decoded, error.span.start)
                .0;
            diagnostics.push(
                Diagnostic::new(
                    Level::Warning,
                    "file-partly-parsed",
                    format!(
                        "{}at line {line}: {}",
                        match module.coverage.errors.len() {
                            1 => "1 syntax error, ".to_owned(),
                            several => format!("{several} syntax errors, the first "),
                        },
                        error.message
                    ),
                )
                .at(path.clone()),
            );
        }
        let partial = unknown > 0 || invalid_text || !module.coverage.errors.is_empty();
        let row = LanguageCoverage {
            parsed: u64::from(!partial),
            partial: u64::from(partial),
            skipped: 0,
            lines: u64::from(module.coverage.lines),
            unknown_constructs: unknown,
        };
        // The engine shares nothing that a panic could leave half-changed.
        let surface = catch_unwind(AssertUnwindSafe(|| engine.surface(path, &decoded, &module)));
        let seen = Seen {
            language: Kept(language),
            outline: Outline::of(&module),
            row,
            surface: surface.ok(),
            comments: suppress::comments(&decoded),
            diagnostics,
        };
        let text = decoded.into_owned();
        if self.kept_bytes.fetch_add(size, Ordering::Relaxed) < KEPT_BYTES
            && let Some(kept) = self.kept.get(unit.0 as usize)
        {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(Arc::new(Lowered { text, module }));
        }
        Read::Lowered(Box::new(seen))
    }
}

fn refusal(path: &RepoPath, refused: &Refused) -> Diagnostic {
    let (level, code) = match refused {
        Refused::TooLarge { bytes, .. } => return source::too_large(path, *bytes as u64),
        Refused::TooDeep { .. } | Refused::TooManyLevels { .. } => {
            (Level::Warning, "file-too-deep")
        }
        Refused::Minified { .. } => (Level::Warning, "file-minified"),
        Refused::ParserPanicked { .. } => (Level::Warning, "parser-failed"),
    };
    Diagnostic::new(level, code, format!("skipped: {refused}")).at(path.clone())
}

/// Files by which a program is put on servers.
fn is_deployment(path: &RepoPath) -> bool {
    let path = path.display();
    let name = path.rsplit('/').next().unwrap_or(&path);
    name.starts_with("Dockerfile")
        || name.starts_with("docker-compose")
        || name.starts_with("compose.y")
        || matches!(
            name,
            "Procfile" | "fly.toml" | "render.yaml" | "vercel.json" | "app.yaml"
        )
}

/// Extensions of programming languages that have no front end yet, and of templates, which can show input
/// as HTML: counted, so that silence about them is never taken for safety.
fn is_other_source(path: &RepoPath) -> bool {
    const EXTENSIONS: &[&[u8]] = &[
        b"astro", b"bash", b"c", b"cc", b"clj", b"cpp", b"cr", b"cs", b"cxx", b"dart", b"ex",
        b"exs", b"fs", b"go", b"groovy", b"h", b"hpp", b"hs", b"java", b"jl", b"kt", b"kts",
        b"lua", b"m", b"ml", b"mm", b"nim", b"php", b"pl", b"pm", b"ps1", b"r", b"rb", b"rs",
        b"scala", b"sh", b"sol", b"sql", b"svelte", b"swift", b"vb", b"vue", b"zig",
    ];
    // Of engines for templates; pages as such are text.
    const TEMPLATES: &[&[u8]] = &[
        b"cshtml",
        b"ejs",
        b"erb",
        b"ftl",
        b"ftlh",
        b"gohtml",
        b"haml",
        b"handlebars",
        b"hbs",
        b"j2",
        b"jinja",
        b"jinja2",
        b"jsp",
        b"jspx",
        b"liquid",
        b"mako",
        b"mustache",
        b"njk",
        b"pug",
        b"tmpl",
        b"twig",
    ];
    let extension = path.extension().to_ascii_lowercase();
    EXTENSIONS.contains(&extension.as_slice())
        || TEMPLATES.contains(&extension.as_slice())
        || (matches!(extension.as_slice(), b"html" | b"htm" | b"xhtml") && is_below_views(path))
}

/// Whether a page lies where programs look for what they render.
fn is_below_views(path: &RepoPath) -> bool {
    const FOLDERS: [&[u8]; 5] = [b"templates", b"views", b"layouts", b"partials", b"_layouts"];
    let mut folders = path.as_bytes().split(|byte| *byte == b'/').rev().skip(1);
    folders.any(|folder| FOLDERS.iter().any(|name| folder.eq_ignore_ascii_case(name)))
}
