//! The names by which frameworks are known, from `rules/surface`: one file a language, and one with
//! the words for controls, which are the same in every language.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use thiserror::Error;
use trueline_syntax::ir::Language;

use super::Control;

/// Surface files: name and text.
pub const SURFACE_FILES: &[(&str, &str)] = &[
    (
        "surface/common.toml",
        include_str!("../../../../rules/surface/common.toml"),
    ),
    (
        "surface/go.toml",
        include_str!("../../../../rules/surface/go.toml"),
    ),
    (
        "surface/java.toml",
        include_str!("../../../../rules/surface/java.toml"),
    ),
    (
        "surface/javascript.toml",
        include_str!("../../../../rules/surface/javascript.toml"),
    ),
    (
        "surface/python.toml",
        include_str!("../../../../rules/surface/python.toml"),
    ),
];

/// Why the surface files could not be loaded.
#[derive(Debug, Error)]
#[error("{file}: {source}")]
pub struct SurfaceError {
    /// The file.
    pub file: String,
    /// What the parser said.
    #[source]
    pub source: toml::de::Error,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(super) common: Names,
    languages: BTreeMap<String, LanguageNames>,
    none: LanguageNames,
}

impl Catalogue {
    /// Those inside the binary.
    pub(crate) fn builtin() -> Result<Self, SurfaceError> {
        let mut common = Names::default();
        let mut languages = BTreeMap::new();
        for (file, text) in SURFACE_FILES {
            let wrap = |source| SurfaceError {
                file: (*file).to_owned(),
                source,
            };
            let name = file
                .trim_start_matches("surface/")
                .trim_end_matches(".toml");
            if name == "common" {
                common = Names::of(toml::from_str(text).map_err(wrap)?);
            } else {
                let names: LanguageFile = toml::from_str(text).map_err(wrap)?;
                languages.insert(name.to_owned(), LanguageNames::of(names));
            }
        }
        Ok(Self {
            common,
            languages,
            none: LanguageNames::default(),
        })
    }

    pub(super) fn language(&self, language: Language) -> &LanguageNames {
        let name = match language.as_str() {
            "typescript" => "javascript",
            other => other,
        };
        self.languages.get(name).unwrap_or(&self.none)
    }
}

/// What says that a control is there.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) words: Vec<Vec<String>>,
    /// Words that say so only beside what asks for a password.
    pub(super) beside: Vec<Vec<String>>,
    pub(super) texts: Vec<String>,
}

