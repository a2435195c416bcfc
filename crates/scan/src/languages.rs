//! The programming languages of files, by their names: those that rules read, and those that none reads yet.
//!
//! Counted, so that silence about them is never taken for safety.

use trueline_facts::RepoPath;

/// Extensions of languages and of templates, which can show input as HTML, that have no front end.
const WITHOUT_RULES: &[(&str, &[&str])] = &[
    ("assembly", &["asm", "s"]),
    ("C", &["c", "h"]),
    ("C#", &["cs"]),
    ("C++", &["cc", "cpp", "cxx", "hpp", "hh"]),
    ("Clojure", &["clj", "cljs"]),
    ("Crystal", &["cr"]),
    ("Dart", &["dart"]),
    ("Elixir", &["ex", "exs"]),
    ("Erlang", &["erl"]),
    ("F#", &["fs"]),
    ("Groovy", &["groovy"]),
    ("Haskell", &["hs"]),
    ("Julia", &["jl"]),
    ("Kotlin", &["kt", "kts"]),
    ("Lua", &["lua"]),
    ("Nim", &["nim"]),
    ("Objective-C", &["m", "mm"]),
    ("OCaml", &["ml"]),
    ("Perl", &["pl", "pm"]),
    ("PHP", &["php"]),
    ("PowerShell", &["ps1"]),
    ("R", &["r"]),
    ("Ruby", &["rb"]),
    ("Rust", &["rs"]),
    ("Scala", &["scala"]),
    ("shell", &["sh", "bash", "zsh"]),
    ("Solidity", &["sol"]),
    ("SQL", &["sql"]),
    ("Swift", &["swift"]),
    ("Terraform", &["tf"]),
    ("Visual Basic", &["vb"]),
    ("Zig", &["zig"]),
    (
        "templates",
        &[
            "astro",
            "cshtml",
            "ejs",
            "erb",
            "ftl",
            "ftlh",
            "gohtml",
            "haml",
            "handlebars",
            "hbs",
            "j2",
            "jinja",
            "jinja2",
            "jsp",
            "jspx",
            "liquid",
            "mako",
            "mustache",
            "njk",
            "pug",
            "tmpl",
            "twig",
        ],
    ),
];

/// The language of a file, by its name.
pub(crate) fn name(path: &RepoPath) -> Option<&'static str> {
    if let Some(language) = trueline_syntax::language_of(path.as_bytes()) {
        return Some(language.as_str());
    }
    let extension = path.extension().to_ascii_lowercase();
    let extension = std::str::from_utf8(&extension).ok()?;
    if extension.is_empty() {
        return (path.file_name() == "Dockerfile").then_some("Dockerfile");
    }
    WITHOUT_RULES
        .iter()
        .find(|(_, extensions)| extensions.contains(&extension))
        .map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_known_with_and_without_rules() {
        let of = |path: &str| name(&RepoPath::from(path));
        assert_eq!(of("src/main.rs"), Some("Rust"));
        assert_eq!(of("a/b.py"), Some("python"));
        assert_eq!(of("Dockerfile"), Some("Dockerfile"));
        assert_eq!(of("infra/main.tf"), Some("Terraform"));
        assert_eq!(of("README.md"), None);
        assert_eq!(of("LICENSE"), None);
    }
}
