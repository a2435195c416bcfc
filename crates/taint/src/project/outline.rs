//! What one file says of itself, before any file is analysed: the package that it is in, what it
//! declares, and which names of others it uses.
//!
//! Made from the lowered file alone, so that it can be kept as long as the file stays the same. The
//! outlines of all files together give the order of the analysis ([`super::Project::connect`]) and,
//! for languages with packages, what a name means ([`super::declarations`]).

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use trueline_syntax::ir::{
    Callee, ClassId, FuncId, Function, FunctionKind, Language, Module, Op, Operand, Symbol, Var,
    VarHome,
};

use crate::digest::{Digest, Hasher};

/// What one file says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Outline {
    /// The package that it says it is in.
    pub(super) package: Option<Box<str>>,
    /// Modules and their members that it imports, in order.
    pub(super) imports: BTreeSet<(Box<str>, Option<Box<str>>)>,
    /// What it declares that others of its package see.
    pub(super) names: BTreeSet<Box<str>>,
    pub(super) types: Vec<TypeOutline>,
    /// Names of other files or libraries that it uses, as [`used`] writes them.
    pub(super) uses: BTreeSet<Box<str>>,
    /// Those of them that it makes objects of, and its own types of which it does.
    pub(super) made: BTreeSet<Box<str>>,
    /// Stands for all that answers to other files can depend on; `None` where there is nothing.
    declared: Option<Digest>,
}

/// A type, or in Go the methods that a file gives to a type of another file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct TypeOutline {
    /// `Outer.Inner`.
    pub(super) name: Box<str>,
    /// Names of its bases as the file writes them.
    pub(super) bases: Vec<Box<str>>,
    pub(super) methods: BTreeSet<Box<str>>,
    /// Methods without a body.
    pub(super) open: BTreeSet<Box<str>>,
    /// It stands here, not only methods of it.
    pub(super) is_declared: bool,
    /// Something that is not seen may make objects of it: it is annotated.
    pub(super) is_annotated: bool,
}

impl Outline {
    /// The outline of a file.
    #[must_use]
    pub fn of(module: &Module) -> Self {
        let mut outline = Self {
            package: module.package.map(|p| module.text(p).into()),
            ..Self::default()
        };
        for instr in instructions(module) {
            if let Op::Import {
                module: name,
                member,
            } = &instr
            {
                let member = member.map(|m| module.text(m).into());
                outline.imports.insert((module.text(*name).into(), member));
            }
        }
        if !has_packages(module.language) {
            return outline;
        }
        outline
            .names
            .extend(module.exports.iter().map(|e| module.text(e.name).into()));
        outline.types = (0..module.classes.len())
            .filter_map(|at| type_outline(module, ClassId(at as u32)))
            .collect();
        for name in used(module) {
            if name.is_made {
                outline.made.insert(name.text.clone());
            }
            outline.uses.insert(name.text);
        }
        outline.declared = Some(outline.digest());
        outline
    }

    /// Stands for all that what other files are answered can depend on, in languages with packages.
    pub(super) fn declared(&self) -> Option<Digest> {
        self.declared
    }

    fn digest(&self) -> Digest {
        let mut hash = Hasher::new("outline");
        let mut text = |text: Option<&str>| {
            hash.count(usize::from(text.is_some()));
            hash.bytes(text.unwrap_or("").as_bytes());
        };
        text(self.package.as_deref());
        for (module, member) in &self.imports {
            text(Some(module));
            text(member.as_deref());
        }
        for list in [&self.names, &self.made] {
            text(None);
            for name in list {
                text(Some(name));
            }
        }
        for of in &self.types {
            text(None);
            text(Some(&of.name));
            text(Some(if of.is_declared { "declared" } else { "" }));
            text(Some(if of.is_annotated { "annotated" } else { "" }));
            for base in &of.bases {
                text(Some(base));
            }
            for list in [&of.methods, &of.open] {
                text(None);
                for name in list {
                    text(Some(name));
                }
            }
        }
        hash.finish()
    }
}

/// Languages in which files are parts of packages.
pub(crate) fn has_packages(language: Language) -> bool {
    matches!(language, Language::Go | Language::Java)
}

fn instructions(module: &Module) -> impl Iterator<Item = &Op> {
    module
        .functions
        .iter()
        .flat_map(|f| &f.blocks)
        .flat_map(|b| &b.instrs)
        .map(|i| &i.op)
}

fn type_outline(module: &Module, id: ClassId) -> Option<TypeOutline> {
    let class = module.classes.get(id.0 as usize)?;
    let name = module.text(class.qualified);
    if module.text(class.name).is_empty() {
        return None;
    }
    let is_go = module.language == Language::Go;
    let mut open: BTreeSet<Box<str>> = BTreeSet::new();
    if is_go {
        let declared = class.fields.iter().filter(|f| {
            f.decorators
                .iter()
                .any(|d| module.text(d.name) == "method" && d.args.is_empty())
        });
        open.extend(declared.map(|f| Box::from(module.text(f.name))));
    } else {
        open.extend(without_body(module, id).map(|(name, _)| Box::from(module.text(name))));
    }
    Some(TypeOutline {
        name: name.into(),
        bases: class.bases.iter().map(|b| module.text(*b).into()).collect(),
        methods: class
            .methods
            .iter()
            .map(|(name, _)| module.text(*name).into())
            .collect(),
        open,
        is_declared: !is_go || module.exports.iter().any(|e| e.name == class.name),
        is_annotated: !class.decorators.is_empty(),
    })
}

