//! Python imports: relative ones by dots, absolute ones from the folders that can be on the path.

use trueline_syntax::ir::Language;

use super::{Project, Target, UnitId, below, parent};

impl Project {
    pub(super) fn resolve_python(&self, from: &str, module: &str) -> Option<Target> {
        let dots = module.bytes().take_while(|b| *b == b'.').count();
        if dots > 0 {
            let mut folder = parent(from);
            for _ in 1..dots {
                if folder.is_empty() {
                    return None;
                }
                folder = parent(folder);
            }
            let rest = module.get(dots..).unwrap_or("");
            if rest.is_empty() {
                return self.package(folder);
            }
            return self.python_module(folder, rest);
        }
        // The folder of the script itself, then those around it: one of them is where Python
        // starts from. A package never sees its own siblings without dots, but a folder that lacks
        // `__init__.py` may be run from.
        let own = parent(from);
        let mut root = own;
        loop {
            let starts_here = !self.is_package(root);
            if (starts_here || root.is_empty())
                && let Some(found) = self.absolute(root, module)
            {
                return Some(found);
            }
            if root.is_empty() {
                break;
            }
            root = parent(root);
        }
        self.elsewhere(module)
    }

    /// An absolute import from one folder, or from its `src` folder.
    fn absolute(&self, root: &str, module: &str) -> Option<Target> {
        let found = self.python_module(root, module);
        if matches!(found, Some(Target::Unit(_))) {
            return found;
        }
        let sources = ["src", "lib"].into_iter();
        sources
            .filter_map(|folder| self.python_module(&below(root, folder), module))
            .find(|target| matches!(target, Target::Unit(_)))
            .or(found)
    }

    /// The only package of that name whose folder is no package itself: a source root that is
    /// nowhere above, such as `backend/` seen from `scripts/`.
    fn elsewhere(&self, module: &str) -> Option<Target> {
        let first = module.split('.').next().unwrap_or(module);
        let mut found: Option<&str> = None;
        for folder in self.roots_of(first) {
            if found.is_some() {
                return None;
            }
            found = Some(folder);
        }
        self.python_module(found?, module)
            .filter(|t| matches!(t, Target::Unit(_)))
    }

    fn roots_of<'p>(&'p self, package: &'p str) -> impl Iterator<Item = &'p str> {
        self.packages
            .get(package)
            .into_iter()
            .flatten()
            .map(|f| &**f)
    }

    fn is_package(&self, folder: &str) -> bool {
        self.at(&below(folder, "__init__.py")).is_some()
    }

    /// A folder as a module: its `__init__.py`, or the folder alone.
    fn package(&self, folder: &str) -> Option<Target> {
        if let Some(unit) = self.at(&below(folder, "__init__.py")) {
            return Some(Target::Unit(unit));
        }
        self.folders
            .contains(folder)
            .then(|| Target::Folder(folder.into()))
    }

    /// A dotted module below a folder.
    pub(super) fn python_module(&self, folder: &str, dotted: &str) -> Option<Target> {
        let path = below(folder, &dotted.replace('.', "/"));
        // A package wins over a module of the same name.
        if let Some(unit) = self.at(&format!("{path}/__init__.py")) {
            return Some(Target::Unit(unit));
        }
        if let Some(unit) = self.at(&format!("{path}.py")) {
            return Some(Target::Unit(unit));
        }
        self.package(&path)
    }
}

/// The top package that a file belongs to and the folder it is in, if it is in a package.
pub(super) fn top_package(
    path: &str,
    language: Option<Language>,
    exists: impl Fn(&str) -> Option<UnitId>,
) -> Option<(&str, &str)> {
    if language != Some(Language::Python) {
        return None;
    }
    let folder = path.strip_suffix("/__init__.py")?;
    let outer = parent(folder);
    if exists(&below(outer, "__init__.py")).is_some() {
        return None;
    }
    Some((folder.rsplit('/').next().unwrap_or(folder), outer))
}