/// Words that are the same in every language.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) evidence: BTreeMap<Control, Evidence>,
    /// A call of one of these changes stored data.
    pub(super) writes: Vec<String>,
    /// Names of functions that decide whether something may go on.
    pub(super) deciders: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommonFile {
    evidence: BTreeMap<Control, EvidenceSpec>,
    writes: Vec<String>,
    deciders: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EvidenceSpec {
    words: Vec<String>,
    #[serde(default)]
    beside: Vec<String>,
    #[serde(default)]
    texts: Vec<String>,
}

fn phrases(list: Vec<String>) -> Vec<Vec<String>> {
    list.into_iter()
        .map(|phrase| phrase.split('_').map(ToOwned::to_owned).collect())
        .collect()
}

impl Names {
    fn of(file: CommonFile) -> Self {
        Self {
            evidence: file
                .evidence
                .into_iter()
                .map(|(control, spec)| {
                    let evidence = Evidence {
                        words: phrases(spec.words),
                        beside: phrases(spec.beside),
                        texts: spec.texts,
                    };
                    (control, evidence)
                })
                .collect(),
            writes: file.writes,
            deciders: phrases(file.deciders),
        }
    }
}

/// The names of one language's frameworks.
#[derive(Debug, Default)]
pub(super) struct LanguageNames {
    /// Dotted paths of calls that make an application, with the framework's name.
    pub(super) applications: FxHashMap<String, String>,
    /// Decorators (last name) that mark an application's class.
    pub(super) application_decorators: BTreeMap<String, String>,
    /// Modules of which one is imported where routes are.
    pub(super) route_imports: Vec<String>,
    /// Last names of decorators that register a route, with the HTTP method; empty text for one that
    /// says its methods itself.
    pub(super) route_decorators: FxHashMap<String, String>,
    /// Decorators of classes whose methods are routes, and whose first text is their common path.
    pub(super) controller_decorators: Vec<String>,
    /// Decorators that document a handler.
    pub(super) describing_decorators: Vec<String>,
    /// Last names of types of what routes are registered on.
    pub(super) router_types: Vec<String>,
    /// Methods that register a route, with the HTTP method; empty text for any.
    pub(super) route_calls: FxHashMap<String, String>,
    /// Methods that give a path to which the handlers are added in a chain: `app.route("/x")`.
    pub(super) chains: Vec<String>,
    /// Methods that put something before all routes of their receiver.
    pub(super) installers: Vec<String>,
    /// Decorators likewise: `@app.before_request`.
    pub(super) install_decorators: Vec<String>,
    /// Names that say that pages are made.
    pub(super) html: Vec<String>,
    /// Names that say that files or raw bodies are read.
    pub(super) upload: Vec<String>,
    /// Modules and members that keep a session in a cookie.
    pub(super) session: Vec<String>,
    /// Those of them whose cookie stays on its own site unless it is told otherwise.
    pub(super) session_of_site: Vec<String>,
    /// Calls that configure cross-origin requests, with the names of their options.
    pub(super) cors: Vec<CorsSpec>,
    /// Methods by which a function configures cross-origin requests step by step.
    pub(super) cors_methods: Vec<CorsMethods>,
    /// Methods that set a response header: name first, value second.
    pub(super) header_setters: Vec<String>,
}

/// A call that configures cross-origin requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CorsSpec {
    pub(super) calls: Vec<String>,
    /// Options that list origins.
    pub(super) origins: Vec<String>,
    /// Options that let cookies through.
    pub(super) credentials: Vec<String>,
    /// Options that map paths to such options.
    #[serde(default)]
    pub(super) resources: Vec<String>,
    /// `true` as an origin reflects whoever asks.
    #[serde(default)]
    pub(super) reflects_true: bool,
    /// Any origin is let in when the option is missing.
    #[serde(default)]
    pub(super) open_by_default: bool,
}

/// Methods that a configuration of cross-origin requests has: `c.addAllowedOriginPattern("*")`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CorsMethods {
    /// They take the origins.
    pub(super) origins: Vec<String>,
    /// They take whether cookies are let through.
    pub(super) credentials: Vec<String>,
    /// Modules of which the file imports one.
    pub(super) imports: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageFile {
    #[serde(default)]
    applications: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    application_decorators: BTreeMap<String, String>,
    #[serde(default)]
    route_imports: Vec<String>,
    #[serde(default)]
    route_decorators: BTreeMap<String, String>,
    #[serde(default)]
    controller_decorators: Vec<String>,
    #[serde(default)]
    describing_decorators: Vec<String>,
    #[serde(default)]
    router_types: Vec<String>,
    #[serde(default)]
    route_calls: BTreeMap<String, String>,
    #[serde(default)]
    chains: Vec<String>,
    #[serde(default)]
    installers: Vec<String>,
    #[serde(default)]
    install_decorators: Vec<String>,
    #[serde(default)]
    html: Vec<String>,
    #[serde(default)]
    upload: Vec<String>,
    #[serde(default)]
    session: Vec<String>,
    #[serde(default)]
    session_of_site: Vec<String>,
    #[serde(default)]
    cors: Vec<CorsSpec>,
    #[serde(default)]
    cors_methods: Vec<CorsMethods>,
    #[serde(default)]
    header_setters: Vec<String>,
}

impl LanguageNames {
    fn of(file: LanguageFile) -> Self {
        Self {
            applications: file
                .applications
                .into_iter()
                .flat_map(|(framework, calls)| {
                    calls.into_iter().map(move |call| (call, framework.clone()))
                })
                .collect(),
            application_decorators: file.application_decorators,
            route_imports: file.route_imports,
            route_decorators: file.route_decorators.into_iter().collect(),
            controller_decorators: file.controller_decorators,
            describing_decorators: file.describing_decorators,
            router_types: file.router_types,
            route_calls: file.route_calls.into_iter().collect(),
            chains: file.chains,
            installers: file.installers,
            install_decorators: file.install_decorators,
            html: file.html,
            upload: file.upload,
            session: file.session,
            session_of_site: file.session_of_site,
            cors: file.cors,
            cors_methods: file.cors_methods,
            header_setters: file.header_setters,
        }
    }
}