/// The methods of a class that have no body.
pub(crate) fn without_body(
    module: &Module,
    class: ClassId,
) -> impl Iterator<Item = (Symbol, FuncId)> {
    let bodies = module
        .classes
        .get(class.0 as usize)
        .map_or(&[][..], |c| &c.methods);
    module
        .functions
        .iter()
        .enumerate()
        .filter(move |(at, f)| {
            f.class == Some(class)
                && matches!(f.kind, FunctionKind::Method | FunctionKind::StaticMethod)
                && !bodies.iter().any(|m| m.1.0 as usize == *at)
        })
        .map(|(at, f)| (f.name, FuncId(at as u32)))
}

/// A name of another file or of a library, as a file uses it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Used {
    /// `Name` of the same package or of one that is imported as a whole; `path.Name` of a package.
    pub(crate) text: Box<str>,
    /// It is a type, and an object of it is made.
    pub(crate) is_made: bool,
}

/// Names that a file of a language with packages uses, its own types that it makes objects of among
/// them, ascending.
pub(crate) fn used(module: &Module) -> BTreeSet<Used> {
    let mut all = BTreeSet::new();
    let types = module
        .functions
        .iter()
        .flat_map(|f| f.params.iter().map(|p| p.annotation).chain([f.returns]))
        .chain(
            module
                .classes
                .iter()
                .flat_map(|c| c.fields.iter().map(|f| f.annotation)),
        )
        .flatten()
        .chain(module.classes.iter().flat_map(|c| c.bases.iter().copied()));
    all.extend(types.map(|name| plain(module.text(name))));
    let packages = imported_packages(module);
    for (at, function) in module.functions.iter().enumerate() {
        names_of_function(module, FuncId(at as u32), function, &packages, &mut all);
    }
    all
}

fn plain(text: &str) -> Used {
    Used {
        text: text.into(),
        is_made: false,
    }
}

/// Variables of the module body that are packages.
fn imported_packages(module: &Module) -> BTreeMap<Var, Symbol> {
    let body = module.functions.first();
    let instrs = body
        .into_iter()
        .flat_map(|f| &f.blocks)
        .flat_map(|b| &b.instrs);
    instrs
        .filter_map(|instr| match (&instr.op, instr.dst) {
            (
                Op::Import {
                    module,
                    member: None,
                },
                Some(var),
            ) => Some((var, *module)),
            _ => None,
        })
        .collect()
}

fn names_of_function(
    module: &Module,
    id: FuncId,
    function: &Function,
    packages: &BTreeMap<Var, Symbol>,
    all: &mut BTreeSet<Used>,
) {
    let package = |operand: &Operand| {
        let Operand::Var(var) = operand else {
            return None;
        };
        match function.vars.get(var.0 as usize)?.home {
            VarHome::Captured {
                function: FuncId(0),
                var,
            } => packages.get(&var),
            _ if id == FuncId(0) => packages.get(var),
            _ => None,
        }
        .copied()
    };
    for var in &function.vars {
        if var.home == VarHome::Global {
            all.insert(plain(module.text(var.name)));
        }
    }
    let mut temporaries: FxHashMap<Var, Box<str>> = FxHashMap::default();
    for instr in function.blocks.iter().flat_map(|b| &b.instrs) {
        let member = match &instr.op {
            Op::Field { base, name } => package(base).map(|p| (p, *name)),
            Op::Call {
                callee: Callee::Method { receiver, name },
                ..
            } => package(receiver).map(|p| (p, *name)),
            Op::Import {
                module: name,
                member: Some(member),
            } if module.language == Language::Java => Some((*name, *member)),
            Op::Typed { of, .. } => {
                all.insert(plain(module.text(*of)));
                None
            }
            _ => None,
        };
        if let Some((package, name)) = member {
            let text: Box<str> = format!("{}.{}", module.text(package), module.text(name)).into();
            if let Some(dst) = instr.dst {
                temporaries.insert(dst, text.clone());
            }
            all.insert(Used {
                text,
                is_made: false,
            });
        }
        if let Op::Call {
            callee: Callee::New(Operand::Var(class)),
            ..
        } = &instr.op
        {
            let text = temporaries.get(class).cloned().or_else(|| {
                let name = function.vars.get(class.0 as usize)?.name;
                Some(module.text(name).into())
            });
            all.extend(text.map(|text| Used {
                text,
                is_made: true,
            }));
        }
    }
}
